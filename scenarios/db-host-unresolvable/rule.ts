import { agreeWithStated, databasePlace, postgresFaults } from '../mechanisms/stated-database.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'db-host-unresolvable';

/** `[Errno -2] Name or service not known`; psycopg: `could not translate host name "db" to address`; psycopg 3: `failed to resolve host 'db'` */
const UNKNOWN_HOST = /Name or service not known|could not translate host name|Temporary failure in name resolution|nodename nor servname|No address associated with hostname|getaddrinfo failed|failed to resolve host/;

export const rule: Rule = {
  kind,
  stage: 'connect',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The host name of the database cannot be resolved.',
  detect: (evidence, source) => postgresFaults(evidence, UNKNOWN_HOST).map(({ at }): Finding => ({
    kind, stage: 'connect', severity: 'CRITICAL', category: 'DATABASE', ...databasePlace(source), facts: { service: 'postgres' },
    what: 'The server cannot find its database: the host name in its settings leads nowhere.',
    why: source.run.stated === undefined
      ? 'Host names of compose services exist only inside the network of that compose file; elsewhere, or misspelt, nobody knows them.'
      : 'The host in the settings differs from the database that the run was told to use.',
    todo: 'Correct the host of the database in the settings: the name of the compose service inside compose, localhost outside of it.',
    candidates: agreeWithStated(source, 'address'), explains: [at],
  })),
};
