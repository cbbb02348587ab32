import { importName } from '../../source/edits.ts';
import { setKeyword } from '../../source/call-edits.ts';
import type { Edit } from '../../source/types.ts';
import { raised } from '../mechanisms/faults.ts';
import { foreignKeysOf, mappedClasses, primaryKeyOf, targetOf } from '../mechanisms/models.ts';
import type { Attribute, MappedClass } from '../mechanisms/models.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'no-foreign-keys';

/** `Could not determine join condition between parent/child tables on relationship Note.tags - there are no foreign keys linking these tables.` */
const NONE = /on relationship (?<holder>\w+)\.(?<name>\w+) - there are no foreign keys linking/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'Two classes are related, and no foreign key links their tables.',
  refines: ['request-fails'],
  detect: (evidence, source) => raised(evidence, ['NoForeignKeysError'], NONE).map((seen): Finding => {
    const { holder = '', name = '' } = seen.match?.groups ?? {};
    const models = mappedClasses(source);
    const one = models.find((each) => each.name === holder);
    const attribute = one?.attributes.find((each) => each.name === name);
    const other = attribute === undefined ? undefined : models.find((each) => each.name === targetOf(attribute));
    return {
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: one?.file.path ?? '', ...(attribute === undefined ? {} : { line: attribute.line }), facts: { holder, name },
      what: `${holder}.${name} relates two tables that no foreign key links.`,
      why: 'A relationship is a join, and SQLAlchemy takes its condition from the foreign key between the two tables. Without one it cannot configure any mapper, and every query fails.',
      todo: `Declare the column that refers to the other table with ForeignKey, or give ${holder}.${name} a primaryjoin.`,
      candidates: one === undefined || other === undefined ? [] : [...linked(one, other, name), ...linked(other, one, name)], explains: [seen.at],
    };
  }),
};

/** A column of `child` that is named like the key of `parent` and that refers to nothing. */
function linked(child: MappedClass, parent: MappedClass, name: string): readonly Fix[] {
  const key = primaryKeyOf(parent);
  const taken = new Set(foreignKeysOf(child).map(({ attribute }) => attribute.name));
  const singular = parent.table.replace(/ies$/, 'y').replace(/s$/, '');
  const names = [`${singular}_${key ?? 'id'}`, `${snake(parent.name)}_${key ?? 'id'}`, `${name}_${key ?? 'id'}`, `${singular}_id`, `${snake(parent.name)}_id`];
  const column = child.attributes.find((each) => names.includes(each.name) && !taken.has(each.name));
  if (key === undefined || column === undefined) return [];
  const target = `${parent.schema === undefined ? '' : `${parent.schema}.`}${parent.table}.${key}`;
  return fixOf({
    title: `Make ${child.name}.${column.name} a foreign key to ${target}`, safety: 'likely', edits: keyed(child, column, target),
    explanation: `${column.name} is named after the key of ${parent.table}, and the relationship needs exactly that link. An existing database needs a migration for the constraint.`,
  });
}

function keyed({ file, sqlmodel }: MappedClass, column: Attribute, target: string): readonly Edit[] {
  const { call, node } = column;
  if (sqlmodel) {
    if (call !== undefined) return /(?:^|\.)Field$/.test(call.written) ? setKeyword(file, call, 'foreign_key', `"${target}"`) : [];
    return [{ file: file.path, old: '', new: ` = Field(foreign_key="${target}")`, at: node.endIndex }, ...importName(file, 'sqlmodel', 'Field')].slice(0, node.childForFieldName('right') === null ? undefined : 0);
  }
  const link = `ForeignKey("${target}")`;
  const imported = importName(file, 'sqlalchemy', 'ForeignKey');
  if (call === undefined) return node.childForFieldName('right') !== null ? [] : [{ file: file.path, old: '', new: ` = mapped_column(${link})`, at: node.endIndex }, ...imported, ...importName(file, 'sqlalchemy.orm', 'mapped_column')];
  const positional = call.arguments.filter(({ name, splat }) => name === undefined && !splat);
  const last = positional.at(-1);
  const at = last?.end ?? call.argumentsSpan.start + 1;
  const text = last !== undefined ? `, ${link}` : call.arguments.length > 0 ? `${link}, ` : link;
  return [{ file: file.path, old: '', new: text, at }, ...imported];
}

function snake(name: string): string {
  return name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, '_').toLowerCase();
}
