import type { Evidence, Fault } from '../../parsers/evidence.ts';
import type { Source } from '../../source/types.ts';
import { fileOfModule, targetParts } from '../mechanisms/apps.ts';
import { manifestOf } from '../mechanisms/distributions.ts';
import { ownFrame } from '../mechanisms/faults.ts';
import { firstLine, steady } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'process-died-after-start';

export const rule: Rule = {
  kind,
  stage: 'settle',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'The server starts, answers, and then ends by itself.',
  refines: ['unknown-failure'],
  lastResort: true,
  detect: (evidence, source) => {
    if (evidence.stage !== 'settle' && !isGone(evidence)) return [];
    const exit = evidence.faults.findIndex((fault) => fault.form === 'exit');
    const ended = evidence.faults.findIndex(endsProcess);
    const cause = ended >= 0 ? ended : evidence.faults.findIndex((fault) => fault.form === 'exception' || (fault.form === 'log' && fault.during !== 'background'));
    // What broke off because of the end, and the silence after it, are the same fault.
    const along = evidence.faults.flatMap((fault, at) => (ended >= 0 && (endsProcess(fault) || fault.form === 'http') ? [at] : []));
    const at = [...new Set([cause, exit, ...along])].filter((index) => index >= 0);
    return at.length === 0 ? [] : [{ ...findingFor(evidence.faults[cause] ?? evidence.faults[exit], source), explains: at }];
  },
};

/** A line of the tree ended the process: `sys.exit()` in a task or a thread. */
function endsProcess(fault: Fault): boolean {
  return fault.form === 'exception' && fault.chain.some((link) => /^(?:SystemExit|KeyboardInterrupt)$/.test(link.type) && ownFrame(link) !== undefined);
}

/** It was up, and nobody is there any more. */
function isGone(evidence: Evidence): boolean {
  return evidence.stage === 'health' && evidence.faults.some(({ http }) => http?.error === 'refused' || http?.error === 'reset') && evidence.faults.some(endsProcess);
}

function findingFor(fault: Fault | undefined, source: Source): Finding {
  const last = fault?.chain.find((link) => /^(?:SystemExit|KeyboardInterrupt)$/.test(link.type)) ?? fault?.chain.at(-1);
  const own = fault?.chain.toReversed().map(ownFrame).find((frame) => frame !== undefined);
  const said = last === undefined ? firstLine(fault?.summary ?? 'The process ended') : firstLine(`${last.type}: ${last.message}`);
  return {
    kind, stage: 'settle', severity: 'CRITICAL', category: 'ENTRYPOINT', file: own?.file ?? fileOfModule(targetParts(source.run.app).module, source)?.path ?? manifestOf(source),
    ...(own === undefined ? {} : { line: own.line }), facts: { type: last?.type ?? '', said: steady(last?.message ?? said), file: own?.file ?? '' },
    what: `The server came up and answered, and then ended by itself: ${said}`,
    why: own === undefined
      ? 'Something that runs beside the requests ended the whole process: a background task, a thread, a timer or the system.'
      : `${own.file} ended the whole process while it ran beside the requests.`,
    todo: own === undefined ? 'Look for what runs in the background after the start, and for calls of sys.exit or os._exit.' : `Correct ${own.file} so that a failure there does not end the server.`,
    candidates: [],
  };
}
