/** The database that the run was told is the real one, against what the tree's settings say; and the edits that make them agree. */
import type { DatabaseUrl } from '../../source/database.ts';
import { dotenvEntries } from '../../source/dotenv.ts';
import type { DotenvEntry } from '../../source/dotenv.ts';
import type { DatabaseIdentity, Edit, Source } from '../../source/types.ts';
import type { Evidence } from '../../parsers/evidence.ts';
import type { Finding, Fix } from '../types.ts';
import { settingsUrls } from './drivers.ts';
import { passesThrough, raised, said } from './faults.ts';
import { fixOf } from './words.ts';

export type Part = 'address' | 'login' | 'database';

/** Faults of a Postgres connection whose words match; other services refuse connections in the same words. */
export function postgresFaults(evidence: Evidence, message: RegExp): readonly { readonly at: number; readonly match: RegExpMatchArray | null }[] {
  const isPostgres = /asyncpg|psycopg|sqlalchemy|postgres|pg8000/i;
  const exceptions = raised(evidence, [], message).filter(({ fault, exception }) =>
    isPostgres.test(exception.type) || fault.chain.some((link) => isPostgres.test(link.type) || ['asyncpg/', 'psycopg', 'sqlalchemy/', 'pg8000/'].some((part) => passesThrough(link, part))));
  const logged = said(evidence, ['log'], message).filter(({ fault }) => isPostgres.test(fault.text.slice(0, 20_000)));
  return [...exceptions, ...logged.map((one) => ({ ...one, at: poolTimeout(evidence, one.fault.text) ?? one.at }))];
}

/** psycopg's pool logs why it cannot connect, and raises only that its time is up: the reason explains that. */
export function poolTimeout(evidence: Evidence, reason: string): number | undefined {
  const at = reason.startsWith('psycopg_pool: ') ? evidence.faults.findIndex(({ chain }) => /(?:^|\.)PoolTimeout$/.test(chain.at(-1)?.type ?? '')) : -1;
  return at < 0 ? undefined : at;
}

/** The file and line that state the database to the server. */
export function databasePlace(source: Source): Pick<Finding, 'file' | 'line'> {
  const [url] = settingsUrls(source, 'postgresql');
  return url === undefined ? { file: '.env' } : { file: url.file, line: url.line };
}

/**
 * Candidates that make the settings say what was stated: the part in question first, everything else only if that was not enough. None when
 * nothing was stated: then the sandbox adapts to the app, and no setting is wrong by itself.
 */
export function agreeWithStated(source: Source, part: Part): readonly Fix[] {
  const stated = source.run.stated;
  if (stated === undefined) return [];
  const all: readonly Part[] = ['address', 'login', 'database'];
  return [[part], all].flatMap((parts) => fixOf({
    title: `Set the ${parts.length === 1 ? nameOf(part) : 'whole connection'} to that of the stated database`,
    safety: 'safe', edits: [...urlEdits(source, parts, stated), ...variableEdits(source, parts, stated)],
    explanation: `The run was told which server is the real one; the ${nameOf(part)} in the settings now agrees with it.${parts.includes('login') ? ' The password is the stated one and is not shown here.' : ''}`,
  }));
}

function nameOf(part: Part): string {
  return { address: 'host and port', login: 'user and password', database: 'database name' }[part];
}

/** `postgresql+asyncpg://user:secret@host:5432/name?x=y` */
const URL_PARTS = /^(?<head>[\w+]+:\/\/)(?:(?<login>[^@/?#]*)@)?(?<address>[^/?#]*)(?:\/(?<database>[^?#]*))?/d;

function urlEdits(source: Source, parts: readonly Part[], stated: DatabaseIdentity): readonly Edit[] {
  return settingsUrls(source, 'postgresql').filter((url) => url.where === 'dotenv' || url.where === 'code').flatMap((url) => parts.flatMap((part) => partEdit(url, part, stated)));
}

function partEdit(url: DatabaseUrl, part: Part, stated: DatabaseIdentity): readonly Edit[] {
  const span = URL_PARTS.exec(url.url)?.indices?.groups?.[part];
  const wanted = { address: `${stated.host}:${stated.port}`, login: `${encodeURIComponent(stated.user)}:${encodeURIComponent(stated.password)}`, database: stated.database }[part];
  if (span === undefined) return [];
  const old = url.url.slice(span[0], span[1]);
  // What a template fills in comes from somewhere else; no password is written in its place.
  if (old.includes('{')) return [];
  const same = old === wanted || (part === 'address' && `${old}:5432` === wanted);
  return same ? [] : [{ file: url.file, old, new: wanted, at: url.start + span[0] }];
}

/** Settings that state the parts one by one: `POSTGRES_HOST`, `DB_PORT`, `PGUSER`. */
const VARIABLES: readonly { readonly part: Part; readonly name: RegExp; readonly value: (stated: DatabaseIdentity) => string }[] = [
  { part: 'address', name: /^(?:\w*_)?(?:POSTGRES|PG|DB|DATABASE)_?(?:HOST|SERVER|HOSTNAME)$/i, value: (stated) => stated.host },
  { part: 'address', name: /^(?:\w*_)?(?:POSTGRES|PG|DB|DATABASE)_?PORT$/i, value: (stated) => String(stated.port) },
  { part: 'login', name: /^(?:\w*_)?(?:POSTGRES|PG|DB|DATABASE)_?(?:USER|USERNAME)$/i, value: (stated) => stated.user },
  { part: 'login', name: /^(?:\w*_)?(?:POSTGRES|PG|DB|DATABASE)_?(?:PASSWORD|PASS|PWD)$/i, value: (stated) => stated.password },
  { part: 'database', name: /^(?:\w*_)?(?:POSTGRES|PG|DB|DATABASE)_?(?:DB|DATABASE|NAME)$/i, value: (stated) => stated.database },
];

function variableEdits(source: Source, parts: readonly Part[], stated: DatabaseIdentity): readonly Edit[] {
  const file = source.files.get('.env');
  if (file === undefined) return [];
  return dotenvEntries(file.text).flatMap((entry) => variableEdit(entry, parts, stated));
}

function variableEdit(entry: DotenvEntry, parts: readonly Part[], stated: DatabaseIdentity): readonly Edit[] {
  const known = VARIABLES.find(({ part, name }) => parts.includes(part) && name.test(entry.name));
  const wanted = known?.value(stated);
  if (wanted === undefined || entry.value === null || entry.value === wanted) return [];
  return [{ file: '.env', old: `${entry.quote}${entry.value}${entry.quote}`, new: `${entry.quote}${wanted}${entry.quote}`, at: entry.start }];
}
