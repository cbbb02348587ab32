import type { Fault } from '../../parsers/evidence.ts';
import { ownFrame } from '../mechanisms/faults.ts';
import { firstLine, steady } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'startup-error-swallowed';

/** The server is up, answers, and has said in its log that a step of its start-up broke on a mistake in the code. */
export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'A step of the start-up fails, is logged and forgotten, and the server says that it is well.',
  refines: ['unknown-failure', 'request-fails'],
  lastResort: true,
  detect: (evidence) => (evidence.stage !== 'health' ? [] : evidence.faults.flatMap((fault, at) => (isSwallowed(fault) ? [{ ...findingFor(fault), explains: [at] }] : []))),
};

/** Printed beside a start that went on: the outermost frame is the line of the tree that caught it. */
function isSwallowed(fault: Fault): boolean {
  return fault.form === 'exception' && fault.during === 'background' && fault.chain.at(-1)?.frames[0]?.owner === 'tree';
}

function findingFor(fault: Fault): Finding {
  const last = fault.chain.at(-1);
  const own = last === undefined ? undefined : ownFrame(last);
  const caught = last?.frames[0];
  return {
    kind, stage: 'lifespan', severity: 'CRITICAL', category: 'ENTRYPOINT', file: own?.file ?? '', ...(own === undefined ? {} : { line: own.line }), facts: { type: last?.type ?? '', said: steady(last?.message ?? ''), file: own?.file ?? '' },
    what: `A step of the start-up fails in ${own?.file ?? 'the code'}, and the server starts as if nothing had happened: ${firstLine(`${last?.type ?? ''}: ${last?.message ?? ''}`, 200)}`,
    why: `${caught === undefined ? 'The code' : `${caught.function} in ${caught.file}`} catches the error and only logs it. What the step should have done is missing, and the health route does not know.`,
    todo: 'Correct the step; and let errors of steps that the server needs end the start, so that it is seen at once.',
    candidates: [],
  };
}
