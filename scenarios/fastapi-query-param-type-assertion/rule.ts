import { importName, inSequence, replaceCallee } from '../../source/edits.ts';
import { callsOf } from '../../source/python.ts';
import { endpointAt } from '../mechanisms/endpoints.ts';
import type { Endpoint } from '../mechanisms/endpoints.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Fix, Rule } from '../types.ts';

const kind = 'fastapi-query-param-type-assertion';

/** `Query parameter 'filters' must be one of the supported types` */
const UNSUPPORTED = /^Query parameter '(?<name>\w{1,200})' must be one of the supported types/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A query parameter has a type that cannot stand in an address.',
  detect: (evidence, source) => refused(evidence, source, ['AssertionError'], UNSUPPORTED).map((at) => {
    const name = at.seen.match?.groups?.['name'] ?? '';
    const file = source.files.get(at.file);
    const endpoint = file === undefined ? undefined : endpointAt(file, at.line);
    return refusal(kind, at, {
      facts: { file: at.file, name },
      what: `The route ${endpoint?.name ?? 'here'} in ${at.file} takes ${name} from the query, and its type is no plain value.`,
      why: 'What stands behind the question mark of an address is a text, a number or a list of them; dictionaries and nested models are not.',
      todo: `Take ${name} from the body, or give it a plain type.`,
      candidates: endpoint === undefined ? [] : fromBody(endpoint, name),
    });
  }),
};

/** Only for methods that have a body. */
function fromBody(endpoint: Endpoint, name: string): readonly Fix[] {
  const parameter = endpoint.parameters.find((each) => each.name === name);
  if (parameter === undefined || !/\.(?:post|put|patch|delete)$/.test(endpoint.decorator?.written ?? '')) return [];
  return fixOf({
    title: `Take ${name} from the body`, safety: 'likely',
    edits: inSequence(
      endpoint.file,
      (now) => callsOf(now, ['Query', 'fastapi.Query']).filter((call) => call.start >= parameter.node.startIndex && call.end <= parameter.node.endIndex).flatMap((call) => replaceCallee(now, call, 'Body')),
      (now) => (now.text === endpoint.file.text ? [] : importName(now, 'fastapi', 'Body')),
    ),
    explanation: 'A body of JSON can hold such a value.',
  });
}
