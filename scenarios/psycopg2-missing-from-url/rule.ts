import type { PackageIndex, Source } from '../../source/types.ts';
import { addDistribution, manifestOf } from '../mechanisms/distributions.ts';
import { declaredDriver, defaultPostgresDriver, driverNamed, isAsyncTree, readScheme, schemeEdits, settingsUrls } from '../mechanisms/drivers.ts';
import type { Driver } from '../mechanisms/drivers.ts';
import { passesThrough } from '../mechanisms/faults.ts';
import { missingModules } from '../mechanisms/modules.ts';
import { topLevel } from '../mechanisms/names.ts';
import { loadedImports } from '../mechanisms/reach.ts';
import { toAsyncDriver, urlPlace } from '../mechanisms/url-fixes.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'psycopg2-missing-from-url';

export const rule: Rule = {
  kind,
  stage: 'connect',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: "The database URL names no driver, and SQLAlchemy's default one is not installed.",
  refines: ['third-party-module-not-found', 'import-name-differs'],
  detect: (evidence, source, index) =>
    missingModules(evidence).flatMap(({ module, seen }) => {
      const driver = ['psycopg', 'psycopg2'].includes(module) ? driverNamed(module) : undefined;
      return driver !== undefined && passesThrough(seen.exception, 'sqlalchemy/dialects/') ? [{ ...findingFor(driver, source, index), explains: [seen.at] }] : [];
    }),
  scan: (source, index) => {
    const driver = driverNamed(defaultPostgresDriver(index));
    const unnamed = settingsUrls(source, 'postgresql').some((url) => url.where !== 'example' && readScheme(url.scheme).driver === undefined);
    const usesSqlalchemy = loadedImports(source).some(({ module }) => ['sqlalchemy', 'sqlmodel'].includes(topLevel(module)));
    const installed = driver === undefined || declaredDriver(source, driver.name) !== undefined || index.distributions.some(({ modules }) => modules.includes(driver.name));
    return driver === undefined || !unnamed || !usesSqlalchemy || installed ? [] : [findingFor(driver, source, index)];
  },
};

function findingFor(driver: Driver, source: Source, index: PackageIndex): Finding {
  const isAsync = isAsyncTree(source);
  return {
    kind, stage: 'connect', severity: 'CRITICAL', category: 'DATABASE', ...urlPlace(source, 'postgresql'), facts: { driver: driver.name },
    what: `The database URL names no driver, so SQLAlchemy wants ${driver.name}, which is not installed.`,
    why: isAsync
      ? 'The code awaits its database, but a URL that starts with postgresql:// selects the default driver instead of one that was installed for asyncio.'
      : `postgresql:// means psycopg2 up to SQLAlchemy 2.0 and psycopg 3 from 2.1 on; ${manifestOf(source)} does not install ${driver.name}.`,
    todo: isAsync ? 'Write the URL as postgresql+asyncpg:// wherever the server reads it from.' : `Install ${driver.distribution}, or name an installed driver in the URL.`,
    candidates: isAsync ? [...toAsyncDriver(source, 'postgresql'), ...install(driver, source, index, 'likely')] : forSync(driver, source, index),
  };
}

/** A sync tree keeps the driver it declares: name it in the URL. Where it declares none, install the one that is wanted. */
function forSync(driver: Driver, source: Source, index: PackageIndex): readonly Fix[] {
  const urls = settingsUrls(source, 'postgresql');
  const own = ['psycopg2', 'psycopg', 'pg8000'].filter((name) => name !== driver.name && declaredDriver(source, name) !== undefined).flatMap((name) => driverNamed(name) ?? []);
  const named = own.flatMap((other) => fixOf({
    title: `Select ${other.name} in the database URL`, safety: 'safe', edits: schemeEdits(urls, other),
    explanation: `${manifestOf(source)} installs ${other.distribution}; the URL now names it instead of relying on SQLAlchemy's default.`,
  }));
  return [...named, ...install(driver, source, index, 'safe')];
}

function install(driver: Driver, source: Source, index: PackageIndex, safety: Fix['safety']): readonly Fix[] {
  return fixOf({
    title: `Add ${driver.distribution} to ${manifestOf(source)}`, safety, edits: addDistribution(source, index, driver.distribution, driver.extras),
    explanation: `${driver.distribution} is the package of ${driver.name}, the driver that SQLAlchemy takes for a URL without one.`,
  });
}
