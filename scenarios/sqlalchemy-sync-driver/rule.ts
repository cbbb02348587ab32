import { declaredDriver, driverNamed, readScheme, selects, settingsUrls } from '../mechanisms/drivers.ts';
import { asyncEngineCalls, isServerCode, promisesAsyncEngine, syncEngineCalls } from '../mechanisms/engines.ts';
import { raised } from '../mechanisms/faults.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import { toAsyncDriver, urlPlace } from '../mechanisms/url-fixes.ts';
import { databaseUrls } from '../../source/database.ts';
import type { DatabaseUrl } from '../../source/database.ts';
import type { Source } from '../../source/types.ts';
import { variableBehind } from '../mechanisms/variables.ts';
import type { Call } from '../../source/python.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'sqlalchemy-sync-driver';

/** `The asyncio extension requires an async driver to be used. The loaded 'psycopg2' is not async.` */
const NOT_ASYNC = /requires an async driver to be used\. The loaded '(?<driver>[^']+)' is not async/;

export const rule: Rule = {
  kind,
  stage: 'connect',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'An async engine is created with a URL that selects a sync driver.',
  detect: (evidence, source) =>
    raised(evidence, ['InvalidRequestError'], NOT_ASYNC).map(({ at, match }) => ({ ...findingFor(match?.groups?.['driver'] ?? '', source), explains: [at] })),
  scan: (source, index) => {
    const loaded = loadedFiles(source);
    const engines = [...asyncEngineCalls(source), ...syncEngineCalls(source).filter((call) => promisesAsyncEngine(source, call))].filter(({ file }) => loaded.has(file));
    const drivers = effectiveUrls(source).filter((url) => engines.some((engine) => mayBeOf(engine, url, source))).map((url) => selects(url, index));
    if (drivers.some((driver) => driver !== undefined && driverNamed(driver)?.async === true) || makesAsync(source)) return [];
    return [...new Set(drivers)].filter((driver) => driver !== undefined && driverNamed(driver)?.async === false && declaredDriver(source, driver) !== undefined).map((driver) => findingFor(driver ?? '', source));
  },
};

/** What `.env` sets stands in for the default of the same name in the code. */
function effectiveUrls(source: Source): readonly DatabaseUrl[] {
  const urls = ['postgresql', 'mysql'].flatMap((dialect) => settingsUrls(source, dialect)).filter((url) => url.where !== 'example');
  const set = new Set(urls.filter(({ where }) => where === 'dotenv').map(({ variable }) => variable?.toUpperCase()));
  return urls.filter(({ where, variable }) => where === 'dotenv' || variable === undefined || !set.has(variable.toUpperCase()));
}

/** What an engine's own file reads from the environment is set there, or is its default in that file; a setting of the same name elsewhere is another value. */
function mayBeOf({ file: path, arguments: given }: Call, url: DatabaseUrl, source: Source): boolean {
  const file = source.files.get(path);
  const argument = given.find(({ name, splat }) => !splat && (name === undefined || name === 'url'));
  const variable = file === undefined || argument === undefined ? undefined : variableBehind(source, file, argument.value);
  const reads = source.variables.some(({ file: reader, name, reader: how }) => reader === path && name === variable && how !== 'pydantic-settings');
  return !reads || (url.variable === variable && (url.where !== 'code' || url.file === path));
}

/** Code that writes an async driver into a URL itself: `url.replace("postgresql://", "postgresql+asyncpg://")`, `URL.create("postgresql+asyncpg")`. */
function makesAsync(source: Source): boolean {
  const known = databaseUrls(source);
  return [...source.files.values()].filter(({ path }) => isServerCode(path)).some(({ path, text }) => [...text.matchAll(/\+(?<driver>\w+)/g)]
    .some((match) => driverNamed(match.groups?.['driver'] ?? '')?.async === true && !known.some(({ file, start, end }) => file === path && start <= match.index && match.index < end)));
}

function findingFor(driver: string, source: Source): Finding {
  const dialect = dialectOf(driver, source);
  return {
    kind, stage: 'connect', severity: 'CRITICAL', category: 'DATABASE', ...urlPlace(source, dialect), facts: { driver },
    what: `The database URL selects ${driver}, and an async engine is created with it.`,
    why: `${driver} cannot be awaited. A URL without a driver (${dialect}://) selects SQLAlchemy's default one, which is sync.`,
    todo: `Name an async driver in the database URL wherever the server reads it from, such as ${dialect === 'sqlite' ? 'sqlite+aiosqlite://' : 'postgresql+asyncpg://'}, and install it.`,
    candidates: toAsyncDriver(source, dialect),
  };
}

/** `pysqlite` is how SQLAlchemy calls the standard library's driver. */
function dialectOf(driver: string, source: Source): string {
  const known = driverNamed(driver)?.dialect;
  if (known !== undefined) return known;
  if (driver.includes('sqlite')) return 'sqlite';
  return ['postgresql', 'mysql'].find((dialect) => settingsUrls(source, dialect).some((url) => readScheme(url.scheme).driver === driver)) ?? 'postgresql';
}
