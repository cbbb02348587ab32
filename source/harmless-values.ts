/**
 * A value for a required variable that nobody sets: right for its type, pointing at the sandbox, the same on every machine. The example
 * file's value is taken where it fits, because its author knew what the code wants.
 */
import { createHash } from 'node:crypto';
import { callsOf } from './calls.ts';
import { driverOf, identityOfUrl, isAsyncDriver, isPostgresUrl, partOf, schemeOf, urlOf } from './database.ts';
import { composeServices } from './compose.ts';
import { dotenvOf } from './dotenv.ts';
import { isAside } from './import-roots.ts';
import { declaredRequirements } from './manifest.ts';
import { allowedValues } from './settings-config.ts';
import { isPython } from './syntax.ts';
import type { DatabaseIdentity, Source, SourceFile } from './types.ts';

const POSTGRES: DatabaseIdentity = { host: 'localhost', port: 5432, user: 'postgres', password: 'postgres', database: 'postgres' };

/** `type` is the Python type as annotated. Never empty. */
export function harmlessValue(source: Source, name: string, type: string): string {
  const allowed = allowedValues(source.files, type);
  const example = exampleValue(source, name);
  if (allowed.length > 0) return allowed.find((each) => each === example) ?? allowed.find((each) => /^(local|dev|development|test)/i.test(each)) ?? allowed[0] ?? '';
  const part = databasePart(source, name);
  if (isDatabaseUrl(name, type, example)) return databaseUrl(source, name, example);
  if (part !== undefined) return fits(example, type) && !looksBlank(example) && example.toUpperCase() !== name.toUpperCase() && source.run.stated === undefined ? example : part;
  const secret = /SECRET|TOKEN|API_?KEY|SALT|PRIVATE|_KEY$/i.test(name) && !/EXPIR|MINUTES|SECONDS|HOURS|DAYS|ALGORITHM|PREFIX|TYPE|URL|SUBJECT/i.test(name);
  if (secret && /str|Secret|^$/.test(type)) return digest(name);
  if (fits(example, type) && !looksBlank(example) && !reachesOut(example)) return example;
  return byType(name, type.replace(/^(typing\.)?Optional\[(.*)\]$|\s*\|\s*None/g, '$2'));
}

/** Value in the example file next to the code; empty when it has none. */
export function exampleValue(source: Source, name: string): string {
  const all = new Map([...(source.outside ?? []), ...source.files]);
  const named = (pattern: RegExp): readonly SourceFile[] => [...all.values()].filter((file) => pattern.test(file.path)).toSorted((a, b) => a.path.length - b.path.length);
  const examples = named(/(^|\/)(\.?env[\w.-]*(example|sample|template|dist)|(example|sample)\.env)$/i).map(dotenvOf);
  const variants = named(/(^|\/)\.env\.(dev|development|local|docker|test)$/i).map(dotenvOf);
  // The app's own service in the compose file: the one that is built.
  const services = composeServices(all).filter((each) => each.built).map((each) => new Map(Object.entries(each.environment)));
  for (const values of [...examples, ...services, ...variants]) {
    const value = values.get(name) ?? values.get(name.toUpperCase());
    if (value !== undefined && value !== null && value !== '') return value;
  }
  return '';
}

function looksBlank(value: string): boolean {
  return value === '' || /^<.*>$|^\{\{.*\}\}$|\$\{|^(your|change|replace|todo|xxx|\.\.\.)/i.test(value) || /your[-_ ]/i.test(value);
}

/** Addresses of real services: no run may name one. */
function reachesOut(value: string): boolean {
  const host = /:\/\/(?:[^@/]*@)?(?<host>[^:/?]+)/.exec(value)?.groups?.['host'];
  return host !== undefined && host.includes('.') && !/^(127\.|0\.0\.0\.0)|example\.(com|org)$|\.(local|test|internal)$/.test(host);
}

function fits(value: string, type: string): boolean {
  if (value === '') return false;
  if (/^(int|PositiveInt|NonNegativeInt|conint.*)$/.test(type)) return /^-?\d+$/.test(value);
  if (/^(float|Decimal|PositiveFloat)$/.test(type)) return /^-?\d+(\.\d+)?$/.test(value);
  if (type === 'bool') return /^(true|false|1|0|yes|no|on|off)$/i.test(value);
  if (/^(list|List|set|Set|tuple|Tuple|dict|Dict|Sequence)\b/.test(type)) return isJson(value);
  if (/EmailStr/.test(type)) return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value) && !/\.(test|local|localhost)$/.test(value);
  return /Url|Dsn/.test(type) ? /^[\w+]+:\/\//.test(value) : true;
}

function isJson(value: string): boolean {
  try {
    return typeof JSON.parse(value) === 'object';
  } catch {
    return false;
  }
}

/** 64 characters, long enough for every check of length. */
function digest(name: string): string {
  return createHash('sha256').update(`boot-check ${name}`).digest('hex');
}

function isDatabaseUrl(name: string, type: string, example: string): boolean {
  if (/PostgresDsn/.test(type) || isPostgresUrl(example)) return true;
  return /(DATABASE|DB|POSTGRES(QL)?|PG|SQLALCHEMY)\w*_?(UR[LI]|DSN)$|^(ASYNC_|SYNC_)?(DATABASE|DB|POSTGRES)_?(ASYNC_|SYNC_)?(UR[LI]|DSN|CONNECTION\w*)$/i.test(name) && !/REDIS|MONGO/i.test(name);
}

/** The part of an address that a variable is; undefined when it is none. */
function databasePart(source: Source, name: string): string | undefined {
  const found = partOf(name);
  if (!found || /REDIS|MONGO|MYSQL|RABBIT|SMTP|MAIL/i.test(name)) return undefined;
  return String((source.run.stated ?? POSTGRES)[found.part]);
}

function databaseUrl(source: Source, name: string, example: string): string {
  const identity = source.run.stated ?? (looksBlank(example) ? undefined : identityOfUrl(example));
  const scheme = wantedScheme(source, name, schemeOf(example));
  if (scheme.startsWith('sqlite')) return example === '' ? `${scheme}:///./boot-check.db` : example;
  // Names such as <user> or "host" in an example are placeholders, not addresses.
  const real = identity !== undefined && /^[\w.-]+$/.test(identity.host) && !/^(host|hostname|server|your.*)$/i.test(identity.host) && /^[\w-]+$/.test(identity.database);
  const plain = urlOf(scheme, real && !reachesOut(example) ? identity : source.run.stated ?? POSTGRES);
  return plain;
}

/** Which driver the code wants to find in this URL. */
function wantedScheme(source: Source, name: string, example: string): string {
  const main = [...source.files.values()].filter((file) => isPython(file) && !isAside(file.path));
  if (example.startsWith('sqlite')) return example;
  const engines = main.flatMap((file) => callsOf(file, ['create_async_engine', 'async_engine_from_config', 'create_engine']).filter((call) => call.scope === '' || !/test/i.test(call.scope)));
  const fed = engines.filter((call) => call.arguments[0]?.value.toUpperCase().split(/\W+/).includes(name.toUpperCase()));
  const judged = fed.length > 0 ? fed : engines;
  const text = main.map((file) => file.text).join('\n');
  // The code turns a plain URL into one with a driver itself.
  const rewrites = /replace\(\s*["']postgres(ql)?:\/\/|set\(\s*drivername|startswith\(\s*["']postgres(ql)?:\/\/["']\s*\)/.test(text);
  if (rewrites || (engines.length === 0 && example === '')) return example === '' ? 'postgresql' : example;
  const isAsync = /ASYNC/i.test(name) || (!/SYNC/i.test(name) && judged.some((call) => /async/.test(call.callee)));
  if (engines.length === 0) return /^(postgres|postgresql)$/.test(example) || example.includes('+') ? example : 'postgresql';
  if (example !== '' && isPostgresUrl(`${example}://x`) && isAsyncDriver(driverOf(example) ?? '') === isAsync) return example;
  const declared = new Set(declaredRequirements(source).map((each) => each.name));
  if (isAsync) return !declared.has('asyncpg') && (declared.has('psycopg') || declared.has('psycopg-binary')) ? 'postgresql+psycopg' : 'postgresql+asyncpg';
  return !declared.has('psycopg2') && !declared.has('psycopg2-binary') && declared.has('psycopg') ? 'postgresql+psycopg' : 'postgresql';
}

/** Patterns of names, most telling first. */
const NAMED: readonly (readonly [RegExp, string])[] = [
  [/REDIS\w*(UR[LI]|DSN)|BROKER|CELERY_RESULT|CACHE_UR[LI]|VALKEY\w*UR[LI]/i, 'redis://localhost:6379/0'], [/(REDIS|VALKEY)\w*PORT/i, '6379'],
  [/(RABBIT|AMQP)\w*(UR[LI]|DSN)/i, 'amqp://guest:guest@localhost:5672/'], [/MONGO\w*(UR[LI]|DSN)/i, 'mongodb://localhost:27017/app'],
  [/MAIL_PORT|SMTP_PORT/i, '587'], [/REDIS_DB$/i, '0'], [/PORT$/i, '8000'], [/HOST(NAME)?$|SERVER$/i, 'localhost'], [/MAIL_FROM$|EMAIL|FROM_ADDRESS|(SUPER)?USER_MAIL/i, 'admin@example.com'],
  [/ALGORITHM/i, 'HS256'], [/LOG_?LEVEL/i, 'INFO'], [/^(APP_)?(ENV|ENVIRONMENT|STAGE|MODE)$|_(ENV|ENVIRONMENT)$/i, 'development'], [/ORIGINS/i, '["http://localhost:3000"]'],
  [/UR[LI]$|ENDPOINT|DOMAIN$|ORIGIN$/i, 'http://localhost:8000'], [/EXPIR|MINUTES|HOURS|SECONDS|DAYS|TTL|TIMEOUT/i, '30'], [/PASSW|PASS$|PWD/i, 'boot-check-Passw0rd'],
  [/POOL|SIZE|LIMIT|MAX|COUNT|WORKERS|RETRIES/i, '5'], [/USER(NAME)?$/i, 'boot_check'], [/PATH$|DIR(ECTORY)?$|FOLDER$/i, '/tmp'], [/(^|_)(DEBUG|ENABLED?|ECHO|IS_\w+|USE_\w+|TLS|SSL)$/i, 'false'],
];

function byType(name: string, type: string): string {
  const named = NAMED.find(([pattern]) => pattern.test(name))?.[1] ?? '';
  if (/^(int|PositiveInt|NonNegativeInt|conint.*|timedelta)$/.test(type)) return /^\d+$/.test(named) ? named : '1';
  if (/^(float|Decimal|PositiveFloat)$/.test(type)) return /^\d+$/.test(named) ? named : '1.0';
  if (type === 'bool') return 'false';
  if (/^(dict|Dict|Mapping)\b/.test(type)) return '{}';
  if (/^(list|List|set|Set|tuple|Tuple|Sequence|frozenset)\b/.test(type)) return listOf(name, type);
  if (/CommaSeparatedStrings/.test(type)) return 'localhost';
  if (/EmailStr|NameEmail/.test(type)) return 'admin@example.com';
  if (/RedisDsn/.test(type)) return 'redis://localhost:6379/0';
  if (/AmqpDsn/.test(type)) return 'amqp://guest:guest@localhost:5672/';
  if (/MongoDsn/.test(type)) return 'mongodb://localhost:27017/app';
  if (/Url\b|URL/.test(type)) return named.includes('://') ? named : 'http://localhost:8000';
  if (/UUID/.test(type)) return '00000000-0000-4000-8000-000000000000';
  if (/IPv4|IPvAny/.test(type)) return '127.0.0.1';
  if (/Path$|DirectoryPath|FilePath/.test(type)) return '/tmp';
  return named === '' ? `boot-check-${name.toLowerCase().replaceAll('_', '-')}` : named;
}

function listOf(name: string, type: string): string {
  const item = /\[(?<item>[^\],]*)/.exec(type)?.groups?.['item'] ?? 'str';
  if (/int|float/.test(item)) return '[1]';
  if (/Url/.test(item) || /ORIGIN|URL/i.test(name)) return '["http://localhost:3000"]';
  return /HOST/i.test(name) ? '["localhost"]' : '[]';
}
