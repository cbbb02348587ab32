/** A fault with what is needed to decide which one stopped the boot. */
import type { Fault } from './evidence.ts';

export interface FoundFault {
  readonly fault: Fault;
  /**
   * How surely it ended something: 3 the server said so, 2 the interpreter printed it on its way out, 1 a record with a traceback,
   * 0 a mere ERROR line. Of equals the first printed counts.
   */
  readonly weight: number;
  /** Equal for two reports of one event: doubled handlers, restarts. */
  readonly signature: string;
}

/** Keeps one report of each event: the surest, at the place where it was first printed. */
export function withoutRepeats(found: readonly FoundFault[]): FoundFault[] {
  const kept = new Map<string, FoundFault>();
  for (const one of [...found].sort((a, b) => a.fault.from - b.fault.from)) {
    const known = kept.get(one.signature);
    if (!known || one.weight > known.weight) kept.set(one.signature, one);
  }
  return [...kept.values()];
}

/** Process ids, addresses, times and ports differ between two reports of one event. */
export function withoutNumbers(text: string): string {
  return text.slice(0, 2000).replace(/0x[0-9a-f]+|\d+/gi, '0');
}

/** The surest first; the printed order decides among equals. */
export function bySureness(a: FoundFault, b: FoundFault): number {
  return b.weight - a.weight || a.fault.from - b.fault.from;
}

const LONGEST_SUMMARY = 500;

/** The first line of a text, cut to a length a screen can bear. */
export function summaryOf(text: string): string {
  const line = text.split('\n', 1)[0]?.trim() ?? '';
  return line.length > LONGEST_SUMMARY ? `${line.slice(0, LONGEST_SUMMARY)}…` : line;
}
