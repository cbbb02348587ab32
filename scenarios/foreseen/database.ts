/** What SQLAlchemy and the drivers would refuse: URLs, engine arguments, tables made on an async engine, SQL as plain strings. */
import type { DatabaseUrl } from '../../source/database.ts';
import { dotenvEntries } from '../../source/dotenv.ts';
import { callsOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import { staticText } from '../../source/static-values.ts';
import { stringValue } from '../../source/syntax.ts';
import type { PackageIndex, Source, SourceFile } from '../../source/types.ts';
import { NOT_OF_ASYNCPG, familyOf, takes } from '../mechanisms/connect-arguments.ts';
import { driverNamed, readScheme, settingsUrls } from '../mechanisms/drivers.ts';
import { asyncEngineCalls, serverCalls, syncEngineCalls } from '../mechanisms/engines.ts';
import { parametersOf } from '../mechanisms/offers.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import { unescapedPasswords } from '../mechanisms/url-text.ts';
import { environmentFile, variableBehind } from '../mechanisms/variables.ts';
import { exceptionFault, packageFrame, treeFrame, versionOf } from './fault.ts';
import type { ForeseenFault, Foresight, Raised } from './fault.ts';

export const foreseeDatabase: Foresight = (source, index) => {
  const engines = [...asyncEngineCalls(source), ...syncEngineCalls(source)].filter(({ file }) => loadedFiles(source).has(file));
  if (engines.length === 0) return driverUrls(source);
  const modern = (versionOf(index, 'sqlalchemy')?.[0] ?? 0) >= 2;
  return [
    ...badValues(source, engines), ...badUrls(source, engines), ...badPools(source, engines), ...badArguments(source, engines, index), ...badConnects(source, engines), ...driverUrls(source), ...tablesOnAsync(source), ...(modern ? plainSql(source) : []),
  ];
};

const ENGINE = packageFrame('sqlalchemy/engine/url.py', '_parse_url');
const DIALECT = packageFrame('sqlalchemy/dialects/postgresql/asyncpg.py', 'connect');

function at(call: Call, source: Source, raised: Pick<Raised, 'type' | 'message'>, stage: ForeseenFault['stage'], inner?: Raised['frames'][number]): ForeseenFault {
  return { stage, fault: exceptionFault({ ...raised, frames: [treeFrame(source, call.file, call.line, call.scope === '' ? '<module>' : call.scope), ...(inner === undefined ? [] : [inner])] }) };
}

const UNREADABLE = { type: 'sqlalchemy.exc.ArgumentError', message: 'Could not parse SQLAlchemy URL from given URL string' } as const;

/** The variable that an engine is built from: nothing sets it, or what it holds is no URL. */
function badValues(source: Source, engines: readonly Call[]): readonly ForeseenFault[] {
  if (!source.environmentClaimed) return [];
  const file = environmentFile(source);
  return engines.flatMap((call): readonly ForeseenFault[] => {
    const own = source.files.get(call.file);
    const url = call.arguments.find(({ name, splat }) => !splat && (name === undefined || name === 'url'));
    const variable = (own === undefined || url === undefined ? undefined : variableBehind(source, own, url.value)) ?? onlyAddress(source);
    if (variable === undefined) return [];
    const value = source.run.env[variable] ?? dotenvEntries(file.text).findLast(({ name }) => name.toLowerCase() === variable.toLowerCase())?.value;
    if (value === undefined || value === null) {
      const reads = source.variables.filter(({ name }) => name === variable);
      const none = reads.length > 0 && reads.every(({ reader, default: fallback, required }) => fallback === null && (reader === 'getenv' || (reader === 'environ' && !required)));
      return none ? [at(call, source, { type: 'sqlalchemy.exc.ArgumentError', message: 'Expected string or URL object, got None' }, 'config')] : [];
    }
    return /^\w[\w+]*:\/\//.test(value) || value.includes('$') ? [] : [at(call, source, UNREADABLE, 'import', ENGINE)];
  });
}

/** A function builds the engine from what it is given: the only variable that is named like an address decides. */
function onlyAddress(source: Source): string | undefined {
  const named = new Set(source.variables.map(({ name }) => name.toUpperCase()).filter((name) => /(?:DATABASE|DB|POSTGRES|SQLALCHEMY)\w*(?:UR[LI]|DSN)$/.test(name)));
  return named.size === 1 ? [...named][0] : undefined;
}

/** URLs of the server's own settings that the dialect or the driver cannot read. */
function badUrls(source: Source, engines: readonly Call[]): readonly ForeseenFault[] {
  const [call] = engines;
  if (call === undefined) return [];
  const code = [...source.files.values()].filter(({ path }) => path.endsWith('.py')).map(({ text }) => text).join('\n');
  const found: ForeseenFault[] = [];
  // What the code itself rewrites or takes apart does not reach the engine as it is written.
  const untouched = !/urlsplit|urlparse|make_url|\.replace\(/.test(code);
  if (untouched && unescapedPasswords(source, 'postgresql').some(({ url, edits }) => url.where === 'dotenv' && edits.some(({ old }) => /[@/#?]/.test(old)))) found.push(at(call, source, UNREADABLE, 'connect', ENGINE));
  for (const url of ['postgresql', 'mysql', 'sqlite'].flatMap((dialect) => settingsUrls(source, dialect)).filter(({ where, template }) => (where === 'dotenv' || where === 'code') && !template)) {
    const plugin = missingPlugin(url);
    if (plugin !== undefined && untouched) found.push(at(call, source, { type: 'sqlalchemy.exc.NoSuchModuleError', message: `Can't load plugin: sqlalchemy.dialects:${plugin}` }, 'import', ENGINE));
    for (const option of url.scheme.endsWith('+asyncpg') && !/sslmode/.test(code) ? libpqOptions(url.url) : []) {
      found.push(at(call, source, { type: 'TypeError', message: `connect() got an unexpected keyword argument '${option}'` }, 'connect', DIALECT));
    }
  }
  return found;
}

/** Drivers that SQLAlchemy knows besides those that boot-check can install. */
const OTHERS = ['psycopg_async', 'psycopg2cffi', 'pysqlite', 'pysqlcipher', 'mysqldb', 'mysqlconnector', 'cymysql', 'pyodbc', 'mariadbconnector', 'asyncpgsa'];

/** `postgresql.asyncpgg`, `postgres` */
function missingPlugin({ scheme }: DatabaseUrl): string | undefined {
  const { driver } = readScheme(scheme);
  if (scheme === 'postgres' || scheme.startsWith('postgres+')) return scheme.replace('+', '.');
  return driver === undefined || driverNamed(driver) !== undefined || OTHERS.includes(driver.toLowerCase()) ? undefined : scheme.replace('+', '.');
}

/** asyncpg has no such arguments. */
function libpqOptions(url: string): readonly string[] {
  const query = url.includes('?') ? url.slice(url.indexOf('?') + 1) : '';
  return query.split('&').map((part) => part.split('=')[0] ?? '').filter((name) => ['sslmode', 'channel_binding', 'target_session_attrs', 'application_name', 'connect_timeout'].includes(name)).slice(0, 1);
}

function badPools(source: Source, engines: readonly Call[]): readonly ForeseenFault[] {
  return engines.flatMap((call): readonly ForeseenFault[] => {
    const pool = call.arguments.find(({ name }) => name === 'poolclass')?.value.split('.').at(-1);
    const sized = call.arguments.flatMap(({ name }) => (name === 'pool_size' || name === 'max_overflow' ? [name] : []));
    const isAsync = call.callee.endsWith('create_async_engine');
    if (isAsync && pool === 'QueuePool') return [at(call, source, { type: 'sqlalchemy.exc.ArgumentError', message: 'Pool class QueuePool cannot be used with asyncio engine' }, 'import', ENGINE)];
    if (pool !== 'NullPool' || sized.length === 0) return [];
    return [at(call, source, { type: 'TypeError', message: `Invalid argument(s) ${sized.map((name) => `'${name}'`).join(',')} sent to create_engine(), using configuration PGDialect_${isAsync ? 'asyncpg' : 'psycopg2'}/NullPool/Engine.` }, 'import', ENGINE)];
  });
}

/** A keyword that neither SQLAlchemy nor a dialect of it knows. */
function badArguments(source: Source, engines: readonly Call[], index: PackageIndex): readonly ForeseenFault[] {
  const known = parametersOf('create_engine', index)?.parameters;
  // What the signature alone tells is not all: pools and dialects take the rest.
  if (known?.includes('pool_pre_ping') !== true || settingsUrls(source, 'mysql').length > 0) return [];
  return engines.flatMap((call): readonly ForeseenFault[] => {
    if (!/(?:^|\.)create_(?:async_)?engine$/.test(call.callee) || call.arguments.some(({ splat }) => splat)) return [];
    const unknown = call.arguments.flatMap(({ name }) => (name === undefined || known.includes(name) ? [] : [`'${name}'`]));
    const isAsync = call.callee.endsWith('create_async_engine');
    return unknown.length === 0 ? [] : [at(call, source, { type: 'TypeError', message: `Invalid argument(s) ${unknown.join(',')} sent to create_engine(), using configuration PGDialect_${isAsync ? 'asyncpg/AsyncAdaptedQueuePool' : 'psycopg2/QueuePool'}/Engine.  Please check that the keyword arguments are appropriate for this combination of components.` }, 'import', ENGINE)];
  });
}

/** `connect_args={"sslmode": …}` for a driver that has another word for it. */
function badConnects(source: Source, engines: readonly Call[]): readonly ForeseenFault[] {
  const drivers = new Set(['postgresql', 'sqlite'].flatMap((dialect) => settingsUrls(source, dialect)).map(({ scheme }) => readScheme(scheme)).map(({ dialect, driver }) => driver ?? (dialect === 'sqlite' ? 'pysqlite' : 'psycopg2')));
  const [driver] = drivers;
  const family = drivers.size === 1 ? familyOf(driver) : undefined;
  if (family === undefined || driver === undefined) return [];
  return engines.flatMap((call): readonly ForeseenFault[] => {
    const given = call.arguments.find(({ name }) => name === 'connect_args')?.valueNode;
    const keys = given?.type === 'dictionary' ? given.namedChildren.flatMap((pair) => stringValue(pair?.childForFieldName('key') ?? null) ?? []) : [];
    const odd = keys.find((key) => takes(family, key) === false || (family !== 'libpq' && NOT_OF_ASYNCPG.includes(key)));
    if (odd === undefined) return [];
    const [type, message, path] = family === 'libpq' ? ['psycopg2.ProgrammingError', `invalid dsn: invalid connection option "${odd}"`, `${driver}/__init__.py`] : ['TypeError', `connect() got an unexpected keyword argument '${odd}'`, family === 'asyncpg' ? 'sqlalchemy/dialects/postgresql/asyncpg.py' : 'sqlalchemy/dialects/sqlite/aiosqlite.py'];
    return [at(call, source, { type, message }, 'connect', packageFrame(path, 'connect'))];
  });
}

/** `asyncpg.create_pool("postgresql+asyncpg://…")`: a URL in SQLAlchemy's way of writing. */
function driverUrls(source: Source): readonly ForeseenFault[] {
  return serverCalls(source, ['asyncpg.connect', 'asyncpg.create_pool', 'psycopg.connect', 'psycopg2.connect', 'psycopg_pool.ConnectionPool', 'psycopg_pool.AsyncConnectionPool']).filter(({ file }) => loadedFiles(source).has(file)).flatMap((call): readonly ForeseenFault[] => {
    const given = call.arguments.find(({ name, splat }) => !splat && (name === undefined || name === 'dsn' || name === 'conninfo'));
    const file = source.files.get(call.file);
    if (given === undefined || file === undefined || /replace\(|removeprefix|split\(/.test(given.value)) return [];
    const scheme = /^(?<scheme>postgres(?:ql)?\+\w+):\/\//.exec(urlBehind(source, file, given.valueNode, given.value) ?? '')?.groups?.['scheme'];
    if (scheme === undefined) return [];
    return [call.callee.startsWith('asyncpg')
      ? at(call, source, { type: 'asyncpg.exceptions._base.ClientConfigurationError', message: `invalid DSN: scheme is expected to be either "postgresql" or "postgres", got '${scheme}'` }, 'connect', packageFrame('asyncpg/connect_utils.py', '_parse_connect_dsn_and_args'))
      : at(call, source, { type: 'psycopg.ProgrammingError', message: `missing "=" after "${scheme}://" in connection info string` }, 'connect', packageFrame('psycopg/conninfo.py', '_parse_conninfo'))];
  });
}

/** The text itself, or the value of the one variable behind it: as set, else its default in the code. */
function urlBehind(source: Source, file: SourceFile, node: Call['node'], written: string): string | undefined {
  const text = staticText(source.files, file, node);
  if (text !== undefined) return text;
  const variable = variableBehind(source, file, written);
  if (variable === undefined) return undefined;
  return source.run.env[variable] ?? dotenvEntries(environmentFile(source).text).findLast(({ name }) => name === variable)?.value ?? source.variables.find(({ name }) => name === variable)?.default ?? undefined;
}

/** `Base.metadata.create_all(bind=engine)` where `engine` is made by create_async_engine. */
function tablesOnAsync(source: Source): readonly ForeseenFault[] {
  const engines = new Set(asyncEngineCalls(source).flatMap((call) => namesOf(call, source)));
  const sync = new Set(syncEngineCalls(source).flatMap(({ assignedTo }) => (assignedTo === undefined ? [] : [assignedTo])));
  return [...loadedFiles(source)].flatMap((path) => {
    const file = source.files.get(path);
    if (file === undefined || !/\.(?:create_all|drop_all)\(/.test(file.text)) return [];
    return callsOf(file).filter((call) => /\.(?:create_all|drop_all)$/.test(call.written)).flatMap((call): readonly ForeseenFault[] => {
      const engine = (call.arguments.find(({ name }) => name === 'bind') ?? call.arguments.find(({ name }) => name === undefined))?.value;
      if (engine === undefined || !engines.has(engine) || sync.has(engine)) return [];
      return [at(call, source, { type: 'AttributeError', message: "'AsyncEngine' object has no attribute '_run_ddl_visitor'" }, call.scope === '' ? 'import' : 'lifespan')];
    });
  });
}

/** What holds the result of a call, directly or through the function that returns it. */
function namesOf(call: Call, source: Source): readonly string[] {
  const plain = (name: string | undefined): readonly string[] => (name === undefined ? [] : [(name.split(':')[0] ?? '').trim()]);
  const file = source.files.get(call.file);
  const through = call.scope === '' || file === undefined ? [] : callsOf(file).filter((each) => each.written === call.scope).flatMap(({ assignedTo }) => plain(assignedTo));
  return [...plain(call.assignedTo), ...through];
}

/** `session.execute("SELECT 1")` in a file that works with SQLAlchemy and with no driver of its own. */
function plainSql(source: Source): readonly ForeseenFault[] {
  return [...loadedFiles(source)].flatMap((path) => {
    const file = source.files.get(path);
    if (file === undefined || !/\.(?:execute|scalars?|exec)\(\s*f?["']/.test(file.text) || !/\bsql(?:alchemy|model)\b|[Ss]ession/.test(file.text) || /\b(?:asyncpg|psycopg2?|aiosqlite|sqlite3|databases)\b/.test(file.text)) return [];
    return callsOf(file).filter((call) => /(?:session|db|conn|connection)\w*\.(?:execute|scalars?|exec)$/i.test(call.written) && call.arguments[0]?.valueNode.type === 'string').map((call) => {
      const text = call.arguments[0]?.value ?? '';
      return at(call, source, { type: 'sqlalchemy.exc.ArgumentError', message: `Textual SQL expression ${text} should be explicitly declared as text(${text})` }, 'lifespan');
    });
  });
}
