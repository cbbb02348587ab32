import { raised } from '../mechanisms/faults.ts';
import { foreignKeysOf, isRelationship, mappedClasses, primaryKeyOf } from '../mechanisms/models.ts';
import type { MappedClass } from '../mechanisms/models.ts';
import { lookAlikes } from '../mechanisms/names.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'no-referenced-column';

/** `Could not initialize target column for ForeignKey 'notes.uid' on table 'tags': table 'notes' has no column named 'uid'` */
const NO_COLUMN = /^Could not initialize target column for ForeignKey '(?<target>[\w.]+)' on table '(?<from>[\w.]+)': table '(?<table>[\w.]+)' has no column named '(?<column>\w+)'/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'A foreign key leads to a column that its table does not have.',
  refines: ['request-fails'],
  detect: (evidence, source) => raised(evidence, ['NoReferencedColumnError'], NO_COLUMN).map((seen): Finding => {
    const { target = '', from = '', table = '', column = '' } = seen.match?.groups ?? {};
    const models = mappedClasses(source);
    const child = models.find((each) => each.table === from.split('.').at(-1));
    const parent = models.find((each) => each.table === table.split('.').at(-1));
    const key = child === undefined ? undefined : foreignKeysOf(child).find((each) => each.target === target);
    return {
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: child?.file.path ?? '', ...(key === undefined ? {} : { line: key.attribute.line }), facts: { from, target },
      what: `A foreign key of ${from} refers to ${target}, and ${table} has no column ${column}.`,
      why: 'A foreign key must name a column of the other table as it is called in the database, not an attribute or a class.',
      todo: `Correct ${target} to a column of ${table}.`,
      candidates: child === undefined || parent === undefined || key === undefined ? [] : respelt(child, parent, { target, column }), explains: [seen.at],
    };
  }),
};

function respelt(child: MappedClass, parent: MappedClass, { target, column }: { readonly target: string; readonly column: string }): readonly Fix[] {
  const columns = parent.attributes.filter((each) => !isRelationship(each) && !each.name.startsWith('__')).map(({ name }) => name);
  const key = primaryKeyOf(parent);
  const names = [...new Set([...lookAlikes(column, columns), ...(key === undefined ? [] : [key])])];
  return names.flatMap((name) => fixOf({
    title: `Let the foreign key lead to ${parent.table}.${name}`, safety: name === key ? 'safe' : 'likely',
    edits: foreignKeysOf(child).filter((each) => each.target === target).map(({ attribute }) => ({ file: child.file.path, old: column, new: name, at: attribute.node.startIndex + attribute.node.text.indexOf(target) + target.length - column.length })),
    explanation: name === key ? `${name} is the primary key of ${parent.table}.` : `${name} is a column of ${parent.table} and differs by a few letters.`,
  }));
}
