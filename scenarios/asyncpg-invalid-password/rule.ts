import { agreeWithStated, databasePlace, postgresFaults } from '../mechanisms/stated-database.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'asyncpg-invalid-password';

/** `password authentication failed for user "app"`, which Postgres also says for a user that does not exist. */
const REFUSED = /password authentication failed for user "(?<user>[^"]{1,200})"|no password supplied|role "(?<role>[^"]{1,200})" does not exist/;

export const rule: Rule = {
  kind,
  stage: 'connect',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The database server refuses the user or the password in the settings.',
  detect: (evidence, source) => postgresFaults(evidence, REFUSED).map(({ at, match }): Finding => {
    const user = match?.groups?.['user'] ?? match?.groups?.['role'] ?? '';
    return {
      kind, stage: 'connect', severity: 'CRITICAL', category: 'DATABASE', ...databasePlace(source), facts: { user },
      what: `The database server refuses the login ${user === '' ? 'in the settings' : `of ${user}`}: the user or the password is wrong.`,
      why: source.run.stated === undefined
        ? 'The settings carry a user or a password that the server does not know; Postgres gives the same answer for both.'
        : 'User or password in the settings differ from those of the database that the run was told to use.',
      todo: 'Correct user and password of the database in the settings, or change them on the server.',
      candidates: agreeWithStated(source, 'login'), explains: [at],
    };
  }),
};
