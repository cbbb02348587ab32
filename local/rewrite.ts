/**
 * Without namespaces the sandbox cannot answer as `db:5432`. Then the variables that hold such an address are pointed at the relay that answers
 * for it; scheme, user, path and query stay as they are.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseEnv } from 'node:util';

import type { DatabaseIdentity } from '../source/types.ts';

/** The loopback port on which the relay of each identity listens. */
export type RelayPorts = ReadonlyMap<number, number>;

const HOST_NAME = /(?:^PG|^|_)(?:HOST|HOSTNAME|SERVER|ADDRESS)$/i;
const PORT_NAME = /(?:^PG|^|_)PORT$/i;
const DATABASE_NAME = /^(?:.*_)?(?:PG|POSTGRES|POSTGRESQL|DB|DATABASE|SQL)(?:_|HOST|PORT)/i;

/** Variables of the tree's `.env` files that hold such an address: the process's own environment wins over the file. */
export async function dotenvAddresses(
  folders: readonly string[], identities: readonly DatabaseIdentity[], ports: RelayPorts,
): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const folder of folders) {
    const text = await readFile(join(folder, '.env'), 'utf8').catch(() => '');
    for (const [name, value = ''] of Object.entries(parseEnv(text))) {
      const rewritten = rewriteOne(name, value, identities, ports);
      if (rewritten !== value) found[name] = rewritten;
    }
  }
  return found;
}

export function rewriteVariables(
  env: Readonly<Record<string, string>>, identities: readonly DatabaseIdentity[], ports: RelayPorts,
): Readonly<Record<string, string>> {
  const changed: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) changed[name] = rewriteOne(name, value, identities, ports);
  return changed;
}

function rewriteOne(name: string, value: string, identities: readonly DatabaseIdentity[], ports: RelayPorts): string {
  for (const { host, port } of identities) {
    const relay = ports.get(port);
    if (relay === undefined) continue;
    // postgresql+asyncpg://user:secret@db:5432/app?ssl=require — the port may be missing.
    const address = new RegExp(`(?<before>postgres\\w*(?:\\+\\w+)?://(?:[^/?#\\s]*@)?)${escaped(host)}(?<port>:\\d+)?(?=[/?#\\s"']|$)`, 'g');
    const rewritten = value.replaceAll(address, (whole, before: string, shown: string | undefined) =>
      Number(shown?.slice(1) ?? 5432) === port ? `${before}127.0.0.1:${relay}` : whole);
    if (rewritten !== value) return rewritten;
    if (!DATABASE_NAME.test(name)) continue;
    if (HOST_NAME.test(name) && value === host) return '127.0.0.1';
    if (PORT_NAME.test(name) && value === String(port)) return String(relay);
  }
  return value;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
