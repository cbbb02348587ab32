import { importName } from '../../source/edits.ts';
import type { Source } from '../../source/types.ts';
import { fieldsOf, insertion, typeOfValue } from '../mechanisms/class-bodies.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import type { Refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Fix, Rule } from '../types.ts';

const kind = 'pydantic-non-annotated';

/** ``A non-annotated attribute was detected: `limit = 10`. All model fields require a type annotation; …`` */
const PLAIN = /^A non-annotated attribute was detected: `(?<name>\w{1,200}) = /;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A pydantic model has a field without a type.',
  detect: (evidence, source) => refused(evidence, source, ['PydanticUserError'], PLAIN).map((at) => {
    const name = at.seen.match?.groups?.['name'] ?? '';
    return refusal(kind, at, {
      facts: { name, file: at.file },
      what: `${at.model?.name ?? 'A model'} in ${at.file} sets ${name} without a type.`,
      why: 'pydantic 1 guessed the type from the value; pydantic 2 asks for an annotation, or for ClassVar when it is no field.',
      todo: `Annotate ${name} in ${at.file}, or mark it as ClassVar when it is no field.`,
      candidates: annotations(at, name, source),
    });
  }),
};

/** The type that the value shows, as pydantic 1 guessed it; else a constant of the class. */
function annotations({ model }: Refused, name: string, source: Source): readonly Fix[] {
  const field = model === undefined ? undefined : fieldsOf(model).find((each) => each.name === name && each.annotation === undefined);
  const file = model === undefined ? undefined : source.files.get(model.file.path);
  if (field === undefined || file === undefined) return [];
  const type = typeOfValue(field.value);
  const typed = type === undefined ? [] : fixOf({
    title: `Annotate ${name} as ${type}`, safety: 'likely', edits: [insertion(file, field.nameEnd, `: ${type}`)], explanation: `The value of ${name} is of the type ${type}, which is what pydantic 1 took it for.`,
  });
  const constant = fixOf({
    title: `Mark ${name} as ClassVar`, safety: 'likely', edits: [insertion(file, field.nameEnd, ': ClassVar'), ...importName(file, 'typing', 'ClassVar')],
    explanation: `${name} then belongs to the class and is no field: it is neither validated nor sent.`,
  });
  return [...typed, ...constant];
}
