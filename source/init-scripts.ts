/** What the compose file lays into its Postgres to be run when the server is new: SQL, and the SQL that shell scripts hand to psql. */
import { composePostgres } from './compose.ts';
import type { InitScript, Source } from './types.ts';

export interface InitScripts {
  /** In the order in which the image runs them. */
  readonly scripts: readonly InitScript[];
  /** Paths of those that do more than hand SQL to psql. */
  readonly left: readonly string[];
}

/** Empty where the tree has no such file, or several Postgres services. */
export function initScripts(source: Source): InitScripts {
  const files = new Map([...(source.outside ?? []), ...source.files]);
  const found = composePostgres(files);
  if (found === undefined) return { scripts: [], left: [] };
  const { service, identity: { user, password, database } } = found;
  const values = { ...service.environment, POSTGRES_USER: user, POSTGRES_DB: database };
  const paths = service.initialisedBy.flatMap((path) => (files.has(path) ? [path] : [...files.keys()].filter((each) => each.startsWith(`${path}/`) && !each.slice(path.length + 1).includes('/')).toSorted()));
  const read = paths.filter((path) => /\.(?:sql|sh)$/.test(path)).map((path) => ({ path, sql: sqlOf(path, files.get(path)?.text ?? '', values) }));
  return {
    scripts: read.flatMap(({ path, sql }) => (sql === undefined ? [] : [{ path, sql, user, password, database }])),
    left: read.flatMap(({ path, sql }) => (sql === undefined ? [path] : [])),
  };
}

/** Names behind CREATE DATABASE, as the server will know them. */
export function databasesMade(sql: string): readonly string[] {
  const code = sql.replace(/--[^\n]*/g, '');
  return [...new Set([...code.matchAll(/\bCREATE\s+DATABASE\s+(?:"(?<quoted>[^"\n]{1,63})"|(?<bare>[a-z_]\w{0,62}))/gi)].map(({ groups }) => groups?.['quoted'] ?? (groups?.['bare'] ?? '').toLowerCase()))];
}

/** psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" <<-EOSQL … EOSQL */
const HANDED = /^[ \t]*psql\b(?<options>(?:[^\n]*\\\n)*[^\n]*?)<<-?[ \t]*(?<quote>['"]?)(?<word>\w+)\k<quote>[^\n]*\n(?<sql>[\s\S]*?)^[ \t]*\k<word>[ \t]*$/gm;
/** What a script may hold besides: nothing that decides, repeats or defines. */
const HARMLESS = /^[ \t]*(?:#.*|set [-+\w ]+|echo\b.*|export \w+=\S*)?$/;

function sqlOf(path: string, text: string, values: Readonly<Record<string, string | null>>): string | undefined {
  if (path.endsWith('.sql')) return text;
  const unix = text.replaceAll('\r\n', '\n');
  if (!unix.replace(HANDED, '').split('\n').every((line) => HARMLESS.test(line))) return undefined;
  const parts = [...unix.matchAll(HANDED)].map(({ groups }) => {
    const { options = '', quote = '', sql = '' } = groups ?? {};
    const named = /(?:--dbname|-d)[= ]+(?<name>"[^"]+"|'[^']+'|\S+)/.exec(options)?.groups?.['name']?.replace(/^["']|["']$/g, '');
    const database = filled(named ?? '$POSTGRES_DB', values);
    const code = quote === '' ? filled(sql, values) : sql;
    return database === undefined || code === undefined ? undefined : `\\connect "${database}"\n${code}`;
  });
  return parts.length === 0 || parts.includes(undefined) ? undefined : parts.join('\n');
}

/** As the shell fills in a here-document; undefined where a variable has no value, or a command would have to run. */
function filled(text: string, values: Readonly<Record<string, string | null>>): string | undefined {
  if (/(?<!\\)(?:`|\$\()/.test(text)) return undefined;
  let whole = true;
  const result = text.replace(/\\(?<kept>[$`\\])|\$(?:\{(?<braced>\w+)\}|(?<bare>[A-Za-z_]\w*))/g, (...found: unknown[]) => {
    const { kept, braced, bare } = found.at(-1) as Readonly<Record<string, string | undefined>>;
    if (kept !== undefined) return kept;
    const value = values[braced ?? bare ?? ''];
    if (typeof value !== 'string') whole = false;
    return value ?? '';
  });
  return whole ? result : undefined;
}
