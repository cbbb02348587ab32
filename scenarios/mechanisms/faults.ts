/** Looking through the evidence: which exception, raised from where, of which fault. */
import type { Evidence, ExceptionInfo, Fault, Frame } from '../../parsers/evidence.ts';
import type { Stage } from '../../parsers/boot-output.ts';
import type { Finding } from '../types.ts';

/** One exception of the evidence, with the fault it belongs to. */
export interface Seen {
  /** Index in `Evidence.faults`. */
  readonly at: number;
  readonly fault: Fault;
  readonly exception: ExceptionInfo;
  /** The match of the message, when it was asked for. */
  readonly match: RegExpMatchArray | null;
}

/** Messages can be megabytes long (a server that prints its input); what identifies a fault stands at the beginning. */
const READ = 4_000;

/** `sqlalchemy.exc.InvalidRequestError` is an `InvalidRequestError`. */
export function isType(exception: ExceptionInfo, ...names: readonly string[]): boolean {
  const short = exception.type.slice(exception.type.lastIndexOf('.') + 1);
  return names.includes(short) || names.includes(exception.type);
}

function withMembers(exception: ExceptionInfo): readonly ExceptionInfo[] {
  return [exception, ...(exception.members ?? []).flatMap(withMembers)];
}

/**
 * Exceptions of the given types (any when empty) whose message matches, one per fault: the last raised first, since the earlier ones of a
 * chain are often tries that the program expected to fail.
 */
export function raised(evidence: Evidence, types: readonly string[], message?: RegExp): readonly Seen[] {
  return evidence.faults.flatMap((fault, at) => {
    for (const exception of fault.chain.toReversed().flatMap(withMembers)) {
      if (types.length > 0 && !isType(exception, ...types)) continue;
      const match = message === undefined ? null : exception.message.slice(0, READ).match(message);
      if (message === undefined || match !== null) return [{ at, fault, exception, match }];
    }
    return [];
  });
}

/** Faults of the given forms whose text matches. */
export function said(evidence: Evidence, forms: readonly Fault['form'][], message: RegExp): readonly { at: number; fault: Fault; match: RegExpMatchArray }[] {
  return evidence.faults.flatMap((fault, at) => {
    if (!forms.includes(fault.form)) return [];
    const match = fault.summary.slice(0, READ).match(message) ?? fault.text.slice(0, READ).match(message) ?? fault.text.slice(-READ).match(message);
    return match === null ? [] : [{ at, fault, match }];
  });
}

/** A fault, and the error answers (500 and above) that it led to when it was raised while answering. */
export function withAnswers(at: number, evidence: Evidence): readonly number[] {
  if (evidence.faults[at]?.during !== 'request') return [at];
  return [at, ...evidence.faults.flatMap(({ form, http }, other) => (form === 'http' && (http?.status ?? 0) >= 500 ? [other] : []))];
}

/** What stops the start does so at this stage; what shows in a request only leaves a server that is up. */
export function metIn({ during }: Fault, stage: Stage): Pick<Finding, 'stage' | 'severity'> {
  return during === 'request' ? { stage: 'health', severity: 'HIGH' } : { stage, severity: 'CRITICAL' };
}

/** Where in the user's own code it happened; undefined when the traceback never passes through it. */
export function ownFrame(exception: ExceptionInfo): Frame | undefined {
  return exception.frames.findLast((frame) => frame.owner === 'tree');
}

/** The user's frame of the exception, else of any other in the chain: a chain's last link can lie in a package only. */
export function ownFrameOf(seen: Pick<Seen, 'fault' | 'exception'>): Frame | undefined {
  return ownFrame(seen.exception) ?? seen.fault.chain.toReversed().map(ownFrame).find((frame) => frame !== undefined);
}

/** The code that ran last, the standard library's aside, is that of an installed package. */
export function endsInPackage({ frames }: Pick<ExceptionInfo, 'frames'>): boolean {
  return frames.findLast(({ owner }) => owner !== 'stdlib')?.owner === 'package';
}

/** True when a frame of the exception lies in a file whose path contains `part`: `sqlalchemy/dialects/`. */
export function passesThrough(exception: ExceptionInfo, part: string): boolean {
  return exception.frames.some((frame) => frame.file.replaceAll('\\', '/').includes(part));
}
