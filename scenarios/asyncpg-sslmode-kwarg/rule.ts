import { databaseUrls } from '../../source/database.ts';
import type { DatabaseUrl } from '../../source/database.ts';
import type { Edit, Source } from '../../source/types.ts';
import { passesThrough, raised } from '../mechanisms/faults.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'asyncpg-sslmode-kwarg';

/** `connect() got an unexpected keyword argument 'sslmode'` */
const UNEXPECTED = /connect\(\) got an unexpected keyword argument '(?<name>\w+)'/;

/** What libpq understands in a URL and asyncpg's `connect` does not. */
const LIBPQ_ONLY = ['channel_binding', 'gssencmode', 'target_session_attrs', 'options', 'application_name', 'connect_timeout', 'pgbouncer', 'sslrootcert', 'sslcert', 'sslkey'];

export const rule: Rule = {
  kind,
  stage: 'connect',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The database URL carries settings of libpq that asyncpg does not know.',
  detect: (evidence, source) => raised(evidence, ['TypeError'], UNEXPECTED)
    .filter(({ match, exception }) => ['sslmode', ...LIBPQ_ONLY].includes(match?.groups?.['name'] ?? '') && ['asyncpg/', 'sqlalchemy/'].some((part) => passesThrough(exception, part)))
    .map(({ at, match }) => findingFor(match?.groups?.['name'] ?? '', at, source)),
};

function findingFor(name: string, at: number, source: Source): Finding {
  const urls = databaseUrls(source).filter((url) => url.scheme.endsWith('+asyncpg') && queryOf(url).some((part) => part.name === name));
  const [first] = urls;
  return {
    kind, stage: 'connect', severity: 'CRITICAL', category: 'DATABASE', file: first?.file ?? '.env', ...(first === undefined ? {} : { line: first.line }), facts: { name },
    what: `The database URL carries ${name}, and asyncpg refuses to connect with it.`,
    why: `${name} is a setting of libpq, the library behind psycopg. SQLAlchemy passes everything behind the ? of the URL on to asyncpg, whose connect has no such argument.`,
    todo: name === 'sslmode' ? 'Write ssl= instead of sslmode= in the database URL.' : `Remove ${name} from the query of the database URL.`,
    candidates: fixOf({
      title: name === 'sslmode' ? 'Write ssl= instead of sslmode= in the database URL' : `Remove ${name} from the database URL`, safety: name === 'channel_binding' || name === 'sslmode' ? 'safe' : 'likely',
      edits: urls.flatMap((url) => edit(url, name)),
      explanation: name === 'sslmode' ? 'asyncpg takes the same values under the name ssl, so the connection stays as well protected as before.' : `asyncpg has no counterpart of ${name} and negotiates by itself.`,
    }),
    explains: [at],
  };
}

interface Part {
  readonly name: string;
  /** Offsets in the file, from the name to the end of the value. */
  readonly start: number;
  readonly end: number;
}

function queryOf(url: DatabaseUrl): readonly Part[] {
  const mark = url.url.indexOf('?');
  if (mark < 0) return [];
  const parts: Part[] = [];
  let start = mark + 1;
  for (const text of url.url.slice(mark + 1).split('&')) {
    parts.push({ name: text.split('=')[0] ?? '', start: url.start + start, end: url.start + start + text.length });
    start += text.length + 1;
  }
  return parts;
}

function edit(url: DatabaseUrl, name: string): readonly Edit[] {
  const parts = queryOf(url);
  const at = parts.findIndex((part) => part.name === name);
  const part = parts[at];
  if (part === undefined) return [];
  if (name === 'sslmode') return [{ file: url.file, old: 'sslmode', new: 'ssl', at: part.start }];
  // With its separator: the one before, or the one behind when it is the first of several.
  const [from, to] = at > 0 || parts.length === 1 ? [part.start - 1, part.end] : [part.start, part.end + 1];
  return [{ file: url.file, old: url.url.slice(from - url.start, to - url.start), new: '', at: from }];
}
