import { importName, inSequence } from '../../source/edits.ts';
import type { Source } from '../../source/types.ts';
import { ancestorsOf, classesNamed, fieldsOf } from '../mechanisms/class-bodies.ts';
import type { ClassBody } from '../mechanisms/class-bodies.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Fix, Rule } from '../types.ts';

const kind = 'pydantic-discriminator';

/** `Model 'Deleted' needs field 'kind' to be of type `Literal``   `Model 'Deleted' needs a discriminator field for key 'kind'` */
const NEEDS = /^Model '(?<model>\w{1,200})' needs (?:field '(?<field>\w{1,200})' to be of type `Literal`|a discriminator field for key '(?<key>\w{1,200})')/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A model of a union is told apart by a field that has no fixed value.',
  refines: ['package-refuses-call', 'third-party-crash', 'unknown-failure'],
  detect: (evidence, source) => refused(evidence, source, ['PydanticUserError'], NEEDS).map((at) => {
    const { model = '', field, key = '' } = at.seen.match?.groups ?? {};
    const name = field ?? key;
    const [body, ...others] = classesNamed(model, source);
    const known = others.length > 0 ? undefined : body;
    const place = known === undefined ? at : { seen: at.seen, file: known.file.path, line: known.line };
    return refusal(kind, place, {
      facts: { model, field: name },
      what: field === undefined ? `${model} in ${place.file} is one of a union that is told apart by ${name}, and has no such field.` : `${model} in ${place.file} is one of a union that is told apart by ${name}, and does not say which value stands for it.`,
      why: 'pydantic reads from a Literal of each model which value of the field means that model.',
      todo: `Annotate ${name} of ${model} with a Literal of the value that stands for it.`,
      candidates: known === undefined || field === undefined ? [] : literal(known, name, source),
    });
  }),
};

function literal(body: ClassBody, name: string, source: Source): readonly Fix[] {
  const holder = [body, ...ancestorsOf(body, source)].find((each) => fieldsOf(each).some((field) => field.name === name));
  const field = holder === undefined ? undefined : fieldsOf(holder).find((each) => each.name === name);
  const type = field?.node.childForFieldName('type');
  if (holder !== body || field?.value?.type !== 'string' || !type || type.text !== 'str') return [];
  const text = field.value.text;
  const edits = inSequence(
    body.file,
    (now) => [{ file: now.path, old: type.text, new: `Literal[${text}]`, at: type.startIndex }],
    (now) => importName(now, 'typing', 'Literal'),
  );
  return fixOf({ title: `Annotate ${name} as Literal[${text}]`, safety: 'likely', edits, explanation: `${text} is what the field is unless told otherwise, so it stands for ${body.name}.` });
}
