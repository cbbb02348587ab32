import { agreeWithStated, databasePlace, postgresFaults } from '../mechanisms/stated-database.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'db-connection-refused';

/** asyncpg: `[Errno 111] Connect call failed ('127.0.0.1', 5432)`; psycopg: `connection to server at "db", port 5432 failed: Connection refused` */
const REFUSED = /Connect call failed|Connection refused|\[Errno (?:111|61)\]/;

export const rule: Rule = {
  kind,
  stage: 'connect',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'Nothing answers at the address where the settings look for the database.',
  detect: (evidence, source) => postgresFaults(evidence, REFUSED).map(({ at }): Finding => ({
    kind, stage: 'connect', severity: 'CRITICAL', category: 'DATABASE', ...databasePlace(source), facts: { service: 'postgres' },
    what: 'The server cannot connect to its database: nothing answers at the host and port in its settings.',
    why: source.run.stated === undefined
      ? 'The settings lead to an address where no database listens: a wrong host or port, or a database that is started elsewhere or later.'
      : 'The host or port in the settings differs from the database that the run was told to use.',
    todo: 'Correct host and port of the database in the settings, or start the database before the server.',
    candidates: agreeWithStated(source, 'address'), explains: [at],
  })),
};
