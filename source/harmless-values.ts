/**
 * A value for a required variable that nobody sets: right for its type and for what the code checks, pointing at the sandbox, the same on
 * every machine. The example file's value is taken where it fits, because its author knew what the code wants.
 */
import { callsOf } from './calls.ts';
import type { Call } from './calls.ts';
import { both } from './checks.ts';
import { composeServices } from './compose.ts';
import { driverOf, identityOfUrl, isAsyncDriver, isPostgresUrl, partOf, schemeOf, urlOf } from './database.ts';
import { demandOf } from './demands.ts';
import type { Demand, Form } from './demands.ts';
import { filledDotenv, isEnvExample } from './dotenv.ts';
import { isAside } from './import-roots.ts';
import { declaredRequirements } from './manifest.ts';
import { digest, sampleValue, satisfies } from './sample-values.ts';
import { isPython } from './syntax.ts';
import type { DatabaseIdentity, Source, SourceFile } from './types.ts';

const POSTGRES: DatabaseIdentity = { host: 'localhost', port: 5432, user: 'postgres', password: 'postgres', database: 'postgres' };

/** `type` is the Python type as annotated. Empty only where the code takes nothing else. */
export function harmlessValue(source: Source, name: string, type: string): string {
  const demand = demandFor(source, name, type);
  const example = exampleValue(source, name);
  const known = looksBlank(example) ? '' : example;
  if (demand.checks.choices !== undefined) return sampleValue(demand, [known], name);
  const part = databasePart(source, name);
  if (isDatabaseUrl(name, demand, type, example)) return sampleValue(demand, [databaseUrl(source, name, example)], name);
  // Programs put the parts of an address together as they are: an @ in a password would end it.
  const plain = /^[^\s@:/?#%[\]]+$/.test(known) && known.toUpperCase() !== name.toUpperCase() && source.run.stated === undefined;
  if (part !== undefined) return sampleValue(demand, [plain && !reachesOut(known, name) ? known : '', part], name);
  const usual = NAMED.find(([pattern]) => pattern.test(name))?.[1] ?? '';
  const secret = isSecret(name) ? digest(name) : '';
  return sampleValue(demand, [secret, reachesOut(known, name) ? '' : known, usual, ...listsFor(name, demand)], name);
}

/** What annotations, checks and uses in the code demand of the variable together. */
function demandFor(source: Source, name: string, type: string): Demand {
  const reads = source.variables.filter((read) => read.name.toUpperCase() === name.toUpperCase());
  const demand = demandOf(source.files, type, reads.reduce((found, read) => both(found, read.checks ?? {}), {}));
  const used = demand.form === 'text' && demand.checks.choices === undefined ? useOf(source, name) : undefined;
  return used === undefined ? demand : { ...demand, form: used };
}

/** Callables that take one form of text only, wherever they are given the variable. */
const USES: Readonly<Record<string, Form>> = { Fernet: 'fernet', MultiFernet: 'fernet', ZoneInfo: 'zone', b64decode: 'base64', urlsafe_b64decode: 'base64', fromhex: 'hex', unhexlify: 'hex', UUID: 'uuid' };

/** Parameters that tell by their names that they take an email address: `ConnectionConfig(MAIL_FROM=settings.smtp_user)`. */
const MAIL_PARAMETER = /^(mail_from|from_(e?mail|addr(ess)?)|(e?mail|sender|reply_to)(_?addr(ess)?)?|sender_email|contact_email)$/i;

function useOf(source: Source, name: string): Form | undefined {
  const mention = new RegExp(`\\b${name}\\b`, 'i');
  const whole = new RegExp(`(^|\\.)${name}$`, 'i');
  for (const file of source.files.values()) {
    if (!isPython(file) || isAside(file.path) || !mention.test(file.text)) continue;
    const found = callsOf(file, Object.keys(USES)).find((call) => call.arguments.some((argument) => mention.test(argument.value)));
    if (found) return USES[found.callee.slice(found.callee.lastIndexOf('.') + 1)];
    if (callsOf(file).some((call) => call.arguments.some((argument) => whole.test(argument.value) && MAIL_PARAMETER.test(argument.name ?? '')))) return 'email';
  }
  return undefined;
}

function isSecret(name: string): boolean {
  return /SECRET|TOKEN|API_?KEY|SALT|PRIVATE|_KEY$/i.test(name) && !/EXPIR|MINUTES|SECONDS|HOURS|(^|_)DAYS|ALGORITHM|PREFIX|TYPE|URL|SUBJECT/i.test(name);
}

function listsFor(name: string, { form }: Demand): readonly string[] {
  if (form === 'csv') return [/HOST/i.test(name) ? 'localhost' : /ORIGIN|URL/i.test(name) ? 'http://localhost:3000' : ''];
  return form === 'list' ? [/ORIGIN|URL/i.test(name) ? '["http://localhost:3000"]' : /HOST/i.test(name) ? '["localhost"]' : ''] : [];
}

/** Value in the example file next to the code; empty when it has none. */
export function exampleValue(source: Source, name: string): string {
  const all = new Map([...(source.outside ?? []), ...source.files]);
  const named = (is: (path: string) => boolean): readonly SourceFile[] => [...all.values()].filter((file) => is(file.path)).toSorted((a, b) => a.path.length - b.path.length);
  const examples = named(isEnvExample).map(filledDotenv);
  const variants = named((path) => /(^|\/)\.env\.(dev|development|local|docker|test)$/i.test(path)).map(filledDotenv);
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
function reachesOut(value: string, name = ''): boolean {
  // https://api.example.io/v1 · MAIL_SERVER=smtp.example.io
  const bare = /HOST(NAME)?S?$|SERVERS?$|DOMAIN$|ADDRESS$|ENDPOINT$/i.test(name) ? /^(?<host>(?:[a-z\d-]+\.)+[a-z]{2,})(?::\d+)?$/i.exec(value) : null;
  const host = (/:\/\/(?:[^@/]*@)?(?<host>[^:/?]+)/.exec(value) ?? bare)?.groups?.['host'];
  return host !== undefined && host.includes('.') && !/^(127\.|0\.0\.0\.0)|example\.(com|org)$|\.(local|test|internal)$/.test(host);
}

function isDatabaseUrl(name: string, demand: Demand, type: string, example: string): boolean {
  if (!/^(text|url)$/.test(demand.form) || (demand.schemes.length > 0 && !demand.schemes.includes('postgresql'))) return false;
  if (/PostgresDsn/.test(type) || (isPostgresUrl(example) && satisfies(demand, example))) return true;
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

/** `create_async_engine(url)`, and `AsyncEngine(create_engine(url))`, as the tutorials of SQLModel have it. */
function makesAsyncEngine({ callee, node }: Call): boolean {
  const outer = node.parent?.type === 'keyword_argument' ? node.parent.parent?.parent : node.parent?.parent;
  return /async/.test(callee) || (outer?.type === 'call' && /\bAsyncEngine$/.test(outer.childForFieldName('function')?.text ?? ''));
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
  const isAsync = /ASYNC/i.test(name) || (!/SYNC/i.test(name) && judged.some(makesAsyncEngine));
  if (engines.length === 0) return /^(postgres|postgresql)$/.test(example) || example.includes('+') ? example : 'postgresql';
  if (example !== '' && isPostgresUrl(`${example}://x`) && isAsyncDriver(driverOf(example) ?? '') === isAsync) return example;
  const declared = new Set(declaredRequirements(source).map((each) => each.name));
  if (isAsync) return !declared.has('asyncpg') && (declared.has('psycopg') || declared.has('psycopg-binary')) ? 'postgresql+psycopg' : 'postgresql+asyncpg';
  return !declared.has('psycopg2') && !declared.has('psycopg2-binary') && declared.has('psycopg') ? 'postgresql+psycopg' : 'postgresql';
}

/** Patterns of names, most telling first. */
const NAMED: readonly (readonly [RegExp, string])[] = [
  [/PREFIX$|_NAME$|_TITLE$/i, ''],
  [/REDIS\w*(UR[LI]|DSN)|BROKER\w*UR[LI]|BROKER$|CELERY_RESULT|CACHE_UR[LI]|VALKEY\w*UR[LI]/i, 'redis://localhost:6379/0'], [/(REDIS|VALKEY|CACHE)\w*PORT/i, '6379'],
  [/(RABBIT|AMQP)\w*(UR[LI]|DSN)/i, 'amqp://guest:guest@localhost:5672/'], [/RABBIT\w*PORT/i, '5672'], [/MONGO\w*(UR[LI]|DSN)/i, 'mongodb://localhost:27017/app'],
  [/EXPIR|MINUTES|HOURS|SECONDS|(^|_)DAYS|TTL|TIMEOUT/i, '30'], [/PASSW|PASS$|PWD/i, 'boot-check-Passw0rd'],
  [/MAIL_PORT|SMTP_PORT/i, '587'], [/(REDIS|CACHE)_(DB|DATABASE)$/i, '0'], [/PORT$/i, '8000'], [/HOST(NAME)?$|SERVER$/i, 'localhost'], [/MAIL_FROM$|EMAIL|FROM_ADDRESS|(SUPER)?USER_MAIL/i, 'admin@example.com'],
  [/ALGORITHM/i, 'HS256'], [/LOG_?LEVEL/i, 'INFO'], [/^(APP_)?(ENV|ENVIRONMENT|STAGE|MODE)$|_(ENV|ENVIRONMENT)$/i, 'development'], [/ORIGINS/i, '["http://localhost:3000"]'],
  // An address with a key and a project, as error trackers have them.
  [/_DSN$/i, 'https://public@localhost/1'],
  [/UR[LI]$|ENDPOINT|DOMAIN$|ORIGIN$/i, 'http://localhost:8000'],
  [/POOL|SIZE|LIMIT|MAX|COUNT|WORKERS|RETRIES/i, '5'], [/USER(NAME)?$/i, 'boot_check'], [/PATH$|DIR(ECTORY)?$|FOLDER$/i, '/tmp'], [/(^|_)(DEBUG|TESTING|ENABLED?|ECHO|IS_\w+|USE_\w+|TLS|SSL)$/i, 'false'],
];
