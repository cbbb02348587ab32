import type { Source } from '../../source/types.ts';
import { asyncDrivers, declaredDriver, driversOf, isAsyncTree, readScheme, schemeEdits, settingsUrls } from '../mechanisms/drivers.ts';
import { asyncEngineCalls } from '../mechanisms/engines.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { lookAlikes } from '../mechanisms/names.ts';
import { rewriteAtCalls } from '../mechanisms/url-fixes.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'sqlalchemy-dialect-plugin';

/** `Can't load plugin: sqlalchemy.dialects:postgres` */
const NO_PLUGIN = /Can't load plugin: sqlalchemy\.dialects:(?<dialect>\w+)(?:\.(?<driver>\w+))?/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The scheme of the database URL names a dialect or driver that SQLAlchemy does not have.',
  detect: (evidence, source) => raised(evidence, ['NoSuchModuleError'], NO_PLUGIN).map((seen): Finding => {
    const { dialect = '', driver } = seen.match?.groups ?? {};
    const scheme = driver === undefined ? dialect : `${dialect}+${driver}`;
    const [url] = urlsOf(source, scheme);
    const own = ownFrameOf(seen);
    const old = dialect === 'postgres';
    return {
      kind, stage: 'import', severity: 'CRITICAL', category: 'DATABASE', file: url?.file ?? own?.file ?? '.env', line: url?.line ?? own?.line ?? 1, facts: { scheme },
      what: `The database URL begins with ${scheme}://, and SQLAlchemy has no such dialect.`,
      why: old
        ? 'Hosting services still write postgres://. SQLAlchemy dropped that spelling in 1.4; it reads postgresql://, with the driver behind a plus sign.'
        : `Nothing that is installed registers a dialect ${scheme}: the name is misspelt, or the package that brings it is missing.`,
      todo: old ? 'Begin the URL with postgresql://.' : 'Correct the scheme of the URL, or install the package that brings the dialect.',
      candidates: candidates(source, scheme), explains: [seen.at],
    };
  }),
};

function urlsOf(source: Source, scheme: string): ReturnType<typeof settingsUrls> {
  return settingsUrls(source, readScheme(scheme).dialect).filter((url) => url.scheme.toLowerCase() === scheme.toLowerCase());
}

/** The driver that was meant: the one named, else the nearest name, else the one that the engines and the manifest ask for. */
function candidates(source: Source, scheme: string): readonly Fix[] {
  const { dialect, driver } = readScheme(scheme);
  const known = driversOf(dialect);
  if (known.length === 0) return [];
  const meant = driver === undefined ? [] : [driver, ...lookAlikes(driver, known.map(({ name }) => name))].flatMap((name) => known.find((each) => each.name === name) ?? []);
  const fitting = meant.length > 0 ? meant : wanted(source, dialect);
  const urls = urlsOf(source, scheme);
  const schemes = fitting.length > 0 ? fitting.map((each) => `${dialect}+${each.name}`) : [dialect];
  return schemes.flatMap((to) => {
    const named = fitting.find((each) => `${dialect}+${each.name}` === to);
    const inSettings = named === undefined ? urls.map((url) => ({ file: url.file, old: `${url.scheme}://`, new: `${to}://`, at: url.start })) : schemeEdits(urls, named);
    const files = list([...new Set(inSettings.map(({ file }) => file))]);
    return [
      ...fixOf({
        title: `Begin the database URL with ${to}://`, safety: 'safe', edits: inSettings,
        explanation: `SQLAlchemy reads ${to}://. Host, user, password and database stay as they are (${files}).`,
      }),
      ...(inSettings.length > 0 ? [] : fixOf({
        title: `Write ${to}:// where the engine is built`, safety: 'likely', edits: rewriteAtCalls(source, scheme, to),
        explanation: `The address comes from outside of the tree with ${scheme}://; the engine is now given ${to}://.`,
      })),
    ];
  });
}

/** What the tree declares, async ones first where the engine is; nothing when it declares none, for SQLAlchemy's default may do. */
function wanted(source: Source, dialect: string): ReturnType<typeof driversOf> {
  if (asyncEngineCalls(source).length > 0 || isAsyncTree(source)) return asyncDrivers(source, dialect).slice(0, 1);
  return driversOf(dialect).filter(({ name }) => declaredDriver(source, name) !== undefined).slice(0, 1);
}
