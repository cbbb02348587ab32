/** What a run's report says, and which hosts, ports and values the healed tree itself speaks of. */
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';

/** Of audit_report.json, only what a person would need to start the backend by hand. */
export interface Said {
  readonly verdict: string;
  readonly backend: {
    readonly root: string; readonly health_path: string; readonly python: string; readonly command: string;
    readonly working_dir?: string; readonly python_path?: readonly string[]; readonly manifest?: string;
  };
  readonly environment: readonly { readonly name: string; readonly value: string | null; readonly source: 'user' | 'tree' | 'generated' }[];
}

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Values to export: those the report shows; secrets of the tree, which it does not show, as the tree's own `.env` has them. */
export async function environmentOf(said: Said, root: string, top: string): Promise<Readonly<Record<string, string>>> {
  const file = await dotenv([join(root, said.backend.working_dir ?? '.'), root, dirname(root)].filter((folder) => folder.startsWith(top)));
  const shown = said.environment.flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const]));
  return { ...file, ...Object.fromEntries(shown.filter(([name]) => file[name] === undefined || said.environment.some((each) => each.name === name && each.source !== 'tree'))) };
}

async function dotenv(folders: readonly string[]): Promise<Readonly<Record<string, string>>> {
  for (const folder of folders) {
    const text = await readFile(join(folder, '.env'), 'utf8').catch(() => undefined);
    if (text !== undefined) return Object.fromEntries(Object.entries(parseEnv(text)).filter((entry): entry is [string, string] => entry[1] !== undefined));
  }
  return {};
}

// postgresql+asyncpg://user:secret@db:5433/shop
const URL = /(?<scheme>postgres(?:ql)?|rediss?|valkey)(?:\+\w+)?:\/\/(?:[^\s@/"'`]*@)?(?<host>[\w.-]+)?(?::(?<port>\d{2,5}))?/gi;

/** Addresses of databases and Redis that values, settings files and code speak of; the usual ones are always among them. */
export async function addressesOf(root: string, env: Readonly<Record<string, string>>): Promise<{ readonly postgres: readonly Address[]; readonly redis: readonly Address[] }> {
  const texts = [...Object.values(env), ...await textsBelow(root)];
  const found = texts.flatMap((text) => [...text.matchAll(URL)]).map(({ groups = {} }) => {
    const redis = /^(redis|valkey)/i.test(groups['scheme'] ?? '');
    return { redis, host: groups['host'] ?? 'localhost', port: Number(groups['port'] ?? (redis ? 6379 : 5432)) };
  });
  const parts = Object.entries(env).filter(([name, value]) => /(HOST|SERVER|HOSTNAME)$/i.test(name) && /^[a-z][\w.-]*$/i.test(value)).map(([name, host]) => {
    const redis = /REDIS|VALKEY|CACHE/i.test(name);
    return { redis, host, port: Number(env[name.replace(/(HOST|SERVER|HOSTNAME)$/i, 'PORT')] ?? (redis ? 6379 : 5432)) };
  });
  const all = [...found, ...parts, { redis: false, host: 'localhost', port: 5432 }, { redis: true, host: 'localhost', port: 6379 }].filter(({ port }) => port > 0 && port < 65_536);
  return { postgres: all.filter(({ redis }) => !redis), redis: all.filter(({ redis }) => redis) };
}

async function textsBelow(root: string): Promise<readonly string[]> {
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const wanted = entries.filter((entry) => entry.isFile() && /\.(py|env|ini|toml|ya?ml)$|^\.env/.test(entry.name));
  return Promise.all(wanted.map((entry) => readFile(join(entry.parentPath, entry.name), 'utf8').catch(() => '')));
}
