/**
 * Raw lines of a boot → lines as the program meant them: one list per stream and service, colours and carriers gone,
 * JSON and logfmt records unfolded to their lines, rich boxes turned back into plain tracebacks, secrets masked.
 * Everything after this file reads plain text with `head` marking where a log record begins.
 */
import stripAnsi from 'strip-ansi';
import type { LogLine } from './boot-output.ts';
import { stripCarriers } from './carriers.ts';
import { mask } from './mask.ts';
import { recordHead } from './record-head.ts';
import type { Level } from './record-head.ts';
import { structuredRecord } from './structured-record.ts';
import { unboxRich } from './rich-box.ts';

export interface LogicalLine {
  /** Position in BootOutput.lines; several logical lines share one when a record was unfolded. */
  readonly index: number;
  readonly at: number;
  /** The message's first line when `head`, else the line as printed. Masked. */
  readonly text: string;
  /** A log record begins here. */
  readonly head: boolean;
  readonly level?: Level;
  readonly logger?: string;
}

/** A longer line is cut: no message needs more, and whatever reads lines later stays fast. */
const LONGEST_LINE = 20_000;

/** One list per stream (and per service behind a carrier), each in printed order. */
export function logicalLines(lines: readonly LogLine[]): LogicalLine[][] {
  const groups = new Map<string, LogicalLine[]>();
  for (const stream of ['stderr', 'stdout'] as const) {
    const indexes = lines.flatMap((line, index) => (line.stream === stream ? [index] : []));
    const carried = stripCarriers(indexes.map((index) => plain(lines[index]?.text ?? '')));
    carried.forEach(({ text, service }, position) => {
      const index = indexes[position] ?? 0;
      const key = `${stream} ${service}`;
      const group = groups.get(key) ?? [];
      groups.set(key, group);
      group.push(...unfold(text, index, lines[index]?.at ?? 0));
    });
  }
  return [...groups.values()].map((group) => unboxRich(joinSplitRecords(group)));
}

/** Colours as sent, and as other tools paste them: `←[31m`, `?[32m`. */
function plain(text: string): string {
  const bare = text.includes('\u001b') || text.includes('\u009b') ? stripAnsi(text) : text;
  return bare.replace(/[←?]\[\d{0,3}(?:;\d{1,3}){0,4}m/g, '').replace(/\r$/, '');
}

function unfold(text: string, index: number, at: number): LogicalLine[] {
  const record = structuredRecord(text);
  if (record) {
    const [first = '', ...more] = record.lines;
    const rest = more.map((line) => ({ index, at, text: tidy(line), head: false }));
    return [{ index, at, text: tidy(first), head: true, level: record.level, ...(record.logger ? { logger: record.logger } : {}) }, ...rest];
  }
  const found = recordHead(text);
  if (!found) return [{ index, at, text: tidy(text), head: false }];
  const { message, ...facts } = found;
  return [{ index, at, text: tidy(message), head: true, ...facts }];
}

function tidy(text: string): string {
  const masked = mask(text);
  return masked.length > LONGEST_LINE ? `${masked.slice(0, LONGEST_LINE)}…` : masked;
}

/** logfmt that puts each key on a line of its own: `timestamp=…` / `level=error` / `message=…` is one record. */
function joinSplitRecords(lines: readonly LogicalLine[]): LogicalLine[] {
  const out: LogicalLine[] = [];
  for (const line of lines) {
    const before = out.at(-1);
    const level = before && !before.head ? /^level=(?<level>\w{3,9})$/.exec(before.text)?.groups?.['level'] : undefined;
    const message = level && /^(?:message|msg)=(?<message>.*)/.exec(line.text)?.groups?.['message'];
    if (level && message !== undefined) {
      const known = recordHead(`${level.toUpperCase()}: ${message.replace(/^"|"$/g, '')}`);
      out.splice(-1, 1, { ...line, text: known?.message ?? message, head: true, ...(known?.level ? { level: known.level } : {}) });
    } else {
      out.push(line);
    }
  }
  return out;
}
