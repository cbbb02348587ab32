import { importName } from '../../source/edits.ts';
import { setKeyword } from '../../source/call-edits.ts';
import { replaceSpan } from '../../source/splice.ts';
import type { Edit } from '../../source/types.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { isUnstorable, mappedClasses } from '../mechanisms/models.ts';
import type { Attribute, MappedClass } from '../mechanisms/models.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'sqlmodel-no-sqlalchemy-type';

/** `<class 'dict'> has no matching SQLAlchemy type`, `The field roles has no matching SQLAlchemy type` */
const NO_TYPE = /(?:<class '(?<type>[\w.]+)'>|The field (?<field>\w+)|(?<other>[\w.[\], ]{1,80})) has no matching SQLAlchemy type/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'A field of a table has a type that no column can hold.',
  detect: (evidence, source) => raised(evidence, ['ValueError', 'TypeError'], NO_TYPE).map((seen): Finding => {
    const own = ownFrameOf(seen);
    const type = seen.match?.groups?.['type'] ?? seen.match?.groups?.['other'] ?? seen.match?.groups?.['field'] ?? '';
    const model = mappedClasses(source).find((each) => each.file.path === own?.file && each.line <= (own?.line ?? 0) && (own?.line ?? 0) <= each.node.endPosition.row + 1);
    const fields = (model?.attributes ?? []).filter((each) => isUnstorable(each));
    return {
      kind, stage: 'import', severity: 'CRITICAL', category: 'DATABASE', file: model?.file.path ?? own?.file ?? '', line: fields[0]?.line ?? own?.line ?? 1, facts: { file: own?.file ?? '', class: model?.name ?? '', type },
      what: `${model?.name ?? 'A table'} has ${fields.length === 0 ? `a field of the type ${type}` : `the field ${list(fields.map(({ name }) => name))}`}, for which there is no column type.`,
      why: 'SQLModel chooses the column type from the Python type. For collections, and for classes of your own, it cannot know how they are to be stored.',
      todo: 'Say how the field is stored: sa_type=JSON for collections, Relationship() for other tables.',
      candidates: model === undefined || fields.length === 0 ? [] : asJson(model, fields), explains: [seen.at],
    };
  }),
};

function asJson(model: MappedClass, fields: readonly Attribute[]): readonly Fix[] {
  const { file } = model;
  const edits = fields.flatMap((field): readonly Edit[] => {
    if (field.call !== undefined && /(?:^|\.)Field$/.test(field.call.written)) return setKeyword(file, field.call, 'sa_type', 'JSON');
    const right = field.node.childForFieldName('right');
    if (right === null) return [{ file: file.path, old: '', new: ' = Field(sa_type=JSON)', at: field.node.endIndex }];
    const empty = ({ '{}': 'default_factory=dict', '[]': 'default_factory=list' } as Readonly<Record<string, string>>)[right.text.replace(/\s/g, '')];
    return replaceSpan(file, { start: right.startIndex, end: right.endIndex }, `Field(${empty ?? `default=${right.text}`}, sa_type=JSON)`);
  });
  return fixOf({
    title: `Store ${list(fields.map(({ name }) => `${model.name}.${name}`))} as JSON`, safety: 'likely', edits: [...edits, ...importName(file, 'sqlmodel', 'JSON'), ...importName(file, 'sqlmodel', 'Field')].filter(distinct),
    explanation: 'A JSON column holds what the field holds. An existing database needs a migration for the column.',
  });
}

/** Two names added to one import statement stand at the same place: both are wanted, and neither twice. */
function distinct(edit: Edit, at: number, all: readonly Edit[]): boolean {
  return all.findIndex((other) => other.at === edit.at && other.new === edit.new) === at;
}
