/** Database URLs: taking them apart, and which driver a scheme selects. */
import type { DatabaseIdentity } from './types.ts';

/** Scheme, credentials, host, path, query; works for host lists and empty hosts too. */
const URL_PARTS = /^(?<scheme>[a-z][\w+.-]*):\/\/(?:(?<user>[^:@/?#]*)(?::(?<password>[^@/?#]*))?@)?(?<host>\[[^\]]*\]|[^:/?#,]*)(?::(?<port>\d+))?(?:,[^/?#]*)?(?:\/(?<database>[^?#]*))?(?:\?(?<query>[^#]*))?/i;

const POSTGRES = /^(postgres(ql)?|psql|pgsql|postgis)(\+\w+)?$|^(asyncpg)$/i;

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Missing parts are filled as libpq would: localhost, 5432, postgres, no password, database named as the user. Undefined when it is no Postgres URL. */
export function identityOfUrl(url: string): DatabaseIdentity | undefined {
  const parts = URL_PARTS.exec(url.trim())?.groups;
  if (!parts || !POSTGRES.test(parts['scheme'] ?? '')) return undefined;
  const query = new URLSearchParams(parts['query'] ?? '');
  const user = decoded(parts['user'] ?? query.get('user') ?? '') || 'postgres';
  const database = decoded(parts['database'] ?? '') || query.get('dbname') || user;
  return {
    host: (parts['host'] ?? '').replace(/^\[|\]$/g, '') || query.get('host') || 'localhost', port: Number(parts['port'] ?? query.get('port') ?? 5432),
    user, password: decoded(parts['password'] ?? query.get('password') ?? ''), database,
  };
}

export function schemeOf(url: string): string {
  return (/^[a-z][\w+.-]*(?=:\/\/)/i.exec(url)?.[0] ?? '').toLowerCase();
}

export function isPostgresUrl(url: string): boolean {
  return POSTGRES.test(schemeOf(url));
}

/** `postgresql+asyncpg://` with an identity. */
export function urlOf(scheme: string, identity: DatabaseIdentity): string {
  const credentials = identity.password === '' ? encodeURIComponent(identity.user) : `${encodeURIComponent(identity.user)}:${encodeURIComponent(identity.password)}`;
  return `${scheme}://${credentials}@${identity.host}:${identity.port}/${encodeURIComponent(identity.database)}`;
}

/** Driver module that SQLAlchemy loads for a scheme: `postgresql` → psycopg2. Undefined for schemes it does not know. */
export function driverOf(scheme: string): string | undefined {
  const [dialect, driver] = scheme.toLowerCase().split('+');
  if (dialect === 'sqlite') return driver === 'aiosqlite' ? 'aiosqlite' : 'sqlite3';
  if (dialect !== 'postgresql' && dialect !== 'postgres') return undefined;
  if (driver === undefined) return 'psycopg2';
  return driver === 'psycopg_async' ? 'psycopg' : driver === 'psycopg2cffi' ? 'psycopg2cffi' : driver;
}

/** Drivers that an async engine can use. */
export function isAsyncDriver(driver: string): boolean {
  return ['asyncpg', 'psycopg', 'aiopg', 'aiosqlite', 'asyncmy', 'aiomysql'].includes(driver);
}
