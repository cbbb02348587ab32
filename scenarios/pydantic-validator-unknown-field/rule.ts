import { callsOf } from '../../source/python.ts';
import { nodesOf, stringSpan, stringValue } from '../../source/syntax.ts';
import type { Source } from '../../source/types.ts';
import { ancestorsOf, fieldsOf } from '../mechanisms/class-bodies.ts';
import type { ClassBody } from '../mechanisms/class-bodies.ts';
import { lookAlikes } from '../mechanisms/names.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Fix, Rule } from '../types.ts';

const kind = 'pydantic-validator-unknown-field';

/** `Decorators defined with incorrect fields: src.schemas.User:94.check_name (use check_fields=False if …)` */
const UNKNOWN = /^Decorators defined with incorrect fields: (?<where>[\w.:<>]{1,300})/;
const DECORATORS = ['validator', 'field_validator', 'field_serializer', 'pydantic.validator', 'pydantic.field_validator', 'pydantic.field_serializer'];

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A validator names a field that its model does not have.',
  detect: (evidence, source) => refused(evidence, source, ['PydanticUserError'], UNKNOWN).map((at) => {
    const method = at.seen.match?.groups?.['where']?.split('.').at(-1) ?? 'a validator';
    return refusal(kind, at, {
      facts: { method, file: at.file },
      what: `${method} of ${at.model?.name ?? 'a model'} in ${at.file} validates a field that the model does not have.`,
      why: 'The field was renamed or removed, or its name in the decorator is misspelt; pydantic refuses a validator that would never run.',
      todo: `Name in the decorator of ${method} a field that ${at.model?.name ?? 'the model'} has.`,
      candidates: at.model === undefined ? [] : corrections(at.model, source),
    });
  }),
};

/** Only another name: a validator is never switched off. */
function corrections(model: ClassBody, source: Source): readonly Fix[] {
  const known = allFields(model, source);
  const calls = callsOf(model.file, DECORATORS).filter((call) => call.start >= model.node.startIndex && call.end <= model.node.endIndex);
  const wrong = calls.flatMap((call) => nodesOf(model.file, 'string', call.node)).filter((node) => { const value = stringValue(node); return value !== undefined && value !== '*' && /^\w+$/.test(value) && !known.includes(value); });
  return wrong.slice(0, 1).flatMap((node) => lookAlikes(stringValue(node) ?? '', known).flatMap((other) => {
    const span = stringSpan(node);
    return span === undefined ? [] : fixOf({
      title: `Validate ${other} instead of ${stringValue(node) ?? ''}`, safety: 'likely', edits: [{ file: model.file.path, old: stringValue(node) ?? '', new: other, at: span.start }],
      explanation: `${model.name} has the fields ${list(known.slice(0, 10))}; ${other} is the one whose name is nearest.`,
    });
  }));
}

function allFields(model: ClassBody, source: Source): readonly string[] {
  return [model, ...ancestorsOf(model, source)].flatMap(fieldsOf).filter((field) => field.annotation !== undefined).map(({ name }) => name);
}
