/**
 * Python tracebacks out of log lines.
 *
 * The whole idea: a traceback is a small language that is printed line by line, and every dress it wears (a logger's prefix, JSON, a rich
 * box, colours) was taken off before. What remains has four kinds of lines, told apart by how they begin:
 *
 *   Traceback (most recent call last):        a header opens a block
 *     File "p", line 3, in f                  a frame; what follows deeper is its source, carets, annotations: only the first is kept
 *   ValueError: text                          column 0 ends the frames: type and message; further lines belong to the message
 *   During handling of the above …            a link between two blocks makes a chain
 *
 * so one cursor walks forward and never back, which makes the parser linear. The rest is where the language is not that clean:
 *
 * - Messages have several lines and may hold blank ones (`[SQL: …`, pydantic's link): reading goes on past a blank line only when what
 *   follows is known to belong to it. Notes (PEP 678) look like message lines, so they are in both `message` and `notes`.
 * - The SyntaxError family prints its place as a frame without `, in`; run as a script there is not even a header.
 * - An exception group draws a margin (`  | `) that deepens with each level; `readGroup` takes it off and parses what is inside again.
 * - faulthandler prints frames innermost first.
 * - loguru puts blank lines and `│ └ value` between frames and marks one with `>`.
 * - Two children that print at once double each line; a second header before the first frame shows it, and equal neighbours are merged.
 */
import type { ExceptionInfo, Frame } from './evidence.ts';
import { isGroupHeader, isHeader, isNoise, isWarning, LINKS, readMessage, splitExceptionLine } from './traceback-lines.ts';
import type { Cursor } from './traceback-lines.ts';
import type { LogicalLine } from './logical-lines.ts';
import { readFatalError } from './faulthandler.ts';
import { readGroup } from './exception-group.ts';
import { pydanticCode } from './pydantic.ts';
import type { Place } from './frames.ts';

export interface TracebackBlock {
  /** Oldest first. Never empty. */
  readonly chain: readonly ExceptionInfo[];
  /** Positions in the list of logical lines; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
}

/** Finds all tracebacks of one stream, in printed order. */
export function tracebacks(lines: readonly LogicalLine[], place: Place): TracebackBlock[] {
  const blocks: TracebackBlock[] = [];
  for (let at = 0; at < lines.length; ) {
    const text = lines[at]?.text ?? '';
    const fatal = text.startsWith('Fatal Python error: ') ? readFatalError(lines, at, place) : null;
    const found = fatal ?? (isHeader(text) || isBareSyntaxError(lines, at) ? readChain(lines, at, place) : null);
    if (found && found.chain.length > 0) blocks.push({ chain: found.chain, start: at, end: found.end });
    at = found ? Math.max(found.end, at + 1) : at + 1;
  }
  return blocks;
}

export interface Chain {
  readonly chain: ExceptionInfo[];
  readonly end: number;
}

/** Reads linked blocks beginning at a header; `end` is behind the last line that belongs to them. */
export function readChain(lines: readonly LogicalLine[], from: number, place: Place): Chain {
  const chain: ExceptionInfo[] = [];
  let at = from;
  for (;;) {
    const one = isGroupHeader(lines[at]?.text ?? '') ? readGroup(lines, at, place) : readOne(lines, at, place);
    chain.push(...one.chain);
    at = one.end;
    const linkAt = skipBlank(lines, at);
    const link = LINKS.get(lines[linkAt]?.text.trim() ?? '');
    const next = skipBlank(lines, linkAt + 1);
    const last = chain.at(-1);
    if (!link || !last || !isHeader(lines[next]?.text ?? '')) return { chain, end: at };
    chain.splice(-1, 1, { ...last, link });
    at = next;
  }
}

function skipBlank(lines: readonly LogicalLine[], from: number): number {
  let at = from;
  while (at < lines.length && lines[at]?.text.trim() === '') at += 1;
  return at;
}

/** `  File "/app/main.py", line 3, in f` and, with loguru's mark, `> File "/app/main.py", line 3, in f` */
const FRAME = /^(?:  |> )File "(?<file>[^"]*)", line (?<line>\d{1,9})(?:, in (?<name>.*))?$/;
/** `    ^^^^`, `    ~~~^^^~~`, `    ...<46 lines>...`, `    │  └ <function f>`, `  [Previous line repeated 990 more times]` */
const NOT_SOURCE = /^\s*(?:[~^ ]+$|\.\.\.<\d+ lines>\.\.\.$|[│└]|\[Previous line repeated \d+ more times?\])/;

function isBareSyntaxError(lines: readonly LogicalLine[], at: number): boolean {
  const found = FRAME.exec(lines[at]?.text ?? '')?.groups;
  if (!found || found['name'] !== undefined) return false;
  return lines.slice(at + 1, at + 5).some((line) => /^(?:SyntaxError|IndentationError|TabError): /.test(line.text));
}

interface Reading {
  readonly frames: Frame[];
  /** Place of a SyntaxError: a frame without function. */
  syntax: { file: string; line: number; column?: number; source?: string } | null;
  doubled: boolean;
}

/** One exception: frames, then its line and message. */
export function readOne(lines: readonly LogicalLine[], from: number, place: Place): Chain {
  const reading: Reading = { frames: [], syntax: null, doubled: false };
  let at = isHeader(lines[from]?.text ?? '') ? from + 1 : from;
  let strange = 0;
  for (; at < lines.length; at += 1) {
    const line = lines[at];
    if (!line || line.head || LINKS.has(line.text.trim())) break;
    if (isHeader(line.text)) {
      // Two processes print at once: the second header arrives before the first frame.
      if (reading.frames.length > 0) break;
      reading.doubled = true;
    } else if (!readFrameLine(line.text, reading, place)) {
      const split = isWarning(line.text) ? null : splitExceptionLine(line.text);
      if (split) return finish(lines, { at, from, lines }, split, reading);
      strange += 1;
      // A warning of another thread may stand between two frames; anything else that is known to be new ends them.
      if (strange > 5 || (isNoise(line.text) && !isWarning(line.text))) break;
    }
  }
  return { chain: unfinished(reading), end: at };
}

/** True when the line belongs to the frames: a frame, its source, something to skip. */
function readFrameLine(text: string, reading: Reading, place: Place): boolean {
  const found = FRAME.exec(text)?.groups;
  if (found) {
    addFrame(found['file'] ?? '', Number(found['line']), found['name'], reading, place);
    return true;
  }
  if (text.trim() === '') return true;
  if (!/^(?: {2}|\t)/.test(text)) return false;
  if (reading.syntax) readSyntaxSource(text, reading.syntax);
  else if (/^(?: {4}|\t)/.test(text) && !NOT_SOURCE.test(text)) addSource(text.trim(), reading);
  return true;
}

function addFrame(file: string, line: number, name: string | undefined, reading: Reading, place: Place): void {
  if (name === undefined) {
    reading.syntax = { file: place(file).file, line };
    return;
  }
  const last = reading.frames.at(-1);
  const frame: Frame = { ...place(file, name), line, function: name };
  if (reading.doubled && last && last.file === frame.file && last.line === line && last.function === name) return;
  reading.frames.push(frame);
}

function addSource(source: string, reading: Reading): void {
  const last = reading.frames.at(-1);
  if (last && last.source === undefined) reading.frames.splice(-1, 1, { ...last, source });
}

function readSyntaxSource(text: string, syntax: NonNullable<Reading['syntax']>): void {
  const caret = /^ *(?<caret>[\^~]+)\s*$/.exec(text)?.groups?.['caret'];
  if (caret !== undefined && syntax.source !== undefined) syntax.column ??= Math.max(1, text.indexOf(caret) - 3);
  else syntax.source ??= text.trim();
}

function finish(lines: readonly LogicalLine[], cursor: Cursor, split: { type: string; first: string }, reading: Reading): Chain {
  const { message, notes, end } = readMessage(lines, cursor.at, split, reading.doubled);
  const syntax = reading.syntax ?? syntaxFromMessage(split.type, message, reading.frames);
  const code = pydanticCode(message);
  const exception: ExceptionInfo = { type: split.type, message, notes, frames: reading.frames, ...(syntax ? { syntax } : {}), ...(code ? { code } : {}) };
  return { chain: [exception], end };
}

/** `Non-UTF-8 code starting with '\xe9' in file /app/main.py on line 3, but no encoding declared` has its place in the words. */
function syntaxFromMessage(type: string, message: string, frames: readonly Frame[]): ExceptionInfo['syntax'] | null {
  if (type !== 'SyntaxError') return null;
  const found = /in file (?<file>\S{1,400}) on line (?<line>\d{1,9})/.exec(message)?.groups;
  if (!found) return null;
  const file = found['file'] ?? '';
  // Made relative as the frames were: a frame of the tree tells nothing about another file, so only an equal tail counts.
  const known = frames.find((frame) => frame.owner === 'tree' && file.endsWith(`/${frame.file}`));
  return { file: known?.file ?? file, line: Number(found['line']) };
}

/** The log ended, or was cut, before the exception was named. */
function unfinished(reading: Reading): ExceptionInfo[] {
  if (reading.frames.length === 0) return [];
  return [{ type: 'Exception', message: '(the traceback was cut off before its exception)', notes: [], frames: reading.frames }];
}
