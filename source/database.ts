/** Which Postgres the app asks for, and where it says so (R22). */
import { callsOf } from './calls.ts';
import { statedAddresses, statedDatabase } from './compose.ts';
import { identityOfUrl, isPostgresUrl, schemeOf } from './database-url.ts';
import { dotenvEntries } from './dotenv.ts';
import { isAside } from './import-roots.ts';
import { importNodes } from './imports.ts';
import { isPython, lineAt, nodesOf, stringSpan, stringValue } from './syntax.ts';
import type { DatabaseIdentity, Source, SourceFile } from './types.ts';

export { driverOf, identityOfUrl, isAsyncDriver, isPostgresUrl, schemeOf, urlOf } from './database-url.ts';

/** One database URL written in the tree. */
export interface DatabaseUrl {
  readonly url: string;
  /** `postgresql+asyncpg` */
  readonly scheme: string;
  readonly file: string;
  readonly line: number;
  /** Of the URL itself, quotes excluded. */
  readonly start: number;
  readonly end: number;
  readonly where: 'dotenv' | 'example' | 'code' | 'ini' | 'compose';
  /** Variable it is the value or default of. */
  readonly variable?: string;
  /** It has parts that are filled in at run time (`f"…{user}…"`, `%(name)s`). */
  readonly template: boolean;
}

const DATABASE_SCHEME = /^(postgres(ql)?|sqlite|mysql|mariadb|asyncpg)(\+\w+)?:\/\//i;

/** Tests are left out. */
export function databaseUrls(source: Pick<Source, 'files'>): readonly DatabaseUrl[] {
  return [...source.files.values()].flatMap((file) => {
    if (/(^|\/)\.env(\.[\w.-]+)?$|(^|\/)[\w-]*\.env$/.test(file.path)) return dotenvUrls(file);
    if (isPython(file)) return isAside(file.path) && !/env\.py$/.test(file.path) ? [] : codeUrls(file);
    return /(^|\/)alembic\.ini$/.test(file.path) ? iniUrls(file) : [];
  });
}

function dotenvUrls(file: SourceFile): readonly DatabaseUrl[] {
  return dotenvEntries(file.text).flatMap((entry) => {
    if (entry.value === null || !DATABASE_SCHEME.test(entry.value)) return [];
    const inner = entry.quote === '' ? 0 : 1;
    const where = /example|sample|template|dist/.test(file.path) ? 'example' : 'dotenv';
    return [{ url: entry.value, scheme: schemeOf(entry.value), file: file.path, line: entry.line, start: entry.start + inner, end: entry.end - inner, where, variable: entry.name, template: entry.value.includes('${') }];
  });
}

function codeUrls(file: SourceFile): readonly DatabaseUrl[] {
  if (!/(postgres(ql)?|sqlite|mysql|mariadb|asyncpg)(\+\w+)?:\/\//i.test(file.text)) return [];
  return nodesOf(file, 'string').flatMap((node): readonly DatabaseUrl[] => {
    const span = stringSpan(node);
    const written = span ? file.text.slice(span.start, span.end) : '';
    // `url.replace("postgresql://", …)` names a scheme, not an address.
    if (!span || !DATABASE_SCHEME.test(written) || /^[\w+]+:\/\/$/.test(written)) return [];
    const variable = variableAround(node);
    const template = node.namedChildren.some((each) => each?.type === 'interpolation') || /[{}]|%s|%\(/.test(written);
    return [{ url: stringValue(node) ?? written, scheme: schemeOf(written), file: file.path, line: lineAt(file.text, span.start), ...span, where: 'code', template, ...(variable === undefined ? {} : { variable }) }];
  });
}

/** DATABASE_URL: str = "…" · os.getenv("DATABASE_URL", "…") · Field(default="…") */
function variableAround(node: NonNullable<ReturnType<typeof nodesOf>[number]>): string | undefined {
  for (let up = node.parent; up; up = up.parent) {
    if (up.type === 'call') {
      const first = stringValue(up.childForFieldName('arguments')?.namedChild(0) ?? null);
      if (first !== undefined && /^[A-Z_][A-Z0-9_]*$/.test(first)) return first;
    }
    if (up.type === 'assignment') return up.childForFieldName('left')?.text;
    if (up.type === 'block' || up.type === 'module') return undefined;
  }
  return undefined;
}

// sqlalchemy.url = postgresql://user:pass@localhost/dbname
function iniUrls(file: SourceFile): readonly DatabaseUrl[] {
  return [...file.text.matchAll(/^(?<head>\s*sqlalchemy\.url\s*=\s*)(?<url>\S+)/gm)].flatMap((match) => {
    const url = match.groups?.['url'] ?? '';
    const start = match.index + (match.groups?.['head'] ?? '').length;
    // What `alembic init` writes is nobody's database.
    if (!DATABASE_SCHEME.test(url) || /^driver:\/\/|user:pass@localhost\/dbname/.test(url)) return [];
    return [{ url, scheme: schemeOf(url), file: file.path, line: lineAt(file.text, start), start, end: start + url.length, where: 'ini' as const, variable: 'sqlalchemy.url', template: /%\(/.test(url) }];
  });
}

const DEFAULT: DatabaseIdentity = { host: 'localhost', port: 5432, user: 'postgres', password: 'postgres', database: 'postgres' };

/**
 * Every Postgres address that settings and code ask for under `env`, without duplicates, the most certain first; the default one when
 * only a driver is used. With a stated server: that one under each address it answers on, and nothing else.
 */
export function databaseIdentities(source: Source, env: Readonly<Record<string, string>>): readonly DatabaseIdentity[] {
  if (source.run.stated) return statedIdentities(source, source.run.stated);
  const known = knownValues(source, env);
  const fromValues = [...known.values()].flatMap((value) => identityOfUrl(value) ?? []);
  const fromCode = databaseUrls(source).filter((each) => each.where === 'code' || each.where === 'ini').flatMap((each) => {
    const filled = filledIn(each.url, known);
    return each.template && !completes(filled) ? [] : identityOfUrl(filled) ?? [];
  });
  const all = [...fromValues, ...partIdentities(known), ...fromCode].map(named).filter((each) => /^[\w.:-]+$/.test(each.host) && each.port > 0 && each.port < 65_536);
  const seen = new Set<string>();
  const unique = all.filter((each) => {
    const key = JSON.stringify(each);
    return seen.has(key) ? false : seen.add(key) !== undefined;
  });
  return unique.length > 0 || !usesDatabase(source) ? unique : [DEFAULT];
}

/** As a client of Postgres fills in what is left out: the database is called like the user. */
function named(identity: DatabaseIdentity): DatabaseIdentity {
  const user = identity.user === '' ? DEFAULT.user : identity.user;
  return { ...identity, user, database: identity.database === '' ? user : identity.database };
}

function statedIdentities(source: Source, stated: DatabaseIdentity): readonly DatabaseIdentity[] {
  // `--database` names one address; a compose file's server also answers on the ports it publishes.
  const all = new Map([...(source.outside ?? []), ...source.files]);
  const own = statedDatabase(all);
  if (JSON.stringify(own) !== JSON.stringify(stated)) return [stated];
  return statedAddresses(all).map((address) => ({ ...stated, ...address }));
}

/** Values under which the app will run: given ones, then `.env`, then defaults in the code. */
export function knownValues(source: Source, env: Readonly<Record<string, string>>): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  for (const read of source.variables) if (read.default !== null && read.default !== 'None') known.set(read.name, read.default);
  for (const [name, value] of source.dotenv) if (value !== '') known.set(name, value);
  for (const [name, value] of Object.entries({ ...env, ...source.run.env })) known.set(name, value);
  return known;
}

/** f"postgresql://{settings.DB_USER}:…" with the values of variables that are named so; unknown parts stay as they are. */
function filledIn(url: string, known: ReadonlyMap<string, string>): string {
  return url.replace(/\{(?<expression>[^{}]*)\}/g, (match, expression: string) => {
    const name = /["'](?<quoted>\w+)["']/.exec(expression)?.groups?.['quoted'] ?? expression.replace(/[!:].*$/, '').split('.').at(-1)?.replace(/\(.*$/, '').trim() ?? '';
    return known.get(name) ?? known.get(name.toUpperCase()) ?? match;
  });
}

function completes(url: string): boolean {
  return !/[{}]|%\(/.test(url);
}

type Part = keyof DatabaseIdentity;
// DATABASE__HOSTNAME · POSTGRES_SERVER · DB_USER · PGPASSWORD · POSTGRES_DB · DB_NAME
const PART = /^(?<prefix>.*?(?:DB|DATABASE|POSTGRES|POSTGRESQL|PG|SQL|PSQL)(?:_[A-Z]+)??_*)_*(?<part>HOST|HOSTNAME|SERVER|ADDRESS|PORT|USER|USERNAME|PASSWORD|PASS|PWD|NAME|DB|DATABASE|DBNAME|DB_NAME)$/;
const PARTS: Readonly<Record<string, Part>> = {
  HOST: 'host', HOSTNAME: 'host', SERVER: 'host', ADDRESS: 'host', PORT: 'port', USER: 'user', USERNAME: 'user',
  PASSWORD: 'password', PASS: 'password', PWD: 'password', NAME: 'database', DB: 'database', DATABASE: 'database', DBNAME: 'database', DB_NAME: 'database',
};

/** Which part of an address a variable's name says it is; undefined for other variables. */
export function partOf(name: string): { readonly prefix: string; readonly part: Part } | undefined {
  const groups = PART.exec(name.toUpperCase())?.groups;
  const part = PARTS[groups?.['part'] ?? ''];
  return part === undefined ? undefined : { prefix: (groups?.['prefix'] ?? '').replace(/_+$/, ''), part };
}

/** POSTGRES_HOST, POSTGRES_PORT … : one identity per prefix that names a host, parts of other prefixes filling the gaps. */
function partIdentities(known: ReadonlyMap<string, string>): readonly DatabaseIdentity[] {
  const groups = new Map<string, Partial<Record<Part, string>>>();
  const all: Partial<Record<Part, string>> = {};
  for (const [name, value] of known) {
    const found = partOf(name);
    if (!found || /REDIS|MONGO|MYSQL|RABBIT/.test(name.toUpperCase())) continue;
    groups.set(found.prefix, { ...groups.get(found.prefix), [found.part]: value });
    if (!/TEST/.test(name.toUpperCase())) all[found.part] ??= value;
  }
  return [...groups.values()].filter((parts) => parts.host !== undefined || parts.database !== undefined).map((parts) => {
    const whole = { ...all, ...parts };
    return { host: whole.host ?? DEFAULT.host, port: Number(whole.port ?? DEFAULT.port) || DEFAULT.port, user: whole.user ?? DEFAULT.user, password: whole.password ?? DEFAULT.password, database: whole.database ?? DEFAULT.database };
  });
}

const DRIVERS = ['asyncpg', 'psycopg', 'psycopg2', 'pg8000', 'aiopg', 'databases', 'tortoise', 'piccolo', 'ormar', 'sqlalchemy', 'sqlmodel', 'gino', 'peewee', 'django', 'advanced_alchemy'];

/** The server's code talks to a Postgres: a URL, a part of one, or a driver says so. SQLite and other databases do not count. */
export function usesDatabase(source: Source): boolean {
  if (source.run.stated) return true;
  const values = [...source.dotenv.values(), ...source.variables.map((each) => each.default ?? '')];
  if (values.some(isPostgresUrl) || databaseUrls(source).some((each) => each.where === 'code' && isPostgresUrl(each.url))) return true;
  const main = [...source.files.values()].filter((file) => isPython(file) && !isAside(file.path));
  const imported = new Set(main.flatMap((file) => importNodes(file).flatMap((each) => (each.from ? [each.written] : each.names.map((name) => name.name))).map((module) => module.split('.')[0] ?? '')));
  if (['asyncpg', 'psycopg', 'psycopg2', 'pg8000', 'aiopg'].some((driver) => imported.has(driver))) return true;
  const named = source.variables.some((each) => /DATABASE_UR[LI]|POSTGRES|DB_HOST|DB_UR[LI]|SQLALCHEMY|PG(HOST|USER)/i.test(each.name));
  const sqlite = databaseUrls(source).some((each) => each.where === 'code' && each.scheme.startsWith('sqlite')) || values.some((each) => each.startsWith('sqlite'));
  const builds = main.some((file) => callsOf(file, ['create_engine', 'create_async_engine', 'create_pool', 'Database']).length > 0);
  return DRIVERS.some((driver) => imported.has(driver)) && (named || (builds && !sqlite));
}
