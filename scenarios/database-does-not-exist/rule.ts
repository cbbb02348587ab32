import { agreeWithStated, databasePlace, postgresFaults } from '../mechanisms/stated-database.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'database-does-not-exist';

/** `database "auth" does not exist` in every driver and language of the client. */
const NO_DATABASE = /\bdatabase "(?<name>[^"]{1,200})" does not exist/;

export const rule: Rule = {
  kind,
  stage: 'connect',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The database server runs, but has no database of the name in the settings.',
  detect: (evidence, source) => postgresFaults(evidence, NO_DATABASE).map(({ at, match }): Finding => {
    const name = match?.groups?.['name'] ?? '';
    return {
      kind, stage: 'connect', severity: 'CRITICAL', category: 'DATABASE', ...databasePlace(source), facts: { database: name },
      what: `The settings name the database ${name}, and the server has none of that name.`,
      why: source.run.stated === undefined
        ? 'The database was never created on this server, or its name in the settings is wrong.'
        : 'The database name in the settings differs from the database that the run was told to use.',
      todo: `Create the database ${name} on the server, or correct the name in the settings.`,
      candidates: agreeWithStated(source, 'database'), explains: [at],
    };
  }),
};
