/**
 * Who explains which fault. Every finding of `detect` names the faults it accounts for. Two rules may see the same fault; the one that
 * says it more exactly wins, and "more exactly" is declared by the rule itself (`refines`), so no rule needs to know a number and none
 * has to look at its neighbours. Kinds that do not refine one another both stay: a boot tells which one was right.
 */
import type { Evidence, Fault } from '../../parsers/evidence.ts';
import type { Finding, Rule } from '../types.ts';

/** All kinds that `kind` refines, directly or through others. */
function generalKinds(kind: string, rules: readonly Rule[], seen: Set<string> = new Set()): Set<string> {
  for (const general of rules.find((rule) => rule.kind === kind)?.refines ?? []) {
    if (seen.has(general)) continue;
    seen.add(general);
    generalKinds(general, rules, seen);
  }
  return seen;
}

/** Drops each finding whose every fault is explained by a finding of a more exact kind. */
export function mostExact(findings: readonly Finding[], rules: readonly Rule[]): readonly Finding[] {
  const exacter = (fault: number, kind: string): boolean =>
    findings.some((other) => (other.explains ?? []).includes(fault) && generalKinds(other.kind, rules).has(kind));
  return findings.filter((finding) => {
    const explains = finding.explains ?? [];
    return explains.length === 0 || !explains.every((fault) => exacter(fault, finding.kind));
  });
}

/** The same for findings of `scan`, which explain no fault: two kinds that see one place see one fault. */
export function mostExactPlaces(findings: readonly Finding[], rules: readonly Rule[]): readonly Finding[] {
  const same = (a: Finding, b: Finding): boolean => a.file === b.file && a.line !== undefined && a.line === b.line;
  return findings.filter((finding) => !findings.some((other) => other !== finding && same(other, finding) && generalKinds(other.kind, rules).has(finding.kind)));
}

/** A fault that only repeats what another one caused: the 500 of a traceback, the exit after it. */
function follows(fault: Fault, explained: readonly Fault[]): boolean {
  if (explained.length === 0) return false;
  if (fault.form === 'http') return explained.some((cause) => cause.form !== 'http' && (fault.http?.status ?? 500) >= 500);
  if (fault.form === 'exit' || fault.form === 'log' || fault.form === 'hang') return true;
  return fault.during === 'shutdown' || explained.some((cause) => cause.summary === fault.summary);
}

/** Indexes of the faults that nobody explained and that do not merely follow from an explained one. */
export function unexplained(evidence: Evidence, findings: readonly Finding[]): readonly number[] {
  const claimed = new Set(findings.flatMap((finding) => finding.explains ?? []));
  const explained = evidence.faults.filter((_, index) => claimed.has(index));
  return evidence.faults.flatMap((fault, index) => (claimed.has(index) || follows(fault, explained) ? [] : [index]));
}
