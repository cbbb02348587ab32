/** Leading database URLs to a driver that fits the code: the fixes that several kinds share. */
import type { PackageIndex, Source } from '../../source/types.ts';
import type { Finding, Fix } from '../types.ts';
import { addDistribution, replaceDistribution } from './distributions.ts';
import { asyncDrivers, declaredDriver, driverNamed, neededElsewhere, schemeEdits, settingsUrls } from './drivers.ts';
import type { Driver } from './drivers.ts';
import { engineCalls } from './engines.ts';
import { replaceSpan } from '../../source/splice.ts';
import { fixOf, list } from './words.ts';

/** Where the finding about a URL stands: the first file that states it. */
export function urlPlace(source: Source, dialect: string): Pick<Finding, 'file' | 'line'> {
  const [url] = settingsUrls(source, dialect);
  return url === undefined ? { file: source.install.manifest === '' ? '.env' : source.install.manifest } : { file: url.file, line: url.line };
}

/**
 * One candidate per async driver that the tree declares, or the preferred one when it declares none; its package is then the next fault,
 * with a fix of its own. Empty when no file of the tree states the URL.
 */
export function toAsyncDriver(source: Source, dialect: string): readonly Fix[] {
  const urls = settingsUrls(source, dialect);
  const files = list([...new Set(urls.map((url) => url.file))]);
  return worthwhile(source, dialect).flatMap((driver) => fixOf({
    title: `Select ${driver.name} in the database URL`, safety: 'safe', edits: schemeEdits(urls, driver),
    explanation: `${driver.dialect}+${driver.name}:// tells SQLAlchemy to use ${driver.name}, which can be awaited. Host, user, password and database stay as they are (${files}).`,
  }));
}

function worthwhile(source: Source, dialect: string): readonly Driver[] {
  const all = asyncDrivers(source, dialect);
  const declared = all.filter((driver) => declaredDriver(source, driver.name) !== undefined);
  return declared.length > 0 ? declared : all.slice(0, 1);
}

/** The URL and the driver's package in one, for a fix that would fail at once without either. */
export function toAsyncDriverInstalled(source: Source, index: PackageIndex, dialect: string): readonly Fix[] {
  const [driver] = worthwhile(source, dialect);
  const edits = driver === undefined || declaredDriver(source, driver.name) !== undefined ? [] : driverEdits(source, index, driver);
  const [url] = toAsyncDriver(source, dialect);
  if (driver === undefined || url === undefined || edits.length === 0) return [];
  return [{ ...url, title: `${url.title} and install ${driver.distribution}`, edits: [...url.edits, ...edits], explanation: `${url.explanation} ${driver.distribution} brings the driver.` }];
}

/** Puts the driver in the place of one nobody else needs, else beside the others. */
export function driverEdits(source: Source, index: PackageIndex, driver: Driver): Fix['edits'] {
  const old = replaceable(source, index, driver);
  return old === undefined ? addDistribution(source, index, driver.distribution, driver.extras) : replaceDistribution(source, index, old, driver.distribution, driver.extras);
}

/** The declared distribution of another driver of the same dialect that no import and no other URL asks for. */
export function replaceable(source: Source, index: PackageIndex, driver: Driver): string | undefined {
  const urls = settingsUrls(source, driver.dialect);
  const others = ['psycopg2', 'psycopg', 'pg8000', 'pymysql', 'MySQLdb'].filter((name) => name !== driver.name && driverNamed(name)?.dialect === driver.dialect);
  return others.filter((name) => !neededElsewhere(source, name, index, urls)).map((name) => declaredDriver(source, name)).find((name) => name !== undefined);
}

/** `create_engine(DATABASE_URL)` → `create_engine(DATABASE_URL.replace("postgres://", "postgresql://", 1))`, for addresses that stand in no file of the tree. */
export function rewriteAtCalls(source: Source, scheme: string, to: string): Fix['edits'] {
  return engineCalls(source).flatMap((call) => {
    const file = source.files.get(call.file);
    const argument = call.arguments.find(({ name, splat }) => !splat && (name === undefined || name === 'url'));
    if (file === undefined || argument === undefined || !/^[\w.]+$/.test(argument.value)) return [];
    return replaceSpan(file, argument.valueSpan, `${argument.value}.replace("${scheme}://", "${to}://", 1)`);
  });
}
