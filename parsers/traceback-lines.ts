/** The kinds of lines a traceback is made of. Samples stand beside the patterns. */
import type { LogicalLine } from './logical-lines.ts';

export interface Cursor {
  readonly lines: readonly LogicalLine[];
  readonly from: number;
  readonly at: number;
}

/** What the interpreter prints between two blocks of a chain, and what it says about the earlier one. */
export const LINKS: ReadonlyMap<string, 'cause' | 'context'> = new Map([
  ['The above exception was the direct cause of the following exception:', 'cause'],
  ['During handling of the above exception, another exception occurred:', 'context'],
]);

/**
 * `Traceback (most recent call last):`, `Traceback (most recent call last, catch point marked):`, `  + Exception Group Traceback (most recent call last):`,
 * and what a program prints of its child: `Standard error: Traceback (most recent call last):`
 */
export function isHeader(text: string): boolean {
  return /^(?:(?:[\w ]{1,40}: ?)?Traceback \(most recent call last[^)]{0,40}\):|\s*(?:\+ )?Exception Group Traceback \(most recent call last\):)\s*$/.test(text.trimStart().slice(0, 200));
}

export function isGroupHeader(text: string): boolean {
  return /^\s*(?:\+ )?Exception Group Traceback /.test(text.slice(0, 200));
}

/** `Process SpawnProcess-1:`, `Exception ignored in: <…>`, `/x.py:3: RuntimeWarning: …`, `sys:1: ResourceWarning: …`, `Child process [8] died` */
const NOISE =
  /^(?:Process \w{1,60}-\d{1,6}:|Exception ignored |Task exception was never retrieved|Future exception was never retrieved|Exception in thread |[^\s:][^:]{0,400}:\d{1,7}: \w{0,60}Warning: |Child process \[\d+\] |Unclosed |Fatal Python error: |Extension modules: )/;

/** Lines that begin something new and belong to no message. */
export function isNoise(text: string): boolean {
  return NOISE.test(text.slice(0, 500));
}

/** `/app/main.py:19: RuntimeWarning: careful`, `Process SpawnProcess-8:` between the lines of another process, `RuntimeWarning: Enable tracemalloc to get …` */
export function isWarning(text: string): boolean {
  return /^(?:[^\s:][^:]{0,400}:\d{1,7}: \w{0,60}Warning: |Process \w{1,60}-\d{1,6}:|\w{1,60}Warning: Enable tracemalloc )/.test(text.slice(0, 500));
}

/** `sqlalchemy.exc.OperationalError: text`, `KeyError: 'x'`, `AssertionError`, `__main__.f.<locals>.Odd: text` */
const EXCEPTION = /^(?<type>[\p{L}_][\p{L}\p{N}_]{0,100}(?:\.(?:[\p{L}_][\p{L}\p{N}_]{0,100}|<locals>)){0,12})(?::(?: (?<first>.*))?)?$/su;

/** Type and first line of the message; null when the line ends no traceback. */
export function splitExceptionLine(text: string): { type: string; first: string } | null {
  const found = EXCEPTION.exec(text.trimEnd())?.groups;
  return found ? { type: found['type'] ?? '', first: found['first'] ?? '' } : null;
}

export interface Message {
  readonly message: string;
  readonly notes: string[];
  readonly end: number;
}

/** A message of more lines than this is a dump; the rest of it is skipped, not kept. */
const LONGEST_MESSAGE = 400;

/** Reads on from the exception line `at` for as long as the lines belong to its message. */
export function readMessage(lines: readonly LogicalLine[], at: number, split: { first: string }, doubled: boolean): Message {
  const kept = [split.first];
  const exceptionLine = lines[at]?.text;
  let end = at + 1;
  for (; end < lines.length && kept.length < LONGEST_MESSAGE; end += 1) {
    const line = lines[end];
    if (!line || startsSomethingNew(line, lines[end - 1], lines[end + 1])) break;
    if (doubled && line.text === exceptionLine) continue;
    if (line.text.trim() === '' && !goesOnAfterBlank(lines, end, kept)) break;
    kept.push(line.text);
  }
  while (kept.length > 1 && kept.at(-1)?.trim() === '') kept.pop();
  return { message: kept.join('\n').trimEnd(), notes: notesIn(kept), end };
}

function startsSomethingNew(line: LogicalLine, before: LogicalLine | undefined, after?: LogicalLine): boolean {
  // Printed in one go; a line half a second later is another event.
  if (before && line.at - before.at > 0.5) return true;
  // A logger without a handler prints its message bare, right above the next traceback.
  if (line.text.trim() !== '' && isHeader(after?.text ?? '')) return true;
  return line.head || isHeader(line.text) || LINKS.has(line.text.trim()) || isNoise(line.text);
}

function goesOnAfterBlank(lines: readonly LogicalLine[], at: number, kept: readonly string[]): boolean {
  if (hasOpenStatement(kept)) return true;
  let next = at;
  while (next < lines.length && lines[next]?.text.trim() === '') next += 1;
  const line = lines[next];
  if (line === undefined || line.head || kept.some((part) => part.startsWith('(Background on this error'))) return false;
  return /^(?:For further information visit |\(Background on this error at: |\[SQL: )/.test(line.text) || isLastWord(lines, next);
}

/** Nothing else follows to the end of the log: a message of several paragraphs that the process died with. */
function isLastWord(lines: readonly LogicalLine[], from: number): boolean {
  const rest = lines.slice(from, from + 61);
  return rest.length <= 60 && rest.every((line, at) => !startsSomethingNew(line, lines[from + at - 1]) && !/^(?:usage|Usage|Error): |^ +File "/.test(line.text));
}

/** `[SQL: \nCREATE TABLE x (` … `)\n\n]`: a statement holds blank lines until its bracket is closed at a line's end. */
function hasOpenStatement(kept: readonly string[]): boolean {
  const opened = kept.findLastIndex((line) => line.includes('[SQL: '));
  return opened !== -1 && kept.length - opened < 200 && !kept.slice(opened).some((line) => line.endsWith(']'));
}

/** Lines of known multi-line messages: `DETAIL:  …`, `[SQL: …`, `(Background on this error …`, pydantic's indented lines and locations. */
const OF_THE_MESSAGE = /^(?:\s|$|DETAIL:|HINT:|CONTEXT:|\[SQL|\[parameters|\(Background on|\[type=|For further information|Original exception was:)/;

/** The text cannot tell a note from a further line of the message; what is surely no note is left out. */
function notesIn(kept: readonly string[]): string[] {
  if (/validation errors? for /.test(kept[0] ?? '') || kept.some((line) => line.includes('[SQL: '))) return [];
  return kept.slice(1).filter((line) => !OF_THE_MESSAGE.test(line));
}
