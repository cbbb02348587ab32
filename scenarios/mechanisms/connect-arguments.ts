/**
 * What drivers are told when they connect. Each driver has words of its own for the same things; the table below is their documentation
 * side by side, data about the libraries and not about failures.
 */
import type { DatabaseUrl } from '../../source/database.ts';
import { nodesOf } from '../../source/syntax.ts';
import type { Edit, Source } from '../../source/types.ts';
import type { Fix } from '../types.ts';
import { argumentsNamed, rewriteArgument, withoutArgument } from './arguments.ts';
import type { WrittenArgument } from './arguments.ts';
import { engineCalls, serverCalls } from './engines.ts';
import { settingsUrls } from './drivers.ts';
import { fixOf, list } from './words.ts';

export type DriverFamily = 'asyncpg' | 'libpq' | 'sqlite';

/** One thing that can be said, by family; null where a family has no word for it and does without. */
const WORDS: readonly { readonly names: Readonly<Record<DriverFamily, string | null>>; readonly security?: boolean }[] = [
  { names: { asyncpg: 'ssl', libpq: 'sslmode', sqlite: null }, security: true },
  { names: { asyncpg: 'database', libpq: 'dbname', sqlite: 'database' } },
  { names: { asyncpg: 'timeout', libpq: 'connect_timeout', sqlite: 'timeout' } },
  { names: { asyncpg: null, libpq: null, sqlite: 'check_same_thread' } },
  { names: { asyncpg: null, libpq: null, sqlite: 'isolation_level' } },
  { names: { asyncpg: 'command_timeout', libpq: null, sqlite: null } },
  { names: { asyncpg: 'statement_cache_size', libpq: null, sqlite: null } },
  { names: { asyncpg: 'prepared_statement_cache_size', libpq: null, sqlite: null } },
  { names: { asyncpg: 'prepared_statement_name_func', libpq: null, sqlite: null } },
  { names: { asyncpg: null, libpq: 'keepalives', sqlite: null } },
  { names: { asyncpg: null, libpq: 'keepalives_idle', sqlite: null } },
  { names: { asyncpg: null, libpq: 'keepalives_interval', sqlite: null } },
  { names: { asyncpg: null, libpq: 'keepalives_count', sqlite: null } },
  { names: { asyncpg: null, libpq: 'channel_binding', sqlite: null } },
  { names: { asyncpg: null, libpq: 'gssencmode', sqlite: null } },
  { names: { asyncpg: null, libpq: 'prepare_threshold', sqlite: null } },
];

/** Settings of the session, which asyncpg takes together in `server_settings` and libpq one by one. */
const SESSION = new Set(['application_name', 'options', 'search_path', 'timezone', 'server_settings']);

/** Settings that libpq reads from a URL, or that a pooler's guide puts there, and that `connect` of asyncpg and of SQLite refuses as a keyword. */
export const NOT_OF_ASYNCPG: readonly string[] = ['sslmode', 'channel_binding', 'gssencmode', 'options', 'application_name', 'connect_timeout', 'pgbouncer', 'sslrootcert', 'sslcert', 'sslkey'];

const TLS = /^(?:ssl|tls|sslmode|sslcert|sslkey|sslrootcert)/i;

export function familyOf(driver: string | undefined): DriverFamily | undefined {
  if (driver === 'asyncpg') return 'asyncpg';
  if (driver === 'psycopg' || driver === 'psycopg2' || driver === 'psycopg_async') return 'libpq';
  return driver === 'pysqlite' || driver === 'aiosqlite' ? 'sqlite' : undefined;
}

/** What `name` is called by another family: a name, null when it has no counterpart and can go, undefined when nothing is known of it. */
export function inWordsOf(family: DriverFamily, name: string): string | null | undefined {
  const row = WORDS.find(({ names }) => Object.values(names).includes(name));
  const word = row?.names[family];
  return word === null && row?.security === true ? undefined : word;
}

/** Does the driver know the argument? Undefined when the table does not say. */
export function takes(family: DriverFamily, name: string): boolean | undefined {
  const row = WORDS.find(({ names }) => Object.values(names).includes(name));
  return row === undefined ? undefined : row.names[family] === name;
}

const CONNECTS = ['asyncpg.connect', 'asyncpg.create_pool', 'psycopg.connect', 'psycopg2.connect', 'psycopg_pool.ConnectionPool', 'psycopg_pool.AsyncConnectionPool', 'psycopg2.pool.SimpleConnectionPool', 'aiosqlite.connect', 'sqlite3.connect'];

/** Where the server's code hands this argument to a driver. */
export function connectArguments(source: Source, name: string): readonly WrittenArgument[] {
  return argumentsNamed(source, [...engineCalls(source), ...serverCalls(source, CONNECTS)], name);
}

/** Candidates that say the same to the driver in use, or leave out what it has no need of. `urls` carry it in their query. */
export function toFamily(source: Source, family: DriverFamily, name: string): readonly Fix[] {
  const written = connectArguments(source, name);
  const dialect = family === 'sqlite' ? 'sqlite' : 'postgresql';
  const inUrls = settingsUrls(source, dialect).flatMap((url) => partsNamed(url, name));
  if (written.length === 0 && inUrls.length === 0) return family === 'libpq' ? inConninfo(source, name) : [];
  const where = list([...new Set([...written.map(({ file }) => file.path), ...inUrls.map(({ url }) => url.file)])]);
  const word = inWordsOf(family, name);
  // A URL's values are texts; asyncpg takes seconds and counts as numbers only.
  if (typeof word === 'string' && (inUrls.length === 0 || family === 'libpq' || word === 'ssl')) return translated(family, { name, word, where }, written, inUrls);
  if (SESSION.has(name) && inUrls.length === 0) return session(family, name, written);
  if (word === undefined && TLS.test(name)) return [];
  const edits = [...written.flatMap(withoutArgument), ...inUrls.flatMap(withoutPart)];
  return fixOf({
    title: `Remove ${name} from what the driver is given (${where})`, safety: word === null ? 'safe' : 'likely', edits,
    explanation: word === null ? `${name} is an argument of another driver; the one in use has no counterpart and needs none.` : `The driver in use has no argument ${name}.`,
  });
}

function translated(family: DriverFamily, { name, word, where }: { readonly name: string; readonly word: string; readonly where: string }, written: readonly WrittenArgument[], inUrls: readonly UrlPart[]): readonly Fix[] {
  const values = written.map((argument) => ({ argument, value: valueFor(family, word, argument.value) }));
  if (values.some(({ value }) => value === undefined)) return [];
  return fixOf({
    title: `Write ${word} instead of ${name} (${where})`, safety: 'safe',
    edits: [...values.flatMap(({ argument, value }) => rewriteArgument(argument, word, value ?? '')), ...inUrls.map(({ url, start }): Edit => ({ file: url.file, old: name, new: word, at: start }))],
    explanation: `The driver in use calls it ${word} and takes the same values; what the connection does stays as it was.`,
  });
}

/** asyncpg takes libpq's modes as words; libpq takes no contexts and no booleans. */
function valueFor(family: DriverFamily, word: string, value: string): string | undefined {
  if (word !== 'sslmode') return value;
  if (/^["']/.test(value)) return value;
  return family === 'libpq' ? ({ True: '"require"', False: '"disable"' } as Readonly<Record<string, string>>)[value] : value;
}

function session(family: DriverFamily, name: string, written: readonly WrittenArgument[]): readonly Fix[] {
  if (family !== 'asyncpg' || name === 'server_settings' || name === 'options') return [];
  return fixOf({
    title: `Pass ${name} to asyncpg as one of its server_settings`, safety: 'safe',
    edits: written.flatMap((argument) => rewriteArgument(argument, 'server_settings', `{"${name}": ${argument.value}}`)),
    explanation: `${name} is a setting of the session, and asyncpg takes those together in server_settings.`,
  });
}

export interface UrlPart {
  readonly url: DatabaseUrl;
  readonly name: string;
  /** Offsets in the file, from the name to the end of the value. */
  readonly start: number;
  readonly end: number;
}

/** What stands behind the `?` of a URL. */
export function queryOf(url: DatabaseUrl): readonly UrlPart[] {
  const mark = url.url.indexOf('?');
  if (mark < 0) return [];
  const parts: UrlPart[] = [];
  let start = mark + 1;
  for (const text of url.url.slice(mark + 1).split('&')) {
    parts.push({ url, name: text.split('=')[0] ?? '', start: url.start + start, end: url.start + start + text.length });
    start += text.length + 1;
  }
  return parts;
}

export function partsNamed(url: DatabaseUrl, name: string): readonly UrlPart[] {
  return queryOf(url).filter((part) => part.name === name);
}

/** Takes a part out with its separator: the one before, or the one behind when it is the first of several. */
export function withoutPart(part: UrlPart): readonly Edit[] {
  const parts = queryOf(part.url);
  const at = parts.findIndex((each) => each.start === part.start);
  const [from, to] = at > 0 || parts.length === 1 ? [part.start - 1, part.end] : [part.start, part.end + 1];
  return [{ file: part.url.file, old: part.url.url.slice(from - part.url.start, to - part.url.start), new: '', at: from }];
}

/** Words that others use for a part of libpq's connection strings. */
const CONNINFO: Readonly<Record<string, string>> = { database: 'dbname', db: 'dbname', username: 'user', hostname: 'host', pass: 'password', passwd: 'password', timeout: 'connect_timeout', ssl: 'sslmode' };

/** `"host=… database=notes"`: a connection string in libpq's own form, in a string of the code. */
function inConninfo(source: Source, name: string): readonly Fix[] {
  const word = CONNINFO[name];
  if (word === undefined) return [];
  const edits = [...source.files.values()].filter(({ path, text }) => path.endsWith('.py') && text.includes(`${name}=`)).flatMap((file) => nodesOf(file, 'string').flatMap((node) => {
    const found = new RegExp(`(?<=^[a-z]*["']{1,3}|\\s)${name}(?==)`).exec(node.text);
    return found === null || !/(?:host|user|password|dbname|port)=/.test(node.parent?.text ?? node.text) ? [] : [{ file: file.path, old: name, new: word, at: node.startIndex + found.index } satisfies Edit];
  }));
  return fixOf({ title: `Write ${word} instead of ${name} in the connection string`, safety: 'safe', edits, explanation: `libpq, which psycopg connects with, calls it ${word}.` });
}
