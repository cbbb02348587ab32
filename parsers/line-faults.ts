/** Faults told in a line: by the server, by a logger, or by nobody (the process just ended, or never went on). */
import stripAnsi from 'strip-ansi';
import type { BootOutput, HangDump } from './boot-output.ts';
import type { Fault } from './evidence.ts';
import { placeFor } from './frames.ts';
import { summaryOf, withoutNumbers } from './found-fault.ts';
import type { FoundFault } from './found-fault.ts';
import type { LogicalLine } from './logical-lines.ts';
import { mask } from './mask.ts';
import type { ServerLine } from './server-lines.ts';
import type { Timeline } from './timeline.ts';

const NO_EXCEPTION = { chain: [], validation: [] } as const;

/** What uvicorn, click, alembic or the shell said. */
export function serverFault(lines: readonly LogicalLine[], found: ServerLine, timeline: Timeline): FoundFault {
  const { text, start, end, ...server } = found;
  const from = lines[start]?.index ?? 0;
  const hint = found.problem === 'factory-detected';
  const during = hint || (timeline.complete !== -1 && found.problem !== 'bind') ? 'background' : 'start';
  const whole = lines.slice(start, end).map((line) => line.text).join('\n');
  const fault: Fault = { ...NO_EXCEPTION, form: 'server', during, summary: summaryOf(text), text: whole, from, to: (lines[end - 1]?.index ?? from) + 1, server };
  return { fault, weight: hint ? -1 : found.problem === 'alembic' ? 1.5 : 3, signature: `server ${withoutNumbers(text)}` };
}

/** Records that only wrap what another line says. */
const ENVELOPE =
  /^(?:Application (?:startup|shutdown) failed|Traceback \(most recent call last|\s*\+ Exception Group Traceback|Exception in ASGI application|Exception in worker process|Exception in 'lifespan' protocol|ASGI 'lifespan' protocol appears unsupported|Worker failed to boot|Worker \(pid:\d+\)|Shutting down: Master|Reason: Worker failed|Child process \[\d+\])/;

/** ERROR and CRITICAL records that no traceback and no known one-liner belongs to. `taken` holds positions that are used already. */
export function logFaults(lines: readonly LogicalLine[], taken: ReadonlySet<number>, timeline: Timeline): FoundFault[] {
  return lines.flatMap((line, at) => {
    if (!line.head || (line.level !== 'ERROR' && line.level !== 'CRITICAL') || taken.has(at) || line.text.trim() === '' || ENVELOPE.test(line.text)) return [];
    const end = endOfRecord(lines, at, taken);
    const text = lines.slice(at, end).map((part) => part.text).join('\n').trimEnd();
    const stops = lines.slice(end, end + 3).some((next) => next.text.startsWith('Application startup failed'));
    const fault: Fault = { ...NO_EXCEPTION, form: 'log', during: duringOf(line.index, timeline), summary: summaryOf(text), text, from: line.index, to: (lines[end - 1]?.index ?? line.index) + 1 };
    return [{ fault, weight: stops ? 2.8 : line.level === 'CRITICAL' ? 0.5 : 0, signature: `log ${withoutNumbers(line.text)}` }];
  });
}

function endOfRecord(lines: readonly LogicalLine[], at: number, taken: ReadonlySet<number>): number {
  let end = at + 1;
  while (end < lines.length && end - at < 40 && !taken.has(end) && !lines[end]?.head && lines[end]?.text.trim() !== '') end += 1;
  return end;
}

function duringOf(index: number, timeline: Timeline): Fault['during'] {
  if (timeline.shutdown !== -1 && index > timeline.shutdown) return 'shutdown';
  return timeline.complete === -1 ? 'start' : 'background';
}

const SIGNALS: Readonly<Record<number, string>> = { 132: 'SIGILL', 134: 'SIGABRT', 135: 'SIGBUS', 136: 'SIGFPE', 137: 'SIGKILL', 139: 'SIGSEGV', 143: 'SIGTERM' };

/** The process ended; null while it lives. A signal or a lack of memory weighs more than any line printed before it. */
export function exitFault(output: BootOutput): FoundFault | null {
  const { exit } = output;
  if (!exit) return null;
  const signal = exit.signal ?? SIGNALS[exit.code ?? 0];
  const said = lastWords(output);
  const how = exit.oom ? 'was killed because it used too much memory' : signal ? `was ended by ${signal}` : `ended with exit code ${exit.code ?? 'unknown'}`;
  // An access log line says nothing about the end.
  const words = said.findLast((text) => !/^(?:INFO|DEBUG)[: ]|" [1-5]\d\d\b/.test(text));
  const summary = summaryOf(`The server ${how}${words === undefined ? ' without a word' : `; its last line: ${words}`}`);
  const from = said.length > 0 ? Math.max(0, output.lines.length - LAST_WORDS) : -1;
  const fault: Fault = { ...NO_EXCEPTION, form: 'exit', during: 'start', summary, text: [summary, ...said].join('\n'), from, to: from === -1 ? -1 : output.lines.length };
  return { fault, weight: exit.oom ? 2.9 : signal ? 2.2 : -0.5, signature: 'exit' };
}

/** As many lines as a person reads to see how something ended. */
const LAST_WORDS = 20;

/** The last lines that are not blank, masked. */
export function lastWords(output: BootOutput): string[] {
  return output.lines.slice(-LAST_WORDS).map((line) => mask(stripAnsi(line.text)).trimEnd()).filter((text) => text !== '');
}

/** No progress until the time-out; says where the user's own code waits. */
export function hangFault(output: BootOutput): FoundFault | null {
  if (!output.markers.timedOut && output.hang.length === 0) return null;
  const place = placeFor(output.paths);
  const shown = output.hang.map((dump) => describe(dump, place));
  const waits = shown.map((dump) => dump.waitsAt).find((at) => at !== null);
  const seconds = Math.round(output.timings.total);
  const summary = summaryOf(`No progress for ${seconds} s${waits ? `; the code waits at ${waits}` : ''}`);
  const fault: Fault = { ...NO_EXCEPTION, form: 'hang', during: 'start', summary, text: [summary, ...shown.map((dump) => dump.text)].join('\n'), from: -1, to: -1 };
  return { fault, weight: 2.1, signature: 'hang' };
}

function describe(dump: HangDump, place: ReturnType<typeof placeFor>): { text: string; waitsAt: string | null } {
  const frames = dump.frames.map((frame) => ({ ...frame, ...place(frame.file) }));
  const inner = frames.findLast((frame) => frame.owner === 'tree');
  const lines = frames.map((frame) => `  File "${frame.file}", line ${frame.line}, in ${frame.function}`);
  return { text: [`${dump.kind} ${dump.name}:`, ...lines].join('\n'), waitsAt: inner ? `${inner.file}:${inner.line} in ${inner.function}` : null };
}
