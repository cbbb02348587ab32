/** Keep or put back: what a boot says about the fix that was tried in it. */
import { stageRank } from '../../parsers/boot-output.ts';
import { fingerprint } from '../../scenarios/types.ts';
import type { Finding, Severity } from '../../scenarios/types.ts';
import { blocks, severityRank } from './choose.ts';
import { isHealthy } from './session.ts';
import type { BootRecord } from '../types.ts';
import { uncovered } from './uncovered.ts';
import type { Change } from './uncovered.ts';

export interface Verdict {
  readonly keep: boolean;
  readonly why: string;
}

/** A fix stays when its fault is gone and the boot came at least as far, or stops in what only the fix makes it load. */
export function judge(finding: Finding, before: BootRecord, after: BootRecord, change: Change): Verdict {
  const progress = reach(after) - reach(before);
  const wanted = fingerprint(finding);
  const still = after.findings.some((other) => fingerprint(other) === wanted);
  if (progress < 0 && !still && uncovered(after, change)) {
    return { keep: true, why: `The fault is gone; a file that was not loaded before now stops the boot at ${after.evidence.stage}.` };
  }
  if (progress < 0) {
    return { keep: false, why: `It made things worse: the boot stopped at ${after.evidence.stage}, before it came to ${before.evidence.stage}.` };
  }
  if (isHealthy(after)) return { keep: true, why: 'The server is healthy with it.' };
  if (still) return { keep: false, why: 'The same fault is still there.' };
  if (progress > 0) return { keep: true, why: `The fault is gone; the boot came to ${after.evidence.stage} instead of ${before.evidence.stage}.` };
  if (!blocks(finding)) return { keep: false, why: `It got the boot no further than ${before.evidence.stage}.` };
  if (sameFault(before, after) && before.findings.filter((other) => blocks(other)).length === 1) {
    return { keep: false, why: 'The server stops with the very same words.' };
  }
  return { keep: true, why: `The fault is gone; another one now stops the boot at ${after.evidence.stage}.` };
}

/**
 * How far a boot came. While modules load, a later one can hold a mistake of any of these kinds: a file with a syntax error may be imported
 * long after settings were read. So among them only the faults tell what is progress. A restart comes after a whole healthy boot.
 */
export function reach({ evidence: { stage }, purpose }: BootRecord): number {
  const loading = stage === 'syntax' || stage === 'import' || stage === 'config';
  return stageRank(loading ? 'config' : stage) + (purpose === 'restart' ? stageRank('healthy') : 0);
}

/** Whether the boot still stops where it did: same stage, and the last own line reached is no later one of the same file. */
export function stalled(before: BootRecord, after: BootRecord): boolean {
  const was = lastOwnLine(before);
  const is = lastOwnLine(after);
  return reach(after) === reach(before) && was !== undefined && is !== undefined && is.file === was.file && is.line <= was.line;
}

function lastOwnLine({ evidence }: BootRecord): { readonly file: string; readonly line: number } | undefined {
  return evidence.faults[0]?.chain.at(-1)?.frames.findLast((frame) => frame.owner === 'tree');
}

function sameFault(before: BootRecord, after: BootRecord): boolean {
  const words = before.evidence.faults[0]?.summary;
  return words !== undefined && words === after.evidence.faults[0]?.summary;
}

/**
 * Severity is what the boots showed (R12): what stops the start is CRITICAL; what only breaks answers is at least HIGH;
 * what a healthy boot has anyway is at most MEDIUM, unless the rule says that it breaks requests.
 */
export function shownSeverity(finding: Finding, without: BootRecord): Severity {
  if (isHealthy(without)) return finding.severity === 'CRITICAL' ? 'MEDIUM' : finding.severity;
  if (stageRank(without.evidence.stage) < stageRank('health')) return 'CRITICAL';
  return severityRank(finding.severity) <= severityRank('HIGH') ? finding.severity : 'HIGH';
}
