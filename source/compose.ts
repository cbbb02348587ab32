/** The tree's compose file: which Postgres it states, which other services it names. */
import { normalize } from 'node:path/posix';
import { parse } from 'yaml';
import { dotenvOf } from './dotenv.ts';
import { listText } from './shell.ts';
import type { DatabaseIdentity, SourceFile } from './types.ts';

export interface ComposeService {
  readonly file: string;
  readonly name: string;
  /** `postgres:16-alpine`; empty for one that is built. */
  readonly image: string;
  readonly built: boolean;
  /** Interpolated; null where a variable has no value. */
  readonly environment: Readonly<Record<string, string | null>>;
  readonly ports: readonly { readonly host: number; readonly container: number }[];
  readonly dependsOn: readonly string[];
  /** Its own entry point and command as shell text; empty when the image's are kept. */
  readonly command: string;
  /**
   * Scripts of the project that fill a new database server, and folders of them: it may have more databases and roles than its variables say. Paths as in
   * the files, in the order of their names in the container.
   */
  readonly initialisedBy: readonly string[];
}

type Files = ReadonlyMap<string, SourceFile>;
type Table = Record<string, unknown>;

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const NAMES = ['compose.yaml', 'compose.yml', 'docker-compose.yaml', 'docker-compose.yml'];

/** Services of the compose file that `docker compose up` would take, its override included; empty when there is none or it is no YAML. */
export function composeServices(files: Files): readonly ComposeService[] {
  // In a monorepo it stands above the backend's root.
  const path = ['', '../', '../../'].flatMap((folder) => NAMES.map((name) => folder + name)).find((each) => files.has(each));
  if (path === undefined) return [];
  const override = ['.yml', '.yaml'].map((end) => path.replace(/\.ya?ml$/, `.override${end}`)).find((each) => files.has(each));
  const more = override === undefined ? [] : servicesIn(files, override);
  return servicesIn(files, path).map((service) => {
    const over = more.find((each) => each.name === service.name);
    return over ? { ...service, image: over.image || service.image, environment: { ...service.environment, ...over.environment }, ports: [...service.ports, ...over.ports] } : service;
  });
}

function servicesIn(files: Files, path: string): readonly ComposeService[] {
  const file = files.get(path);
  if (!file) return [];
  const folder = path.slice(0, path.lastIndexOf('/') + 1);
  const variables = dotenvOf(files.get(`${folder}.env`) ?? { text: '' });
  try {
    const document: unknown = parse(file.text);
    const services = isTable(document) && isTable(document['services']) ? document['services'] : {};
    return Object.entries(services).flatMap(([name, service]) => (isTable(service) ? [serviceOf(files, { path, folder }, name, service, variables)] : []));
  } catch {
    return [];
  }
}

function serviceOf(files: Files, { path: file, folder }: { readonly path: string; readonly folder: string }, name: string, service: Table, variables: ReadonlyMap<string, string>): ComposeService {
  const fill = (value: unknown): string | null => interpolated(String(value ?? ''), variables);
  const depends = service['depends_on'];
  return {
    file, name, image: typeof service['image'] === 'string' ? fill(service['image']) ?? '' : '', built: 'build' in service,
    environment: { ...fromEnvFiles(files, folder, service['env_file']), ...environmentOf(service['environment'], fill) },
    ports: Array.isArray(service['ports']) ? service['ports'].flatMap((each) => portOf(each, fill)) : [],
    dependsOn: Array.isArray(depends) ? depends.map(String) : isTable(depends) ? Object.keys(depends) : [],
    command: [service['entrypoint'], service['command']].map(commandOf).filter((text) => text !== '').join('\n'),
    initialisedBy: Array.isArray(service['volumes']) ? initMounts(service['volumes'], folder, fill) : [],
  };
}

/** `bash -c "a && b"` and `["bash", "-c", "a && b"]` alike. Variables stay: the shell fills them in. */
function commandOf(value: unknown): string {
  if (Array.isArray(value)) return listText(value.map(String));
  return typeof value === 'string' ? value.replaceAll('$$', '$') : '';
}

function environmentOf(value: unknown, fill: (value: unknown) => string | null): Record<string, string | null> {
  if (isTable(value)) return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fill(each)]));
  if (!Array.isArray(value)) return {};
  return Object.fromEntries(value.map(String).map((line) => {
    const cut = line.indexOf('=');
    return cut === -1 ? [line, fill(`\${${line}}`)] : [line.slice(0, cut), fill(line.slice(cut + 1))];
  }));
}

function fromEnvFiles(files: Files, folder: string, value: unknown): Record<string, string> {
  const paths = (Array.isArray(value) ? value : [value]).map((each: unknown) => String(isTable(each) ? each['path'] : each).replace(/^\.\//, ''));
  return Object.assign({}, ...paths.map((path) => Object.fromEntries(dotenvOf(files.get(path) ?? files.get(folder + path) ?? { text: '' }))));
}

/** "./db/init.sql:/docker-entrypoint-initdb.d/init.sql:ro" · {type: bind, source: ./db, target: /docker-entrypoint-initdb.d} */
function initMounts(volumes: readonly unknown[], folder: string, fill: (value: unknown) => string | null): readonly string[] {
  const pairs = volumes.map((each) => (isTable(each) ? [String(each['source']), String(each['target'])] : (fill(each) ?? '').split(':')));
  return pairs.filter(([, target]) => target?.startsWith('/docker-entrypoint-initdb.d') === true).toSorted(([, a = ''], [, b = '']) => (a < b ? -1 : 1))
    .flatMap(([source = '']) => (source === '' ? [] : [normalize(folder + source).replace(/\/$/, '')]));
}

/** "5432:5432" · "127.0.0.1:5433:5432" · {target: 5432, published: 5433} */
function portOf(value: unknown, fill: (value: unknown) => string | null): { host: number; container: number }[] {
  const parts = isTable(value) ? [String(value['published']), String(value['target'])] : (fill(value) ?? '').replace(/\/\w+$/, '').split(':').slice(-2);
  const [host, container] = parts.map(Number);
  return host !== undefined && container !== undefined && host > 0 && container > 0 ? [{ host, container }] : [];
}

/** ${NAME} · ${NAME:-default} · ${NAME-default} · ${NAME:?error} · $NAME; null when a needed one has no value. */
function interpolated(text: string, variables: ReadonlyMap<string, string>): string | null {
  let whole = true;
  const result = text.replace(/\$\$|\$\{(?<name>\w+)(?:(?<operator>:?[-?+])(?<word>[^}]*))?\}|\$(?<bare>\w+)/g, (match, ...rest: unknown[]) => {
    if (match === '$$') return '$';
    const groups = rest.at(-1);
    if (!isTable(groups)) return match;
    const value = variables.get(String(groups['name'] ?? groups['bare']));
    const operator = typeof groups['operator'] === 'string' ? groups['operator'] : '';
    if (value !== undefined && (value !== '' || !operator.startsWith(':'))) return value;
    if (operator.endsWith('-')) return String(groups['word'] ?? '');
    whole = false;
    return '';
  });
  return whole ? result : null;
}

/** The Postgres service, if there is exactly one whose user, password and database are all known; as its neighbours see it. */
export function composePostgres(files: Files): { readonly service: ComposeService; readonly identity: DatabaseIdentity } | undefined {
  const all = composeServices(files).filter((each) => /(^|\/)(postgres|postgis|pgvector|timescaledb|supabase\/postgres|bitnami\/postgresql)\b/.test(each.image));
  const [service] = all;
  if (!service || all.length > 1) return undefined;
  const read = (...names: readonly string[]): string | null | undefined => names.map((name) => service.environment[name]).find((value) => value !== undefined);
  const user = read('POSTGRES_USER', 'POSTGRESQL_USERNAME') ?? (read('POSTGRES_USER') === null ? null : 'postgres');
  const trusted = service.environment['POSTGRES_HOST_AUTH_METHOD'] === 'trust';
  const password = read('POSTGRES_PASSWORD', 'POSTGRESQL_PASSWORD') ?? (trusted ? '' : null);
  const database = read('POSTGRES_DB', 'POSTGRESQL_DATABASE') ?? (read('POSTGRES_DB') === null ? null : user);
  if (user === null || password === null || database === null) return undefined;
  return { service, identity: { host: service.name, port: 5432, user, password, database } };
}

/** The server that the compose file states (R22): under its service name. Undefined when a part of it is left to the reader, or to scripts that fill it. */
export function statedDatabase(files: Files): DatabaseIdentity | undefined {
  const found = composePostgres(files);
  return (found?.service.initialisedBy.length ?? 0) > 0 ? undefined : found?.identity;
}

/** Where the stated server answers: its service name inside the project, the published ports on this machine. */
export function statedAddresses(files: Files): readonly { readonly host: string; readonly port: number }[] {
  const found = composePostgres(files);
  if (!found) return [];
  const published = found.service.ports.filter((each) => each.container === 5432).flatMap((each) => [{ host: 'localhost', port: each.host }, { host: '127.0.0.1', port: each.host }]);
  return [{ host: found.service.name, port: 5432 }, ...published];
}
