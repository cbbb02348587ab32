import { importName } from '../../source/edits.ts';
import { setKeyword } from '../../source/call-edits.ts';
import type { Edit, Source } from '../../source/types.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import type { Seen } from '../mechanisms/faults.ts';
import { mappedClasses } from '../mechanisms/models.ts';
import type { Attribute, MappedClass } from '../mechanisms/models.ts';
import { failedStatement } from '../mechanisms/table-creation.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'asyncpg-naive-aware-datetime';

/** `invalid input for query argument $2: datetime.datetime(2026, …) (can't subtract offset-naive and offset-aware datetimes)` */
const MIXED = /invalid input for query argument \$(?<number>\d+): .{0,300}can't (?:subtract|compare) offset-naive and offset-aware datetimes/s;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'A time with a zone meets a column without one, or the other way round.',
  refines: ['request-fails'],
  detect: (evidence, source) => raised(evidence, [], MIXED).map((seen): Finding => {
    const column = columnOf(source, seen);
    const own = ownFrameOf(seen);
    return {
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: column?.model.file.path ?? own?.file ?? '', line: column?.attribute.line ?? own?.line ?? 1,
      facts: { class: column?.model.name ?? '', column: column?.attribute.name ?? '', file: own?.file ?? '' },
      what: `${column === undefined ? 'A column' : `The column ${column.model.name}.${column.attribute.name}`} has no time zone, and the code stores a time that has one.`,
      why: 'PostgreSQL has two types for times. asyncpg converts to the type of the column and refuses to mix times with and without a zone; psycopg does not look.',
      todo: 'Declare the column with DateTime(timezone=True), or store times without a zone throughout.',
      candidates: column === undefined ? [] : zoned(column.model, column.attribute), explains: [seen.at],
    };
  }),
};

/** The column that a parameter is for: by its position in an INSERT, by what it is compared with elsewhere. */
function columnOf(source: Source, { fault, match }: Seen): { readonly model: MappedClass; readonly attribute: Attribute } | undefined {
  const statement = fault.chain.map(({ message }) => failedStatement(message)).find((sql) => sql !== undefined) ?? '';
  const number = Number(match?.groups?.['number'] ?? 0);
  const insert = /^INSERT INTO (?:"?\w+"?\.)?"?(?<table>\w+)"? \((?<columns>[^)]{1,2000})\)/.exec(statement)?.groups;
  const compared = new RegExp(`(?:"?(?<table>\\w+)"?\\.)?"?(?<column>\\w+)"? (?:[<>=!]+|IS DISTINCT FROM|BETWEEN) \\$${number}\\b`).exec(statement)?.groups;
  const updated = new RegExp(`"?(?<column>\\w+)"?\\s*=\\s*\\$${number}\\b`).exec(statement)?.groups;
  const table = insert?.['table'] ?? compared?.['table'] ?? /^(?:UPDATE|DELETE FROM) (?:"?\w+"?\.)?"?(?<table>\w+)/.exec(statement)?.groups?.['table'] ?? /\bFROM (?:"?\w+"?\.)?"?(?<table>\w+)/.exec(statement)?.groups?.['table'];
  const column = insert?.['columns']?.split(',')[number - 1]?.trim().replaceAll('"', '') ?? compared?.['column'] ?? updated?.['column'];
  const model = mappedClasses(source).find((each) => each.table === table);
  const attribute = model?.attributes.find((each) => each.name === column);
  return model === undefined || attribute === undefined ? undefined : { model, attribute };
}

/** `DateTime` → `DateTime(timezone=True)`, wherever the column says its type; where it says none, it says this one. */
function zoned({ file, sqlmodel, name }: MappedClass, attribute: Attribute): readonly Fix[] {
  const written = /\b(?:sa\.|sqlalchemy\.)?(?<type>DateTime|TIMESTAMP)(?<call>\((?<inside>[^()]*)\))?/.exec(attribute.node.text);
  const at = attribute.node.startIndex + (written?.index ?? 0);
  const edits: readonly Edit[] = written !== null
    ? [{ file: file.path, old: written[0], new: `${written[0].replace(/\(.*$/, '')}(timezone=True)`, at }]
    : attribute.call === undefined ? [] : sqlmodel
      ? [...setKeyword(file, attribute.call, 'sa_type', 'DateTime(timezone=True)'), ...importName(file, 'sqlmodel', 'DateTime')]
      : [{ file: file.path, old: '', new: `DateTime(timezone=True)${attribute.call.arguments.length > 0 ? ', ' : ''}`, at: attribute.call.argumentsSpan.start + 1 }, ...importName(file, 'sqlalchemy', 'DateTime')];
  return fixOf({
    title: `Give ${name}.${attribute.name} a time zone`, safety: 'likely', edits,
    explanation: 'The code stores times with a zone; a column with one keeps them as they are. An existing database needs a migration for the column.',
  });
}
