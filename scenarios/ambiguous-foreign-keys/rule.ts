import { setKeyword } from '../../source/call-edits.ts';
import type { Edit, Source } from '../../source/types.ts';
import { raised } from '../mechanisms/faults.ts';
import { foreignKeysOf, isRelationship, mappedClasses, targetOf } from '../mechanisms/models.ts';
import type { Attribute, MappedClass } from '../mechanisms/models.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'ambiguous-foreign-keys';

/** `Could not determine join condition between parent/child tables on relationship Note.tags - there are multiple foreign key paths linking the tables.` */
const SEVERAL = /on relationship (?<holder>\w+)\.(?<name>\w+) - there are multiple foreign key paths/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'Several foreign keys link two tables, and the relationship does not say which one it follows.',
  refines: ['request-fails'],
  detect: (evidence, source) => raised(evidence, ['AmbiguousForeignKeysError'], SEVERAL).map((seen): Finding => {
    const { holder = '', name = '' } = seen.match?.groups ?? {};
    const one = mappedClasses(source).find((each) => each.name === holder);
    const attribute = one?.attributes.find((each) => each.name === name);
    const ends = one === undefined || attribute === undefined ? [] : bothEnds(source, one, attribute);
    const keys = ends.length === 0 ? [] : between(ends);
    return {
      kind, stage: 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: one?.file.path ?? '', ...(attribute === undefined ? {} : { line: attribute.line }), facts: { holder, name },
      what: `${holder}.${name} relates two tables that several foreign keys link${keys.length === 0 ? '' : ` (${list(keys.map(({ column }) => column))})`}.`,
      why: 'A relationship follows one foreign key. Where there are several, SQLAlchemy does not choose; no mapper can be configured, and every query fails.',
      todo: `Say which column the relationship follows: foreign_keys="[Class.column]", at both ends.`,
      candidates: chosen(ends, keys), explains: [seen.at],
    };
  }),
};

interface End {
  readonly model: MappedClass;
  readonly attribute: Attribute;
}

/** The relationship and the one at the other end that leads back. */
function bothEnds(source: Source, model: MappedClass, attribute: Attribute): readonly End[] {
  const other = mappedClasses(source).find((each) => each.name === targetOf(attribute));
  const named = /back_populates\s*=\s*["'](?<back>\w+)["']/.exec(attribute.node.text)?.groups?.['back'];
  const back = other?.attributes.find((each) => each.name === named && isRelationship(each));
  return other === undefined ? [{ model, attribute }] : [{ model, attribute }, ...(back === undefined ? [] : [{ model: other, attribute: back }])];
}

interface Key {
  readonly model: MappedClass;
  readonly column: string;
}

function between(ends: readonly End[]): readonly Key[] {
  const models = new Set(ends.map(({ model }) => model));
  return [...models].flatMap((model) => foreignKeysOf(model)
    .filter(({ target }) => [...models].some((other) => (other !== model || models.size === 1) && target.replace(/\.\w+$/, '').split('.').at(-1) === other.table))
    .map(({ attribute }) => ({ model, column: attribute.name })));
}

/** Only where the name of one end says it: `note` follows `note_id`. */
function chosen(ends: readonly End[], keys: readonly Key[]): readonly Fix[] {
  const key = keys.find(({ model, column }) => ends.some((end) => end.model === model && column.replace(/_(?:id|uuid|pk|key)$/, '') === end.attribute.name));
  if (key === undefined) return [];
  const value = `"[${key.model.name}.${key.column}]"`;
  const edits = ends.flatMap(({ model, attribute }): readonly Edit[] => {
    if (attribute.call === undefined || /foreign_keys/.test(attribute.node.text)) return [];
    return model.sqlmodel ? setKeyword(model.file, attribute.call, 'sa_relationship_kwargs', `{"foreign_keys": ${value}}`) : setKeyword(model.file, attribute.call, 'foreign_keys', value);
  });
  return fixOf({
    title: `Let ${list(ends.map(({ model, attribute }) => `${model.name}.${attribute.name}`))} follow ${key.model.name}.${key.column}`, safety: 'likely', edits,
    explanation: `The relationship is named after that column. Both ends must follow the same one.`,
  });
}
