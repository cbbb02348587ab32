import type { ExceptionInfo } from '../../parsers/evidence.ts';
import type { Source } from '../../source/types.ts';
import { metIn, ownFrameOf, withAnswers } from '../mechanisms/faults.ts';
import type { Seen } from '../mechanisms/faults.ts';
import { convertedArgument, quotedTables, sameTypeAsReferenced } from '../mechanisms/refused-statements.ts';
import { firstLine, steady } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'database-refuses-statement';

/** The driver's own errors, which carry the server's words. What is about the connection, not about a statement, is another matter. */
const DRIVER = /^(?:asyncpg\.exceptions(?:\._base)?|psycopg2?\.errors|psycopg2)\.(?!InvalidPassword|InvalidCatalog|InvalidAuthorization|Connection|CannotConnect|TooMany|ClientConfiguration|Interface|Operational|AdminShutdown)\w+$/;

interface Form {
  readonly said: RegExp;
  readonly why: string;
  readonly todo: string;
  readonly ways?: (said: string, place: { readonly file: string; readonly line: number }, source: Source) => readonly Fix[];
}

const FORMS: readonly Form[] = [
  { said: /^syntax error at (?:or near|end of input)/, why: 'The text is no SQL as Postgres reads it. A table or a column whose name is a word of SQL, such as user or order, must stand in double quotes.', todo: 'Correct the statement; the word that the message names is where Postgres stopped reading.', ways: quotedTables },
  { said: /foreign key constraint .{1,200} cannot be implemented/, why: 'A foreign key and the column that it refers to must have one type, and these two have different ones.', todo: 'Give the foreign key the type of the column that it refers to.', ways: sameTypeAsReferenced },
  { said: /no unique constraint matching given keys/, why: 'A foreign key must refer to a column whose values are unique, such as a primary key.', todo: 'Refer to the primary key of the other table, or make the column unique.' },
  { said: /^column .{1,200} does not exist/, why: 'The table is there, and has no such column: it was made from an older form of the code, or by a script that says otherwise.', todo: 'Add the column with a migration or in the script that makes the table, or correct its name.' },
  { said: /^duplicate key value violates unique constraint/, why: 'The start writes a row that is there already, from an earlier start or from a script that fills the database.', todo: 'Write the row only when it is not there (ON CONFLICT DO NOTHING, or look for it first).' },
  { said: /violates (?:not-null|foreign key|check) constraint/, why: 'The row that the start writes breaks a rule of its table.', todo: 'Correct the row, or the rule of the table.' },
  { said: /^invalid input for query argument \$\d+/, why: 'asyncpg converts no values: a parameter must have the type of Python that stands for the type of its column.', todo: 'Give the parameter as the type that the message asks for.', ways: convertedArgument },
];

const OTHER: Form = { said: /./, why: 'The connection works; the statement does not fit the database as it is.', todo: 'Read the words of the database, and correct the statement or what it works on.' };

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'The database refuses a statement that the server sends while it starts.',
  refines: ['package-refuses-call', 'third-party-crash', 'request-fails', 'unknown-failure'],
  lastResort: true,
  detect: (evidence, source) => evidence.faults.flatMap((fault, at): Finding[] => {
    const exception = fault.form === 'exception' && (fault.during === 'start' || fault.during === 'request') ? fault.chain.flatMap(withMembers).find(({ type }) => DRIVER.test(type)) : undefined;
    return exception === undefined ? [] : findingFor({ at, fault, exception, match: null }, source).map((finding) => ({ ...finding, explains: withAnswers(at, evidence) }));
  }).slice(0, 1),
};

function withMembers(exception: ExceptionInfo): readonly ExceptionInfo[] {
  return [exception, ...(exception.members ?? []).flatMap(withMembers)];
}

function findingFor({ at, fault, exception }: Seen, source: Source): Finding[] {
  const own = ownFrameOf({ exception, fault });
  if (own === undefined) return [];
  const said = exception.message.slice(0, 2_000);
  const form = FORMS.find((each) => each.said.test(said)) ?? OTHER;
  const detail = /^DETAIL:\s+(?<detail>.{1,300})/m.exec(said)?.groups?.['detail'];
  return [{
    kind, ...metIn(fault, 'lifespan'), category: 'DATABASE', file: own.file, line: own.line, facts: { type: exception.type, said: steady(said), file: own.file },
    what: `The database refuses a statement that ${own.file} sends: ${firstLine(said)}${detail === undefined ? '' : ` (${firstLine(detail)})`}`,
    why: form.why, todo: form.todo, candidates: form.ways?.(said, own, source) ?? [], explains: [at],
  }];
}
