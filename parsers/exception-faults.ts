/** Tracebacks of one stream → faults: when each was printed, and how surely it ended the start. */
import type { ExceptionInfo, Fault } from './evidence.ts';
import { summaryOf, withoutNumbers } from './found-fault.ts';
import type { FoundFault } from './found-fault.ts';
import type { LogicalLine } from './logical-lines.ts';
import { validationItems } from './pydantic.ts';
import type { Timeline } from './timeline.ts';
import type { TracebackBlock } from './traceback.ts';
import { isHeader } from './traceback-lines.ts';

/** `Exception in ASGI application`, `Exception on GET /x`, `Internal Server Error: /x` (Django), `Uncaught exception (connection …)` (Litestar) */
const REQUEST = /Exception in ASGI application|Exception on (?:GET|POST|request)|Internal Server Error: \/|Uncaught exception \(connection|Error handling request|Exception in (?:HTTP|websocket) /i;
/** `Task exception was never retrieved`, `Exception ignored in: <…>`, `Exception in thread Thread-1:`, `Exception in callback …` */
const BACKGROUND = /^(?:Task|Future) exception was never retrieved|^Exception ignored |^Exception in thread |^Exception in callback |^--- Logging error ---/;

interface Surroundings {
  /** The record that the traceback belongs to, when a logger printed it. */
  readonly head: LogicalLine | null;
  /** Position where the whole report begins, its introducing line included. */
  readonly start: number;
  readonly introduction: string;
}

/** The block as faults: one, or one per member when the last exception is a group. */
export function exceptionFaults(lines: readonly LogicalLine[], block: TracebackBlock, timeline: Timeline): FoundFault[] {
  const around = surroundings(lines, block.start);
  const from = lines[around.start]?.index ?? 0;
  const during = duringOf(block, around, from, timeline);
  const weight = weightOf(lines, block, around, during);
  const text = textOf(lines.slice(around.start, block.end));
  const to = (lines[block.end - 1]?.index ?? from) + 1;
  return leafChains(block.chain).map((chain) => {
    const fault: Fault = { form: 'exception', during, chain, validation: validationItems(chain), summary: exceptionSummary(chain), text, from, to };
    return { fault, weight, signature: signatureOf(chain) };
  });
}

/** `Type: message` of the last exception. */
export function exceptionSummary(chain: readonly ExceptionInfo[]): string {
  const last = chain.at(-1);
  if (!last) return '';
  const first = summaryOf(last.message);
  // pydantic's first line only counts; the first location says which.
  const detail = /validation errors? for /.test(first) ? last.message.split('\n').slice(1, 3).map((line) => line.trim()).join(': ').replace(/ \[type=.*$/, '') : '';
  return summaryOf(`${last.type}${first && `: ${first}`}${detail && `: ${detail}`}`);
}

function surroundings(lines: readonly LogicalLine[], start: number): Surroundings {
  const own = lines[start];
  if (own?.head) return { head: own, start, introduction: '' };
  for (let at = start - 1; at >= Math.max(0, start - 4); at -= 1) {
    const line = lines[at];
    if (!line || isHeader(line.text) || /^ +File "/.test(line.text)) break;
    const reports = line.head && (line.level === 'ERROR' || line.level === 'CRITICAL' || line.level === 'WARNING');
    if (reports || BACKGROUND.test(line.text) || REQUEST.test(line.text)) return { head: line.head ? line : null, start: at, introduction: line.text };
    if (line.head) break;
  }
  return { head: null, start, introduction: '' };
}

function duringOf(block: TracebackBlock, around: Surroundings, from: number, timeline: Timeline): Fault['during'] {
  const { introduction } = around;
  if (REQUEST.test(introduction) || (timeline.complete !== -1 && isRequest(block.chain))) return 'request';
  if (BACKGROUND.test(introduction)) return 'background';
  if (timeline.shutdown !== -1 && from > timeline.shutdown) return 'shutdown';
  // The server was up, or came up later all the same: the process lived on.
  return timeline.complete === -1 ? 'start' : 'background';
}

/** `…/uvicorn/protocols/http/h11_impl.py`, `…/starlette/middleware/errors.py` are only on the stack while a request is answered. */
function isRequest(chain: readonly ExceptionInfo[]): boolean {
  return chain.some((exception) => exception.frames.some((frame) => /\/uvicorn\/protocols\/|\/hypercorn\/protocol\/|\/starlette\/middleware\/errors\.py$/.test(frame.file)));
}

function weightOf(lines: readonly LogicalLine[], block: TracebackBlock, around: Surroundings, during: Fault['during']): number {
  if (during === 'request' || during === 'shutdown') return 1;
  if (BACKGROUND.test(around.introduction)) return 0;
  const after = lines.slice(block.end, block.end + 4);
  if (after.some((line) => line.text.startsWith('Application startup failed'))) return 3;
  if (around.head && !/^Exception in (?:worker process|'lifespan' protocol)/.test(around.introduction)) return 1;
  // What the interpreter prints on its way out begins at the program's first line; a caught and printed exception begins where it was caught.
  const last = block.chain.at(-1);
  const outermost = last?.frames[0];
  const complete = !outermost || outermost.owner === 'server' || outermost.function === '<module>' || last?.type === 'Fatal Python error';
  return complete ? 2.5 : 2;
}

/** A group's members are the faults; the group itself goes before each of them. */
function leafChains(chain: readonly ExceptionInfo[]): ExceptionInfo[][] {
  const last = chain.at(-1);
  if (!last?.members || last.members.length === 0) return [[...chain]];
  const groups: ExceptionInfo[][] = [];
  let current: ExceptionInfo[] = [];
  for (const member of last.members) {
    current.push(member);
    if (member.link === undefined) {
      groups.push(current);
      current = [];
    }
  }
  if (current.length > 0) groups.push(current);
  return groups.flatMap(leafChains).map((members) => [...chain.slice(0, -1), { ...last, link: 'context' as const }, ...members]);
}

function signatureOf(chain: readonly ExceptionInfo[]): string {
  const last = chain.at(-1);
  const inner = last?.frames.at(-1);
  const where = last?.syntax ?? inner;
  return `exception ${last?.type} ${withoutNumbers(last?.message ?? '')} ${where?.file}:${where?.line}`;
}

/** Lines that loguru adds below the source (`│ └ <value>`) show values of variables, secrets among them. */
function textOf(lines: readonly LogicalLine[]): string {
  return lines.filter((line) => !/^\s*(?:│|└)/.test(line.text)).map((line) => line.text).join('\n').trimEnd();
}
