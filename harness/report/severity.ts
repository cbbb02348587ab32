/** Severities in the order they are told. The loop has already set them to what the boots showed (R12). */
import type { Finding, Severity } from '../../scenarios/types.ts';

export const SEVERITIES: readonly Severity[] = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'];

/**
 * CRITICAL is kept for what a boot showed to block and a boot showed healed. A note that a rule expects to block, found in a run that
 * did not get far enough to see it, is one step below.
 */
export function noteSeverity(finding: Finding): Severity {
  return finding.severity === 'CRITICAL' ? 'HIGH' : finding.severity;
}
