import { importName } from '../../source/edits.ts';
import { setKeyword } from '../../source/call-edits.ts';
import type { Edit } from '../../source/types.ts';
import { raised } from '../mechanisms/faults.ts';
import { mappedClasses } from '../mechanisms/models.ts';
import type { Attribute, MappedClass } from '../mechanisms/models.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'no-primary-key';

/** `Mapper Mapper[Note(notes)] could not assemble any primary key columns for mapped table 'notes'` */
const NO_KEY = /^Mapper (?:Mapper\[)?(?<name>\w+).{0,200}could not assemble any primary key columns for mapped table '(?<table>[\w.]+)'/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'A mapped class has no primary key.',
  detect: (evidence, source) => raised(evidence, ['ArgumentError'], NO_KEY).map((seen): Finding => {
    const { name = '', table = '' } = seen.match?.groups ?? {};
    const model = mappedClasses(source).find((each) => each.name === name);
    const column = model === undefined ? undefined : keyLike(model);
    return {
      kind, stage: 'import', severity: 'CRITICAL', category: 'DATABASE', file: model?.file.path ?? '', line: column?.line ?? model?.line ?? 1, facts: { name, table },
      what: `${name} has no primary key, so SQLAlchemy cannot map it to ${table}.`,
      why: 'SQLAlchemy tells the rows of a table apart by their primary key; a class without one cannot be loaded or stored.',
      todo: `Mark the column that identifies a row of ${table} with primary_key=True.`,
      candidates: model === undefined || column === undefined ? [] : fixOf({
        title: `Make ${name}.${column.name} the primary key`, safety: 'likely', edits: keyed(model, column),
        explanation: `${column.name} is the column that is named like a key.`,
      }),
      explains: [seen.at],
    };
  }),
};

function keyLike(model: MappedClass): Attribute | undefined {
  const singular = model.table.replace(/s$/, '');
  return ['id', 'uuid', 'pk', `${model.name.toLowerCase()}_id`, `${singular}_id`, 'guid'].flatMap((name) => model.attributes.find((each) => each.name === name) ?? [])[0];
}

function keyed({ file, sqlmodel }: MappedClass, { call, node }: Attribute): readonly Edit[] {
  if (call !== undefined) return /(?:^|\.)(?:Field|mapped_column|Column)$/.test(call.written) ? setKeyword(file, call, 'primary_key', 'True') : [];
  const right = node.childForFieldName('right');
  if (sqlmodel) {
    const value = right === null ? '' : `default=${right.text}, `;
    const [start, end] = right === null ? [node.endIndex, node.endIndex] : [right.startIndex, right.endIndex];
    return [{ file: file.path, old: right?.text ?? '', new: `${right === null ? ' = ' : ''}Field(${value}primary_key=True)`, at: start }, ...importName(file, 'sqlmodel', 'Field')].filter(() => end >= start);
  }
  return right === null ? [{ file: file.path, old: '', new: ' = mapped_column(primary_key=True)', at: node.endIndex }, ...importName(file, 'sqlalchemy.orm', 'mapped_column')] : [];
}
