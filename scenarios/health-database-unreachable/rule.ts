import { lackOf, neededService } from '../mechanisms/needed-services.ts';
import { agreeWithStated, databasePlace } from '../mechanisms/stated-database.ts';
import type { Part } from '../mechanisms/stated-database.ts';
import type { Finding, Fix, Rule } from '../types.ts';
import type { Source } from '../../source/types.ts';

const kind = 'health-database-unreachable';

export const rule: Rule = {
  kind,
  stage: 'health',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The health route answers although the app cannot reach its database.',
  detect: (evidence, source) => evidence.faults.flatMap((fault, at): Finding[] => (fault.form !== 'database' ? [] : [{
    kind, stage: 'health', severity: 'CRITICAL', category: 'DATABASE', ...databasePlace(source), ...words(fault.text.slice(0, 4_000), source), explains: [at],
  }])),
};

/** Another database than Postgres is none that the sandbox has: then the settings may be right. */
function words(text: string, source: Source): Pick<Finding, 'facts' | 'what' | 'why' | 'todo' | 'candidates'> {
  const other = /\b(?<scheme>mysql|mariadb|oracle|mssql)(?:\+\w+)?:\/\//.exec(text) === null ? undefined : neededService(source, text);
  const why = 'The health route does not ask the database, so a server that can serve no real request looks healthy to whoever watches it.';
  return other === undefined ? {
    facts: { service: 'database' }, what: `${source.run.healthPath} answers as if all were well, but the engine that the app built cannot reach its database.`, why,
    todo: 'Correct the database settings, and let the health route run a query such as SELECT 1.', candidates: candidates(text, source),
  } : {
    facts: { service: other.service }, what: `The engine that the app built needs ${lackOf(other)}.`, why: `Nobody can tell here whether the app works with its ${other.service}. ${why}`,
    todo: `Start the backend beside a ${other.service} of your own, and let the health route run a query such as SELECT 1.`, candidates: [],
  };
}

/** What the engine said tells which part of the settings to look at first. */
function candidates(text: string, source: Source): readonly Fix[] {
  const part: Part = /does not exist/.test(text) && /database "/.test(text) ? 'database' : /password|role "/.test(text) ? 'login' : 'address';
  return agreeWithStated(source, part);
}
