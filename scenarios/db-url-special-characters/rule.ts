import type { Evidence } from '../../parsers/evidence.ts';
import { raised } from '../mechanisms/faults.ts';
import { postgresFaults } from '../mechanisms/stated-database.ts';
import { unescapedPasswords } from '../mechanisms/url-text.ts';
import { quotedInTemplates } from '../mechanisms/url-templates.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'db-url-special-characters';

/** `invalid literal for int() with base 10: 'rd'`: a piece of the password was read as the port. */
const NO_PORT = /^invalid literal for int\(\) with base 10|Port could not be cast to integer/;

export const rule: Rule = {
  kind,
  stage: 'connect',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The password in the database URL holds characters that end it too early.',
  refines: ['sqlalchemy-url-unparseable', 'db-host-unresolvable', 'database-does-not-exist', 'asyncpg-invalid-password', 'db-connection-refused', 'settings-dsn-invalid'],
  detect: (evidence, source) => {
    const written = unescapedPasswords(source, 'postgresql');
    const composed = quotedInTemplates(source);
    const [first] = written.length > 0 ? written.map(({ url }) => url) : composed.map(({ url }) => url);
    if (first === undefined) return [];
    return misread(evidence).map((at): Finding => ({
      kind, stage: 'connect', severity: 'CRITICAL', category: 'CONFIG', file: first.file, line: first.line, facts: { file: first.file },
      what: 'The password in the database URL holds characters that mean something in a URL, so the address is read wrongly.',
      why: 'In a URL, @ ends the login, / the host, : the user name and # the whole address. Inside a password they must be written as %40, %2F, %3A and %23.',
      todo: 'Percent-encode the password in the URL (urllib.parse.quote_plus), or build the URL with sqlalchemy.URL.create.',
      candidates: [
        ...fixOf({
          title: `Percent-encode the password in the database URL (${list([...new Set(written.map(({ url }) => url.file))])})`, safety: 'safe', edits: written.flatMap(({ edits }) => edits),
          explanation: 'The password stays the same; only its special characters are written in the form that a URL allows. It is not shown here.',
        }),
        ...fixOf({
          title: 'Percent-encode the password where the URL is put together', safety: 'safe', edits: composed.flatMap(({ edits }) => edits),
          explanation: 'quote_plus writes the special characters of the password in the form that a URL allows; the setting keeps its value.',
        }),
      ],
      explains: [at],
    }));
  },
};

function misread(evidence: Evidence): readonly number[] {
  const numbers = raised(evidence, ['ValueError'], NO_PORT).filter(({ exception }) => /sqlalchemy\/|asyncpg\/|urllib\/|psycopg/.test(exception.frames.at(-1)?.file ?? ''));
  const unreadable = raised(evidence, ['ArgumentError'], /^Could not parse (?:SQLAlchemy|rfc1738) URL/);
  const misled = postgresFaults(evidence, /does not exist|Name or service not known|could not translate host name|name resolution|nodename nor servname|failed to resolve host|password authentication failed|Connect(?:ion)? (?:call failed|refused)|invalid (?:integer value|percent-encoded|port)/i);
  return [...new Set([...numbers, ...unreadable, ...misled].map(({ at }) => at))];
}
