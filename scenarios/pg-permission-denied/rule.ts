import { postgresFaults } from '../mechanisms/stated-database.ts';
import { databasePlace } from '../mechanisms/stated-database.ts';
import { ownFrame } from '../mechanisms/faults.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'pg-permission-denied';

/** `permission denied for schema public`, `permission denied to create extension "pageinspect"`, `must be owner of table notes` */
const DENIED = /permission denied (?<what>(?:for|to) [^\n]{1,120})|must be (?<owner>(?:owner|superuser|member)[^\n]{0,120})/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The database account may not do what the code asks of it.',
  refines: ['request-fails'],
  detect: (evidence, source) => postgresFaults(evidence, DENIED).map(({ at, match }): Finding => {
    const denied = (match?.groups?.['what'] ?? `to do this: must be ${match?.groups?.['owner'] ?? ''}`).trim();
    const own = (evidence.faults[at]?.chain ?? []).toReversed().map(ownFrame).find((frame) => frame !== undefined);
    return {
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', ...(own === undefined ? databasePlace(source) : { file: own.file, line: own.line }), facts: { denied },
      what: `The database refuses: permission denied ${denied}.`,
      why: 'The account in the database URL lacks the right. Since PostgreSQL 15 only the owner of a database may create in its schema public, and extensions that are not trusted need a superuser.',
      todo: 'Let an administrator grant the right to the account of the application, make it the owner of its database, or do the step once by hand.',
      candidates: [], explains: [at],
    };
  }),
};
