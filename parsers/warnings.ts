/** Warnings that stop nothing and explain what fails later: work that was never done, connections that never came to be. */
import type { Fault } from './evidence.ts';
import { summaryOf, withoutNumbers } from './found-fault.ts';
import type { FoundFault } from './found-fault.ts';
import type { Place } from './frames.ts';
import type { LogicalLine } from './logical-lines.ts';
import { mask } from './mask.ts';
import { isHeader } from './traceback-lines.ts';

/** `/app/src/main.py:21: RuntimeWarning: coroutine 'init_db' was never awaited` */
const NEVER_AWAITED = /^(?<file>[^\s:][^:]{0,400}):(?<line>\d{1,7}): RuntimeWarning: coroutine '(?<name>[^']{1,300})' was never awaited/;

/** `error connecting in 'pool-1': invalid connection option "database"`: psycopg's pool says only this, and later that its time is up */
const POOL = /error connecting in '(?<pool>[^']{1,100})': (?<reason>.{1,1000})/;

/** What psycopg's pool says while it tries: `psycopg_pool: error connecting in 'pool-1': …`, each reason once. */
export function poolFaults(lines: readonly LogicalLine[]): FoundFault[] {
  return lines.flatMap((line, at) => {
    const found = POOL.exec(line.text.slice(0, 1_500));
    if (!found) return [];
    const more = goingOn(lines, at);
    const text = mask([`psycopg_pool: ${found[0]}`, ...more].join('\n'));
    const fault: Fault = { form: 'log', during: 'background', chain: [], validation: [], summary: summaryOf(text), text, from: line.index, to: line.index + 1 };
    return [{ fault, weight: -1, signature: `pool ${withoutNumbers(text)}` }];
  });
}

/** libpq's own words may take several lines, which belong to no record of their own. */
function goingOn(lines: readonly LogicalLine[], at: number): readonly string[] {
  const rest = lines.slice(at + 1, at + 7);
  const end = rest.findIndex((line) => line.head || line.at - (lines[at]?.at ?? 0) > 0.5 || isHeader(line.text) || POOL.test(line.text.slice(0, 200)));
  return rest.slice(0, end < 0 ? undefined : end).map((line) => line.text.slice(0, 500));
}

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
