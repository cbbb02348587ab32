/** Warnings that tell of work that was never done. They stop nothing, and often explain what fails later. */
import type { Fault } from './evidence.ts';
import { summaryOf, withoutNumbers } from './found-fault.ts';
import type { FoundFault } from './found-fault.ts';
import type { Place } from './frames.ts';
import type { LogicalLine } from './logical-lines.ts';

/** `/app/src/main.py:21: RuntimeWarning: coroutine 'init_db' was never awaited` */
const NEVER_AWAITED = /^(?<file>[^\s:][^:]{0,400}):(?<line>\d{1,7}): RuntimeWarning: coroutine '(?<name>[^']{1,300})' was never awaited/;

/** One fault for each call whose coroutine nobody waited for: `src/main.py:21: coroutine 'init_db' was never awaited`. */
export function warningFaults(lines: readonly LogicalLine[], place: Place): FoundFault[] {
  return lines.flatMap((line) => {
    const found = NEVER_AWAITED.exec(line.text.slice(0, 1_000))?.groups;
    if (!found) return [];
    const text = `${place(found['file'] ?? '').file}:${found['line'] ?? ''}: coroutine '${found['name'] ?? ''}' was never awaited`;
    const fault: Fault = { form: 'log', during: 'background', chain: [], validation: [], summary: summaryOf(text), text, from: line.index, to: line.index + 1 };
    return [{ fault, weight: -1, signature: `warning ${withoutNumbers(text)}` }];
  });
}
