import type { Source } from '../../source/types.ts';
import { raised } from '../mechanisms/faults.ts';
import { foreignKeysOf, mappedClasses, registered } from '../mechanisms/models.ts';
import type { MappedClass } from '../mechanisms/models.ts';
import { lookAlikes } from '../mechanisms/names.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'no-referenced-table';

/** `Foreign key associated with column 'tags.note_id' could not find table 'note' with which to generate a foreign key to target column 'id'` */
const NO_TABLE = /^Foreign key associated with column '(?<from>[\w.]+)\.(?<column>\w+)' could not find table '(?<table>[\w.]+)'/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'A foreign key leads to a table that is not known.',
  refines: ['request-fails'],
  detect: (evidence, source) => raised(evidence, ['NoReferencedTableError'], NO_TABLE).map((seen): Finding => {
    const { from = '', column = '', table = '' } = seen.match?.groups ?? {};
    const child = mappedClasses(source).find((each) => each.table === from.split('.').at(-1));
    const key = child === undefined ? undefined : foreignKeysOf(child).find(({ attribute, target }) => attribute.name === column || target.startsWith(`${table}.`));
    const home = mappedClasses(source).find((each) => qualified(each) === table);
    return {
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: child?.file.path ?? '', ...(key === undefined ? {} : { line: key.attribute.line }), facts: { from, column, table },
      what: `${from}.${column} refers to the table ${table}, which is not known when the tables are put in order.`,
      why: home === undefined ? 'No mapped class of the tree has a table of that name.' : `${home.file.path} defines ${home.name} with that table, and nothing imports it before the tables are created.`,
      todo: home === undefined ? `Correct the name of the table in the foreign key of ${from}.${column}.` : `Import ${home.name} before the tables are created.`,
      candidates: home === undefined ? respelt(source, child, table) : registered(source, home), explains: [seen.at],
    };
  }),
};

function qualified(model: MappedClass): string {
  return model.schema === undefined ? model.table : `${model.schema}.${model.table}`;
}

/** A table with nearly that name, or the class of that name: `ForeignKey("Note.id")` for the table `notes`. */
function respelt(source: Source, child: MappedClass | undefined, table: string): readonly Fix[] {
  const models = mappedClasses(source);
  const byClass = models.filter((each) => each.name.toLowerCase() === table.toLowerCase()).map(qualified);
  const bySchema = models.filter((each) => each.table === table && each.schema !== undefined).map(qualified);
  const names = [...new Set([...bySchema, ...byClass, ...lookAlikes(table, models.map(qualified))])];
  return child === undefined ? [] : names.flatMap((right) => fixOf({
    title: `Let the foreign key lead to ${right} instead of ${table}`, safety: 'safe',
    edits: foreignKeysOf(child).filter(({ target }) => target.startsWith(`${table}.`)).map(({ attribute, target }) => ({ file: child.file.path, old: table, new: right, at: attribute.node.startIndex + attribute.node.text.indexOf(target) })),
    explanation: `${right} is a table of this tree; no class has a table ${table}.`,
  }));
}
