import type { Evidence } from '../../parsers/evidence.ts';
import type { Source } from '../../source/types.ts';
import { readScheme, settingsUrls } from '../mechanisms/drivers.ts';
import { serverCalls } from '../mechanisms/engines.ts';
import { ownFrameOf, raised, said } from '../mechanisms/faults.ts';
import { poolTimeout } from '../mechanisms/stated-database.ts';
import { fixOf } from '../mechanisms/words.ts';
import { replaceSpan } from '../../source/splice.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'driver-given-sqlalchemy-url';

/** asyncpg: `invalid DSN: scheme is expected to be either "postgresql" or "postgres", got 'postgresql+asyncpg'` */
const SCHEME = /scheme is expected to be either "postgresql" or "postgres", got ['"](?<scheme>\w+\+\w+)['"]/;
/** psycopg: `missing "=" after "postgresql+psycopg://notes:…" in connection info string` */
const INFO = /missing "=" after "(?<scheme>postgres(?:ql)?\+\w+):\/\//;

const OPENERS = ['asyncpg.connect', 'asyncpg.create_pool', 'psycopg.connect', 'psycopg.Connection.connect', 'psycopg.AsyncConnection.connect', 'psycopg2.connect', 'psycopg_pool.ConnectionPool', 'psycopg_pool.AsyncConnectionPool', 'psycopg2.pool.SimpleConnectionPool', 'psycopg2.pool.ThreadedConnectionPool'];

export const rule: Rule = {
  kind,
  stage: 'connect',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'A driver is given a URL of the form that only SQLAlchemy reads.',
  detect: (evidence, source) => refused(evidence).map(({ at, scheme, own }): Finding => {
    const [url] = settingsUrls(source, 'postgresql').filter((each) => each.scheme === scheme);
    return {
      kind, stage: 'connect', severity: 'CRITICAL', category: 'DATABASE', file: url?.file ?? own?.file ?? '.env', line: url?.line ?? own?.line ?? 1, facts: { scheme },
      what: `The code hands the driver a URL that begins with ${scheme}://, and the driver knows only postgresql://.`,
      why: `The +${scheme.split('+')[1] ?? ''} in the scheme tells SQLAlchemy which driver to use. A driver that is called directly cannot read it.`,
      todo: 'Give the driver a URL that begins with postgresql://.',
      candidates: candidates(source, scheme), explains: [at],
    };
  }),
};

interface Refused {
  readonly at: number;
  readonly scheme: string;
  readonly own: ReturnType<typeof ownFrameOf>;
}

function refused(evidence: Evidence): readonly Refused[] {
  const thrown = [...raised(evidence, [], SCHEME), ...raised(evidence, [], INFO)].map((seen) => ({ at: seen.at, scheme: seen.match?.groups?.['scheme'] ?? '', own: ownFrameOf(seen) }));
  // A pool of psycopg only logs it.
  const logged = said(evidence, ['log'], INFO).map(({ at, fault, match }) => ({ at: poolTimeout(evidence, fault.text) ?? at, scheme: match.groups?.['scheme'] ?? '', own: undefined }));
  return [...thrown, ...logged];
}

/** In the settings, unless SQLAlchemy reads the same URL; then where the driver is called. */
function candidates(source: Source, scheme: string): readonly Fix[] {
  const plain = readScheme(scheme).dialect;
  const inSettings = fixOf({
    title: `Begin the database URL with ${plain}://`, safety: 'safe',
    edits: settingsUrls(source, 'postgresql').filter((url) => url.scheme === scheme).map((url) => ({ file: url.file, old: `${scheme}://`, new: `${plain}://`, at: url.start })),
    explanation: 'Host, user, password and database stay as they are; the driver is the one that the code calls.',
  });
  const atCalls = fixOf({
    title: `Take +${scheme.split('+')[1] ?? ''} out of the URL where the driver is called`, safety: 'safe', edits: serverCalls(source, OPENERS).flatMap((call) => {
      const argument = call.arguments.find(({ name }) => name === undefined || name === 'dsn' || name === 'conninfo');
      const file = source.files.get(call.file);
      if (file === undefined || argument === undefined || argument.splat || /^["']|\.replace\(/.test(argument.value)) return [];
      return replaceSpan(file, argument.valueSpan, `${/^[\w.]+$/.test(argument.value) ? argument.value : `(${argument.value})`}.replace("${scheme}://", "${plain}://")`);
    }),
    explanation: 'The setting keeps the form that SQLAlchemy needs, and the driver gets the one that it can read.',
  });
  return source.imports.some(({ module }) => /^sql(?:alchemy|model)\b/.test(module)) ? [...atCalls, ...inSettings] : [...inSettings, ...atCalls];
}
