/** The few lines of a boot's output that prove a finding. */
import type { ExceptionInfo, Fault, Frame } from '../../parsers/evidence.ts';
import type { Finding } from '../../scenarios/types.ts';
import type { BootRecord } from '../types.ts';

const MAX_LENGTH = 600;

/** What the server printed about `finding` at its boot; empty when the boot did not print it (a finding of the scan). */
export function excerpt(finding: Finding, boot: BootRecord | undefined): string {
  const fault = boot && faultOf(finding, boot);
  return fault ? faultExcerpt(fault) : '';
}

/** Where in the user's own code, its line, and the error; what was printed for faults without a traceback. */
export function faultExcerpt(fault: Fault): string {
  return shorten(describe(fault));
}

/** The fault that names what the finding is about, else the fault that stopped the boot when this finding was the one blocking it. */
function faultOf(finding: Finding, boot: BootRecord): Fault | undefined {
  const words = Object.values(finding.facts).filter((word) => word.length > 2);
  const named = boot.evidence.faults.filter((fault) => words.some((word) => fault.text.includes(word)));
  const inFile = (fault: Fault) => fault.text.includes(finding.file);
  return named.find(inFile) ?? named[0] ?? boot.evidence.faults.find(inFile) ?? boot.evidence.faults[0];
}

function describe(fault: Fault): string {
  const last = fault.chain.at(-1);
  if (fault.form === 'hang') return waiting(fault.text);
  if (!last) return fault.text || fault.summary;
  const frame = ownFrame(last) ?? fault.chain.map(ownFrame).find((found) => found !== undefined);
  return [...(frame ? frameLines(frame) : []), `${last.type}: ${last.message}`].join('\n');
}

/** Of a dump, the stacks that lead through the user's own code, and of these its own frames: the rest is the machinery of threads and of the event loop. */
function waiting(text: string): string {
  const [summary = '', ...stacks] = text.split(/\n(?=(?:thread|task) |$)/);
  const shown = stacks.flatMap((stack) => {
    const [head = '', ...frames] = stack.split('\n');
    const own = frames.filter((frame) => /^ {2}File "(?![</])/.test(frame));
    return own.length === 0 ? [] : [head, ...own];
  });
  return [summary, ...shown].join('\n');
}

/** Innermost frame in the user's own code. */
function ownFrame(exception: ExceptionInfo): Frame | undefined {
  return exception.frames.findLast((frame) => frame.owner === 'tree');
}

function frameLines(frame: Frame): string[] {
  const place = `${frame.file}:${frame.line} in ${frame.function}`;
  return frame.source === undefined ? [place] : [place, `    ${frame.source}`];
}

function shorten(text: string): string {
  const trimmed = text.trim();
  return trimmed.length <= MAX_LENGTH ? trimmed : `${trimmed.slice(0, MAX_LENGTH - 1)}…`;
}
