import type { Source } from '../../source/types.ts';
import { ancestorsOf, fieldsOf, insertion, typeOfValue } from '../mechanisms/class-bodies.ts';
import type { ClassBody } from '../mechanisms/class-bodies.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import type { Refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Fix, Rule } from '../types.ts';

const kind = 'pydantic-field-overridden';

/** `Field 'name' defined on a base class was overridden by a non-annotated attribute. …` */
const OVERRIDDEN = /^Field '(?<name>\w{1,200})' defined on a base class was overridden by a non-annotated attribute/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A pydantic model overrides a field of its base without a type.',
  detect: (evidence, source) => refused(evidence, source, ['PydanticUserError'], OVERRIDDEN).map((at) => {
    const name = at.seen.match?.groups?.['name'] ?? '';
    return refusal(kind, at, {
      facts: { name, file: at.file },
      what: `${at.model?.name ?? 'A model'} in ${at.file} overrides the field ${name} of its base without a type.`,
      why: 'pydantic 2 asks for the annotation again where a field gets another default.',
      todo: `Repeat the annotation of ${name} in ${at.file}.`,
      candidates: repeated(at, name, source),
    });
  }),
};

function repeated({ model }: Refused, name: string, source: Source): readonly Fix[] {
  const field = model === undefined ? undefined : fieldsOf(model).find((each) => each.name === name && each.annotation === undefined);
  if (model === undefined || field === undefined) return [];
  const type = annotationOf(name, model, source) ?? typeOfValue(field.value);
  return type === undefined ? [] : fixOf({
    title: `Annotate ${name} as ${type}`, safety: 'likely', edits: [insertion(model.file, field.nameEnd, `: ${type}`)], explanation: `That is the type which ${name} has in the base class.`,
  });
}

/** As the nearest base class says it. */
function annotationOf(name: string, model: ClassBody, source: Source): string | undefined {
  return ancestorsOf(model, source).flatMap(fieldsOf).find((each) => each.name === name && each.annotation !== undefined)?.annotation;
}
