import { callsOf } from '../../source/python.ts';
import type { Source } from '../../source/types.ts';
import { hangs } from '../mechanisms/hangs.ts';
import type { Hang } from '../mechanisms/hangs.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'startup-lock-never-released';

/** `async with LOCK:`, `with self._lock:`, `await LOCK.acquire()` */
const TAKES = /^(?:async )?with (?<lock>[\w.]+)(?: as \w+)?:|(?:await )?(?<other>[\w.]+)\.acquire\(/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'The start-up waits for a lock that nobody gives back.',
  refines: ['startup-hang-lifespan', 'startup-blocking-call'],
  detect: (evidence, source) => hangs(evidence, source).flatMap((hang): readonly Finding[] => {
    const groups = TAKES.exec(hang.text)?.groups;
    const lock = groups?.['lock'] ?? groups?.['other'];
    const made = lock === undefined ? undefined : lockMaker(source, lock);
    if (lock === undefined || made === undefined) return [];
    const holder = heldBy(source, hang, lock);
    return [{
      kind, stage: evidence.stage, severity: 'CRITICAL', category: 'ENTRYPOINT', file: hang.file.path, line: hang.line, facts: { file: hang.file.path, function: hang.name, lock },
      what: `The start-up waits in ${hang.file.path} (${hang.name}) for ${lock}, which is never released.`,
      why: holder === undefined
        ? `Something else holds ${lock} and does not let it go: a holder that waits for the start-up itself, or that ended without releasing it.`
        : `${holder} holds ${lock} already and calls ${hang.name}, which waits for the same lock: it waits for itself.`,
      todo: `Release ${lock} before ${hang.name} is called, or do not take it twice.`,
      candidates: holder === undefined ? [] : reentrant(made), explains: [hang.at],
    }];
  }),
};

function lockMaker(source: Source, lock: string): ReturnType<typeof callsOf>[number] | undefined {
  const last = lock.slice(lock.lastIndexOf('.') + 1);
  return [...source.files.values()].flatMap((file) => (file.path.endsWith('.py') && file.text.includes(last) ? callsOf(file) : []))
    .find((call) => call.assignedTo?.split(':')[0]?.trim().endsWith(last) === true && /(?:^|\.)(?:Lock|Semaphore|BoundedSemaphore|Condition)$/.test(call.callee));
}

/** A frame further out in the same stack whose line took the lock. */
function heldBy(source: Source, hang: Hang, lock: string): string | undefined {
  const outer = hang.stack.slice(0, hang.stack.findLastIndex((frame) => frame.file === hang.file.path && frame.line === hang.line));
  return outer.findLast((frame) => {
    const lines = source.files.get(frame.file)?.text.split('\n').slice(Math.max(0, frame.line - 30), frame.line) ?? [];
    return lines.some((line) => TAKES.exec(line.trim())?.groups?.['lock'] === lock);
  })?.function;
}

/** A thread may take an RLock again that it holds already. asyncio has no such lock. */
function reentrant(made: ReturnType<typeof callsOf>[number]): readonly Fix[] {
  if (made.callee !== 'threading.Lock') return [];
  const written = made.written.replace(/Lock$/, 'RLock');
  return made.written === 'threading.Lock' ? fixOf({
    title: `Make ${made.assignedTo ?? 'the lock'} one that its own thread may take again`, safety: 'likely', edits: [{ file: made.file, old: made.written, new: written, at: made.calleeSpan.start }],
    explanation: 'An RLock still keeps other threads out; the thread that holds it may enter again instead of waiting for itself.',
  }) : [];
}
