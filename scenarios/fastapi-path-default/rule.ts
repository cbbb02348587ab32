import { endpointAt, withoutDefault } from '../mechanisms/endpoints.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf } from '../mechanisms/words.ts';
import { stringValue } from '../../source/syntax.ts';
import type { Rule } from '../types.ts';

const kind = 'fastapi-path-default';

/** `Path parameters cannot have a default value`, `… default values` */
const DEFAULT = /^Path parameters cannot have (?:a default value|default values)/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A parameter that is part of the path has a default.',
  detect: (evidence, source) => refused(evidence, source, ['AssertionError'], DEFAULT).map((at) => {
    const file = source.files.get(at.file);
    const endpoint = file === undefined ? undefined : endpointAt(file, at.line);
    const path = stringValue(endpoint?.decorator?.arguments[0]?.valueNode ?? null) ?? '';
    const inPath = [...path.matchAll(/\{(?<name>\w+)(?::\w+)?\}/g)].map((match) => match.groups?.['name']);
    const parameters = endpoint?.parameters.filter((each) => inPath.includes(each.name) && each.value !== undefined) ?? [];
    return refusal(kind, at, {
      facts: { file: at.file, endpoint: endpoint?.name ?? '' },
      what: `The route ${endpoint?.name ?? 'here'} in ${at.file} gives a default to a parameter of its path.`,
      why: 'A parameter of the path is always there: without it the address is another one.',
      todo: `Drop the default of the path parameter in ${at.file}, or take it out of the path.`,
      candidates: file === undefined ? [] : fixOf({
        title: `Drop the default of ${parameters.map(({ name }) => name).join(' and ')}`, safety: 'likely', edits: parameters.flatMap((parameter) => withoutDefault(file, parameter)),
        explanation: 'The default could never be used.',
      }),
    });
  }),
};
