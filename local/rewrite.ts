/**
 * Without namespaces the sandbox cannot answer as `db:5432`. Then the variables that hold such an address are pointed at the relay that answers
 * for it; scheme, user, path and query stay as they are.
 */
import { join } from 'node:path';
import { parseEnv } from 'node:util';

import { readPlain } from '../agent/plain-file.ts';

/** One address that the app asks for, and the loopback port of the relay that answers for it. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly relay: number;
  readonly of: 'postgres' | 'redis';
}

interface Words {
  /** Of a URL, as a pattern. */
  readonly scheme: string;
  /** The port that a URL may leave out. */
  readonly usual: number;
  /** Names of variables that hold a part of such an address. */
  readonly name: RegExp;
}

const WORDS: Readonly<Record<Endpoint['of'], Words>> = {
  postgres: { scheme: String.raw`postgres\w*(?:\+\w+)?`, usual: 5432, name: /^(?:.*_)?(?:PG|POSTGRES|POSTGRESQL|DB|DATABASE|SQL)(?:_|HOST|PORT)/i },
  redis: { scheme: 'redis|valkey', usual: 6379, name: /REDIS|VALKEY/i },
};
const HOST_NAME = /(?:^PG|^|_)(?:HOST|HOSTNAME|SERVER|ADDRESS)$/i;
const PORT_NAME = /(?:^PG|^|_)PORT$/i;

/** Variables of the tree's `.env` files that hold such an address: the process's own environment wins over the file. */
export async function dotenvAddresses(folders: readonly string[], endpoints: readonly Endpoint[]): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  for (const folder of folders) {
    const text = (await readPlain(join(folder, '.env')))?.toString() ?? '';
    for (const [name, value = ''] of Object.entries(parseEnv(text))) {
      const rewritten = rewriteOne(name, value, endpoints);
      if (rewritten !== value) found[name] = rewritten;
    }
  }
  return found;
}

export function rewriteVariables(env: Readonly<Record<string, string>>, endpoints: readonly Endpoint[]): Readonly<Record<string, string>> {
  const changed: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) changed[name] = rewriteOne(name, value, endpoints);
  return changed;
}

function rewriteOne(name: string, value: string, endpoints: readonly Endpoint[]): string {
  for (const { host, port, relay, of } of endpoints) {
    const words = WORDS[of];
    // postgresql+asyncpg://user:secret@db:5432/app?ssl=require — the port may be missing.
    const address = new RegExp(`(?<before>(?:${words.scheme})://(?:[^/?#\\s]*@)?)${escaped(host)}(?<port>:\\d+)?(?=[/?#\\s"']|$)`, 'g');
    const rewritten = value.replaceAll(address, (whole, before: string, shown: string | undefined) =>
      Number(shown?.slice(1) ?? words.usual) === port ? `${before}127.0.0.1:${relay}` : whole);
    if (rewritten !== value) return rewritten;
    if (!words.name.test(name)) continue;
    if (HOST_NAME.test(name) && value === host) return '127.0.0.1';
    if (PORT_NAME.test(name) && value === String(port)) return String(relay);
  }
  return value;
}

function escaped(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
}
