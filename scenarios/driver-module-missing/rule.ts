import type { PackageIndex, Source } from '../../source/types.ts';
import { addDistribution, declared, manifestOf, replaceDistribution } from '../mechanisms/distributions.ts';
import { asyncDrivers, declaredDriver, driverNamed, isAsyncTree, readScheme, settingsUrls } from '../mechanisms/drivers.ts';
import type { Driver } from '../mechanisms/drivers.ts';
import { isServerCode } from '../mechanisms/engines.ts';
import { passesThrough } from '../mechanisms/faults.ts';
import { missingModules } from '../mechanisms/modules.ts';
import { topLevel } from '../mechanisms/names.ts';
import { replaceable } from '../mechanisms/url-fixes.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'driver-module-missing';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'The database URL names a driver that the manifest does not install.',
  refines: ['third-party-module-not-found', 'import-name-differs', 'psycopg2-missing-from-url'],
  detect: (evidence, source, index) =>
    missingModules(evidence).flatMap(({ module, seen }) => {
      const driver = driverNamed(topLevel(module));
      const asked = driver !== undefined && passesThrough(seen.exception, 'sqlalchemy/dialects/') && isNamed(driver, source);
      return driver !== undefined && asked ? [{ ...findingFor(driver, source, index), explains: [seen.at] }] : [];
    }),
  scan: (source, index) => (isAsyncTree(source) ? usedDialects(source) : []).flatMap((dialect) => {
    const drivers = asyncDrivers(source, dialect);
    const [wanted] = drivers;
    return wanted === undefined || drivers.some((driver) => declaredDriver(source, driver.name) !== undefined) ? [] : [findingFor(wanted, source, index)];
  }),
};

/** The dialect that `.env` names, else the only one of the code: settings that offer several leave the choice to whoever starts the server. */
function usedDialects(source: Source): readonly string[] {
  const urls = ['postgresql', 'sqlite', 'mysql'].flatMap((dialect) => settingsUrls(source, dialect).filter(({ where }) => where !== 'example').map(({ where }) => ({ dialect, where })));
  const named = urls.filter(({ where }) => where === 'dotenv');
  const found = new Set((named.length > 0 ? named : urls).map(({ dialect }) => dialect));
  return found.size === 1 && (named.length > 0 || [...found].every((dialect) => isOnlyScheme(dialect, source))) ? [...found] : [];
}

/** Code that puts its URLs together holds the schemes of all of them: `"mysql+aiomysql://"`. */
function isOnlyScheme(dialect: string, source: Source): boolean {
  return [...source.files.values()].filter(({ path }) => isServerCode(path)).every(({ text }) =>
    [...text.matchAll(/["'](?<scheme>postgres(?:ql)?|mysql|mariadb|sqlite)(?:\+\w+)?:\/\//g)].every(({ groups }) => readScheme(groups?.['scheme'] ?? '').dialect === dialect));
}

/** The driver stands in a URL, or is one that is never chosen without being named. */
function isNamed(driver: Driver, source: Source): boolean {
  const never = driver.name !== 'psycopg' && driver.name !== 'psycopg2' && driver.name !== 'MySQLdb';
  return never || settingsUrls(source, driver.dialect).some((url) => readScheme(url.scheme).driver === driver.name);
}

function findingFor(driver: Driver, source: Source, index: PackageIndex): Finding {
  const manifest = manifestOf(source);
  const old = replaceable(source, index, driver);
  const line = old === undefined ? undefined : declared(source, old)?.line;
  return {
    kind, stage: 'install', severity: 'CRITICAL', category: 'DEPENDENCY', file: manifest, ...(line === undefined ? {} : { line }), facts: { driver: driver.name },
    what: `The code needs the database driver ${driver.name}, and ${manifest} does not install it.`,
    why: old === undefined
      ? `SQLAlchemy loads the driver that the URL names when the engine is created; it brings none of its own.`
      : `${manifest} installs ${old}, a driver that the code does not use: SQLAlchemy loads the one that the URL names, ${driver.name}.`,
    todo: `Add ${driver.distribution}${driver.extras} to ${manifest}, or select an installed driver in the URL.`,
    candidates: candidates(driver, old, source, index),
  };
}

function candidates(driver: Driver, old: string | undefined, source: Source, index: PackageIndex): readonly Fix[] {
  const manifest = manifestOf(source);
  const add = fixOf({
    title: `Add ${driver.distribution} to ${manifest}`, safety: 'safe', edits: addDistribution(source, index, driver.distribution, driver.extras),
    explanation: `${driver.distribution} is the package of the driver ${driver.name}, which the database URL selects.`,
  });
  if (old === undefined) return add;
  const replace = fixOf({
    title: `Replace ${old} by ${driver.distribution} in ${manifest}`, safety: 'safe', edits: replaceDistribution(source, index, old, driver.distribution, driver.extras),
    explanation: `${driver.distribution} is the package of the driver that the database URL selects. No import and no other URL of the tree needs ${old}.`,
  });
  return [...replace, ...add];
}
