import { fieldsOf } from '../mechanisms/class-bodies.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import type { Rule } from '../types.ts';

const kind = 'pydantic-model-config-field-name';

/** `` `model_config` cannot be used as a model field name ``   `dictionary update sequence element #0 has length 1; 2 is required`   `'int' object is not iterable` */
const TAKEN = /^`model_config` cannot be used as a model field name|^dictionary update sequence element|^'\w{1,100}' object is not iterable|^cannot convert dictionary update sequence/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A pydantic model has a field of the name model_config.',
  refines: ['package-refuses-call', 'third-party-crash', 'unknown-failure'],
  detect: (evidence, source) => refused(evidence, source, ['PydanticUserError', 'ValueError', 'TypeError'], TAKEN).flatMap((at) => {
    const field = at.model === undefined ? undefined : fieldsOf(at.model).find(({ name, annotation }) => name === 'model_config' && annotation !== undefined && !/ConfigDict|ClassVar|dict/i.test(annotation));
    return at.model === undefined || field === undefined ? [] : [refusal(kind, { ...at, line: field.node.startPosition.row + 1 }, {
      facts: { file: at.file, model: at.model.name },
      what: `${at.model.name} in ${at.file} has a field of the name model_config.`,
      why: 'pydantic 2 reads the settings of a model from model_config, so that no field can have this name.',
      todo: 'Give the field another name, and alias="model_config" where the API is to stay as it is.',
      candidates: [],
    })];
  }),
};
