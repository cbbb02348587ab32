/**
 * Database drivers: what a URL's scheme asks for, which distribution brings it, whether it can be awaited. The table below is SQLAlchemy's
 * own list of included dialects; it is data about the library, not about failures.
 */
import { databaseUrls } from '../../source/database.ts';
import type { DatabaseUrl } from '../../source/database.ts';
import { usesOfModule } from '../../source/usage.ts';
import type { Edit, PackageIndex, Source } from '../../source/types.ts';
import { normaliseName } from '../../source/manifest.ts';
import { declared } from './distributions.ts';
import { isServerCode } from './engines.ts';

export interface Driver {
  /** Name behind the `+` and of the module. */
  readonly name: string;
  readonly distribution: string;
  readonly extras: string;
  readonly dialect: string;
  readonly async: boolean;
}

const driver = (dialect: string, name: string, async: boolean, distribution = name, extras = ''): Driver => ({ dialect, name, async, distribution, extras });

/** In order of preference within a dialect. psycopg 3 serves both ways. */
const DRIVERS: readonly Driver[] = [
  driver('postgresql', 'asyncpg', true),
  driver('postgresql', 'psycopg', true, 'psycopg', '[binary]'),
  driver('postgresql', 'psycopg2', false, 'psycopg2-binary'),
  driver('postgresql', 'pg8000', false),
  driver('sqlite', 'aiosqlite', true),
  driver('mysql', 'aiomysql', true),
  driver('mysql', 'asyncmy', true),
  driver('mysql', 'pymysql', false, 'pymysql'),
  driver('mysql', 'MySQLdb', false, 'mysqlclient'),
];

/** Distributions that bring the same driver under another name. */
const ALSO: Readonly<Record<string, readonly string[]>> = { psycopg2: ['psycopg2', 'psycopg2-binary'], psycopg: ['psycopg', 'psycopg-binary'] };

export function driverNamed(name: string): Driver | undefined {
  return DRIVERS.find((known) => known.name === name);
}

/** The declared requirement that brings a driver. */
export function declaredDriver(source: Source, name: string): string | undefined {
  const known = driverNamed(name);
  return [...(ALSO[name] ?? []), known?.distribution ?? name].map(normaliseName).find((distribution) => declared(source, distribution) !== undefined);
}

/** `postgresql+asyncpg` → dialect and driver; `postgres` is the old spelling of `postgresql`. */
export function readScheme(scheme: string): { readonly dialect: string; readonly driver?: string } {
  const [dialect = '', name] = scheme.split('+');
  const modern = dialect === 'postgres' ? 'postgresql' : dialect;
  return name === undefined ? { dialect: modern } : { dialect: modern, driver: name };
}

/** All drivers of a dialect, by preference. */
export function driversOf(dialect: string): readonly Driver[] {
  return DRIVERS.filter((known) => known.dialect === dialect);
}

/** Drivers of the dialect that can be awaited: those the tree declares first, then by preference. */
export function asyncDrivers(source: Source, dialect: string): readonly Driver[] {
  const fit = DRIVERS.filter((known) => known.dialect === dialect && known.async);
  return fit.toSorted((a, b) => Number(declaredDriver(source, b.name) !== undefined) - Number(declaredDriver(source, a.name) !== undefined));
}

/** The server's code awaits its database: it imports one of the asyncio halves. Migrations may do so for themselves. */
export function isAsyncTree(source: Source): boolean {
  return source.imports.some((statement) => isServerCode(statement.file) && /^(?:sqlalchemy|sqlmodel)\.ext\.asyncio\b/.test(statement.module));
}

/** URLs that a server of this tree may be started with; migrations (`ini`) and compose services keep their own. */
export function settingsUrls(source: Source, dialect: string): readonly DatabaseUrl[] {
  return databaseUrls(source)
    .filter((url) => readScheme(url.scheme).dialect === dialect && url.where !== 'ini' && !/(?:^|\/)(?:tests?|alembic|migrations)\//.test(url.file) && isNear(url, source))
    .toSorted((a, b) => rank(a) - rank(b));
}

/** Environment files of the root and of the folder the server starts in; those of deployments, deeper in the tree, are for other machines. */
function isNear(url: DatabaseUrl, source: Source): boolean {
  if (url.where !== 'dotenv' && url.where !== 'example') return true;
  const folder = url.file.includes('/') ? url.file.slice(0, url.file.lastIndexOf('/')) : '.';
  return folder === '.' || folder === source.run.cwd;
}

/** `.env` decides, the code's default stands behind it, an example follows suit. */
function rank(url: DatabaseUrl): number {
  return ['dotenv', 'code', 'compose', 'example', 'ini'].indexOf(url.where);
}

/** Writes `driver` into the scheme of each URL that names another or none. */
export function schemeEdits(urls: readonly DatabaseUrl[], wanted: Driver): readonly Edit[] {
  const scheme = `${wanted.dialect}+${wanted.name}`;
  return urls.filter((url) => url.scheme !== scheme).map((url) => ({ file: url.file, old: `${url.scheme}://`, new: `${scheme}://`, at: url.start }));
}

/** Somebody besides the URLs in question (`but`) still needs the driver: an import of it, or a URL that selects it. */
export function neededElsewhere(source: Source, name: string, index: PackageIndex, but: readonly DatabaseUrl[] = []): boolean {
  const same = (a: DatabaseUrl, b: DatabaseUrl): boolean => a.file === b.file && a.start === b.start;
  const byUrl = databaseUrls(source).some((url) => selects(url, index) === name && !isPlaceholder(url) && !but.some((other) => same(url, other)));
  return usesOfModule(source, name).length > 0 || byUrl;
}

/** The driver a URL selects; without `+`, SQLAlchemy's default for the dialect: psycopg2 before 2.1, psycopg since. */
export function selects(url: Pick<DatabaseUrl, 'scheme'>, index: PackageIndex): string | undefined {
  const { dialect, driver: named } = readScheme(url.scheme);
  if (named !== undefined) return named;
  if (dialect === 'postgresql') return defaultPostgresDriver(index);
  return dialect === 'mysql' ? 'MySQLdb' : undefined;
}

export function defaultPostgresDriver(index: PackageIndex): 'psycopg' | 'psycopg2' {
  const version = index.distributions.find((distribution) => normaliseName(distribution.name) === 'sqlalchemy')?.version ?? '';
  const [major = 2, minor = 0] = version.split('.').map(Number);
  return major > 2 || (major === 2 && minor >= 1) ? 'psycopg' : 'psycopg2';
}

/** Examples and compose files show a URL to people; no server reads it. */
function isPlaceholder(url: DatabaseUrl): boolean {
  return url.where === 'example';
}
