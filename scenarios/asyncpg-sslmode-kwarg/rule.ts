import type { Source } from '../../source/types.ts';
import { NOT_OF_ASYNCPG, connectArguments, partsNamed, toFamily } from '../mechanisms/connect-arguments.ts';
import { databasePlace } from '../mechanisms/stated-database.ts';
import { settingsUrls } from '../mechanisms/drivers.ts';
import { passesThrough, raised } from '../mechanisms/faults.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'asyncpg-sslmode-kwarg';

/** `connect() got an unexpected keyword argument 'sslmode'` */
const UNEXPECTED = /connect\(\) got an unexpected keyword argument '(?<name>\w+)'/;

export const rule: Rule = {
  kind,
  stage: 'connect',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The database URL carries settings of libpq that asyncpg does not know.',
  refines: ['driver-connect-argument'],
  detect: (evidence, source) => raised(evidence, ['TypeError'], UNEXPECTED)
    .filter(({ match, exception }) => NOT_OF_ASYNCPG.includes(match?.groups?.['name'] ?? '') && ['asyncpg/', 'sqlalchemy/'].some((part) => passesThrough(exception, part)))
    .map(({ at, match }) => findingFor(match?.groups?.['name'] ?? '', at, source)),
};

function findingFor(name: string, at: number, source: Source): Finding {
  const [part] = settingsUrls(source, 'postgresql').flatMap((url) => partsNamed(url, name));
  const [argument] = connectArguments(source, name);
  const place = part === undefined && argument !== undefined ? { file: argument.file.path, line: argument.line } : part === undefined ? databasePlace(source) : { file: part.url.file, line: part.url.line };
  return {
    kind, stage: 'connect', severity: 'CRITICAL', category: 'DATABASE', ...place, facts: { name },
    what: `${part === undefined && argument !== undefined ? `${argument.file.path} passes ${name}` : `The database URL carries ${name}`}, and asyncpg refuses to connect with it.`,
    why: `${name} is a setting of libpq, the library behind psycopg. It is passed on to asyncpg, whose connect has no such argument.`,
    todo: name === 'sslmode' ? 'Write ssl instead of sslmode; the values are the same.' : `Remove ${name} from what asyncpg is given.`,
    candidates: toFamily(source, 'asyncpg', name), explains: [at],
  };
}
