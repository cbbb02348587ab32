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
    kind, stage: 'health', severity: 'CRITICAL', category: 'DATABASE', ...databasePlace(source), facts: { service: 'database' },
    what: `${source.run.healthPath} answers as if all were well, but the engine that the app built cannot reach its database.`,
    why: 'The health route does not ask the database, so a server that can serve no real request looks healthy to whoever watches it.',
    todo: 'Correct the database settings, and let the health route run a query such as SELECT 1.',
    candidates: candidates(fault.text.slice(0, 4_000), source), explains: [at],
  }])),
};

/** What the engine said tells which part of the settings to look at first. */
function candidates(text: string, source: Source): readonly Fix[] {
  const part: Part = /does not exist/.test(text) && /database "/.test(text) ? 'database' : /password|role "/.test(text) ? 'login' : 'address';
  return agreeWithStated(source, part);
}
