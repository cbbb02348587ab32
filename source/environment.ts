/** Environment for the first boot: what the user and the tree say, and a harmless value for every required variable that nobody sets (R21). */
import { dotenvPath } from './read.ts';
import { exampleValue, harmlessValue } from './harmless-values.ts';
import { looksSecret } from './secrets.ts';
import { callsOf } from './calls.ts';
import { declaredRequirements } from './manifest.ts';
import { settingsClasses } from './settings-classes.ts';
import { readsEnvFile } from './settings-config.ts';
import { isPython } from './syntax.ts';
import type { Source, VariableRead } from './types.ts';

export { harmlessValue } from './harmless-values.ts';
export { looksSecret } from './secrets.ts';

export interface EnvironmentRow {
  readonly name: string;
  readonly required: boolean;
  readonly default: string | null;
  /** null when nobody sets it. The plain value: reporters mask it where `secret` says so. */
  readonly value: string | null;
  readonly source: 'user' | 'tree' | 'generated';
  /** `src/core/config.py:12` */
  readonly read_at: readonly string[];
  /** The value is the user's or the tree's and must not be printed. */
  readonly secret: boolean;
}

export interface EnvironmentPlan {
  /** What to set in the process. Values of `.env` that the app reads by itself are not repeated here. */
  readonly env: Readonly<Record<string, string>>;
  readonly rows: readonly EnvironmentRow[];
}

/**
 * Values that the user gave are set. Values of a `.env` are set only when the code does not load the file itself, so that an edit of the
 * file always counts. A required variable that nobody sets gets a harmless value, unless the environment claims to be whole.
 */
export function planEnvironment(source: Source): EnvironmentPlan {
  const loads = loadsDotenv(source);
  const env: Record<string, string> = {};
  if (!loads) for (const [name, value] of source.dotenv) env[name] = value;
  const rows = [...Map.groupBy(source.variables, (read) => sameName(source, read.name))].map(([name, reads]): EnvironmentRow => {
    const row = rowOf(source, name, reads);
    if (row.source === 'generated' && row.value !== null) env[name] = row.value;
    return row;
  });
  Object.assign(env, source.run.env);
  return { env, rows: rows.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
}

/** Settings classes do not mind the case: `database_url` and `DATABASE_URL` are one variable when the tree writes it so. */
function sameName(source: Source, name: string): string {
  const upper = name.toUpperCase();
  return source.dotenv.has(upper) || upper in source.run.env ? upper : name;
}

function rowOf(source: Source, name: string, reads: readonly VariableRead[]): EnvironmentRow {
  const required = reads.some((read) => read.required);
  const fallback = reads.find((read) => read.default !== null)?.default ?? null;
  const read_at = [...new Set(reads.map((read) => `${read.file}:${read.line}`))];
  const given = lookUp(source.run.env, name);
  const base = { name, required, default: fallback, read_at };
  if (given !== undefined) return { ...base, value: given, source: 'user', secret: looksSecret(name, given) };
  const own = source.dotenv.get(name) ?? source.dotenv.get(name.toUpperCase()) ?? source.dotenv.get(name.toLowerCase());
  if (own !== undefined) return { ...base, value: own, source: 'tree', secret: looksSecret(name, own) };
  const better = source.environmentClaimed ? undefined : productionByDefault(source, name, fallback) ?? serverByDefault(source).get(name);
  if (better !== undefined) return { ...base, value: better, source: 'generated', secret: false };
  if (!(required || signsWith(name, reads)) || source.environmentClaimed) return { ...base, value: null, source: 'tree', secret: looksSecret(name, fallback ?? '') };
  const type = reads.find((read) => read.required)?.type ?? 'str';
  return { ...base, value: harmlessValue(source, name, type), source: 'generated', secret: false };
}

/** What the app signs with itself: without it, it starts and then answers 500; with it, it reaches for nothing outside. */
function signsWith(name: string, reads: readonly VariableRead[]): boolean {
  const own = /(^|_)(SECRET|JWT|SESSION|SIGNING|COOKIE|CSRF)(_\w+)?_?(KEY|SECRET)$|^\w*SECRET$/i.test(name) && !/CLIENT|WEBHOOK|OAUTH|(^|_)(AWS|S3|BUCKET)_SECRET|ACCESS_KEY|STRIPE|PAYPAL|TWILIO|GOOGLE|GITHUB|FACEBOOK|AZURE|CLOUDINARY|PATH|FILE/i.test(name);
  return own && reads.some((read) => read.default === null && (read.reader === 'getenv' || read.reader === 'environ'));
}

/** Code that runs as production unless told otherwise wants its monitoring and certificates; the example file says what a developer sets. */
function productionByDefault(source: Source, name: string, fallback: string | null): string | undefined {
  if (!/^(\w+_)?(ENV|ENVIRONMENT|STAGE)$/i.test(name) || !/prod/i.test(fallback ?? '')) return undefined;
  const example = exampleValue(source, name);
  return example === '' || /prod/i.test(example) ? undefined : example;
}

const servers = new WeakMap<Source, ReadonlyMap<string, string>>();

/**
 * A kind of database that is a file or nothing unless somebody says otherwise (`DB_TYPE: str = "sqlite+aiosqlite"`), in a project that declares a driver of Postgres
 * and whose example names it: what the project is deployed with is set, the parts of the address with it.
 */
function serverByDefault(source: Source): ReadonlyMap<string, string> {
  const known = servers.get(source);
  if (known !== undefined) return known;
  const drivers = new Set(['asyncpg', 'psycopg', 'psycopg-binary', 'psycopg2', 'psycopg2-binary']);
  const kind = source.variables.find((read) => read.default !== null && /^(sqlite(\+\w+)?)?$/.test(read.default) && read.name.includes('_') && /^postgres(ql)?(\+\w+)?$/.test(exampleValue(source, read.name)));
  const prefix = kind?.name.slice(0, kind.name.indexOf('_') + 1) ?? '';
  const named = kind === undefined || !declaredRequirements(source).some(({ name }) => drivers.has(name)) ? [] : source.variables.filter(({ name }) => name.startsWith(prefix));
  const values = new Map(named.flatMap(({ name, type }) => (exampleValue(source, name) === '' ? [] : [[name, name === kind?.name ? exampleValue(source, name) : harmlessValue(source, name, type)] as const])));
  servers.set(source, values);
  return values;
}

function lookUp(env: Readonly<Record<string, string>>, name: string): string | undefined {
  return env[name] ?? env[name.toUpperCase()] ?? env[name.toLowerCase()];
}

/** The app reads `.env` itself: load_dotenv, a settings class whose env_file is this one, or a reader that does so always. */
function loadsDotenv(source: Source): boolean {
  const path = dotenvPath(source.files, source.run.cwd);
  // Above the root it is not there when the app boots.
  if (path === undefined) return source.dotenv.size === 0;
  if (settingsClasses(source).some((each) => readsEnvFile(each, path, source.run.cwd))) return true;
  return [...source.files.values()].some((file) => isPython(file) && /dotenv|decouple|environs|starlette\.config/.test(file.text)
    && callsOf(file, ['load_dotenv', 'dotenv_values', 'read_env', 'decouple.config', 'starlette.config.Config']).length > 0);
}
