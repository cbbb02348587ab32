/** Severity as the boots showed it (R12), not as a rule expected it. */
import { stageRank } from '../parsers/boot-output.ts';
import type { Finding, Severity } from '../scenarios/types.ts';
import type { BootRecord, KeptFix } from './types.ts';

export const SEVERITIES: readonly Severity[] = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'];

/**
 * A kept fix: CRITICAL when the boot that showed its fault did not become healthy, HIGH when only requests beside the health path
 * broke. Where the boot was healthy anyway the fault blocked nothing, whatever the rule says.
 */
export function shownSeverity(kept: KeptFix, boots: readonly BootRecord[]): Severity {
  const before = boots.find((boot) => boot.number === kept.before);
  if (!before) return kept.finding.severity;
  if (before.evidence.stage === 'healthy') return unblocking(kept.finding);
  return onlyRequestsBroke(before) ? 'HIGH' : 'CRITICAL';
}

/** A finding that is reported and not fixed never blocked: the tree boots with it. */
export function unblocking(finding: Finding): Severity {
  return finding.severity === 'CRITICAL' ? 'MEDIUM' : finding.severity;
}

function onlyRequestsBroke({ evidence }: BootRecord): boolean {
  return stageRank(evidence.stage) > stageRank('health') && evidence.faults.length > 0
    && evidence.faults.every((fault) => fault.during === 'request' || fault.form === 'http');
}
