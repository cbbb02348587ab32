import { setKeyword } from '../../source/edits.ts';
import { endpointAt } from '../mechanisms/endpoints.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Rule } from '../types.ts';

const kind = 'fastapi-204-body';

/** `Status code 204 must not have a response body` */
const BODY = /^Status code (?<code>\d{3}) must not have a response body/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A route answers with a status that has no body, and declares one.',
  detect: (evidence, source) => refused(evidence, source, ['AssertionError'], BODY).map((at) => {
    const code = at.seen.match?.groups?.['code'] ?? '204';
    const file = source.files.get(at.file);
    const endpoint = file === undefined ? undefined : endpointAt(file, at.line);
    const decorator = endpoint?.decorator;
    return refusal(kind, at, {
      facts: { file: at.file, endpoint: endpoint?.name ?? '' },
      what: `The route ${endpoint?.name ?? 'here'} in ${at.file} answers ${code}, and declares a response model.`,
      why: `An answer with the status ${code} has no body; FastAPI takes the response model, or the return type, for one.`,
      todo: `Say response_model=None in the decorator, or answer with another status.`,
      candidates: file === undefined || decorator === undefined ? [] : fixOf({
        title: `Say response_model=None for ${endpoint?.name ?? 'the route'}`, safety: 'likely', edits: setKeyword(file, decorator, 'response_model', 'None'),
        explanation: `The status ${code} says that there is nothing to send, so there is nothing to model.`,
      }),
    });
  }),
};
