import { raised } from '../mechanisms/faults.ts';
import { lifespanArgument } from '../mechanisms/lifespans.ts';
import { startUpOf } from '../mechanisms/start-up.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'lifespan-no-yield';

/** `generator didn't yield` */
const NO_YIELD = /^generator didn't yield/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'A path through the lifespan reaches no yield.',
  refines: ['request-fails'],
  detect: (evidence, source) => raised(evidence, ['RuntimeError'], NO_YIELD).map((seen): Finding => {
    const given = lifespanArgument(source);
    const start = startUpOf(source);
    const [file, name, node] = given?.node === undefined ? [start?.file, start?.name, start?.node] : [given.file, given.name, given.node];
    const early = node?.descendantsOfType('return_statement').find((each) => each !== null);
    const line = (early ?? node)?.startPosition.row;
    return {
      kind, stage: seen.fault.during === 'request' ? 'health' : 'lifespan', severity: 'CRITICAL', category: 'ENTRYPOINT', file: file?.path ?? '', ...(line === undefined ? {} : { line: line + 1 }), facts: { file: file?.path ?? '', name: name ?? '' },
      what: `${name ?? 'A context manager'} ends before it has come to its yield, so the app never starts.`,
      why: 'The server runs while the lifespan waits at its yield. A return before it, or a condition around it, lets the function end too early.',
      todo: `Let every path through ${name ?? 'the function'} reach exactly one yield; raise an error where the app must not start.`,
      candidates: [], explains: [seen.at],
    };
  }),
};
