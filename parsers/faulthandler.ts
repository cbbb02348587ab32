/** What faulthandler prints when the interpreter itself dies. Its frames are innermost first and have no comma before `in`. */
import type { Frame } from './evidence.ts';
import type { Place } from './frames.ts';
import type { LogicalLine } from './logical-lines.ts';
import type { Chain } from './traceback.ts';

/** `Current thread 0x00007f2a (most recent call first):`, `Current thread 0x00007f2a [python] (most recent call first):` */
const CURRENT = /^Current thread 0x[0-9a-f]+[^(]{0,100}\(most recent call first\):/;
/** `  File "/app/main.py", line 5 in <module>` */
const FRAME = /^ {2}File "(?<file>[^"]*)", line (?<line>\d{1,9}) in (?<name>.*)$/;

/** Reads from `Fatal Python error: Segmentation fault` to the last frame of the current thread. */
export function readFatalError(lines: readonly LogicalLine[], from: number, place: Place): Chain {
  const message = (lines[from]?.text ?? '').slice('Fatal Python error: '.length);
  const frames: Frame[] = [];
  let inCurrent = false;
  let end = from + 1;
  for (; end < lines.length && end - from < 400; end += 1) {
    const text = lines[end]?.text ?? '';
    if (lines[end]?.head || text.startsWith('Traceback ')) break;
    const found = FRAME.exec(text)?.groups;
    if (found && inCurrent) frames.unshift({ ...place(found['file'] ?? ''), line: Number(found['line']), function: found['name'] ?? '' });
    else if (CURRENT.test(text)) inCurrent = true;
    else if (text.trim() === '' && frames.length > 0) break;
  }
  return { chain: [{ type: 'Fatal Python error', message, notes: [], frames }], end };
}
