/**
 * Two orders. *What to try next* follows what blocks: stage, then severity, then what it unblocks; within a stage the fault that
 * the boot met first. *The order of the report* follows what a person would do first: severity, the ladder, code before settings.
 */
import { stageRank } from '../../parsers/boot-output.ts';
import { fingerprint } from '../../scenarios/types.ts';
import type { Finding, Fix, Severity } from '../../scenarios/types.ts';
import type { BootRecord, KeptFix, LoopOptions } from '../types.ts';

const SEVERITIES: readonly Severity[] = ['CRITICAL', 'HIGH', 'MEDIUM', 'LOW'];

export function severityRank(severity: Severity): number {
  return SEVERITIES.indexOf(severity);
}

/** A finding and the fix of it to try. */
export interface Choice {
  readonly finding: Finding;
  readonly fix: Fix;
}

/** CRITICAL and HIGH stand in the way; MEDIUM and LOW do not, unless nothing else explains a red boot. */
export function blocks(finding: Finding): boolean {
  return severityRank(finding.severity) <= severityRank('HIGH');
}

/** The order in which findings of one boot are worked on. Stable: within a stage and severity the boot's own order stays. */
export function inChoosingOrder(findings: readonly Finding[]): readonly Finding[] {
  return findings.toSorted((a, b) =>
    Number(blocks(b)) - Number(blocks(a))
    || stageRank(a.stage) - stageRank(b.stage)
    || severityRank(a.severity) - severityRank(b.severity)
    || unblocked(b, findings) - unblocked(a, findings));
}

/** How many other findings of the same boot wait in the same file: what is wrong there hides the most. */
function unblocked(finding: Finding, all: readonly Finding[]): number {
  return all.filter((other) => other !== finding && other.file === finding.file).length;
}

/** The next fix to try after this boot, or undefined at a dead end. `skip` says what was tried on this very tree. */
export function chooseNext(
  record: BootRecord, skip: (choice: Choice) => boolean, options: Pick<LoopOptions, 'safeOnly'>,
): Choice | undefined {
  const blocking = record.findings.filter((finding) => blocks(finding));
  for (const finding of inChoosingOrder(blocking.length > 0 ? blocking : record.findings)) {
    for (const fix of applicable(finding, options)) {
      const choice = { finding, fix };
      if (!skip(choice)) return choice;
    }
  }
  return undefined;
}

/** Candidates that may be applied at all: `manual` ones never are. */
export function applicable(finding: Finding, options: Pick<LoopOptions, 'safeOnly'>): readonly Fix[] {
  return finding.candidates.filter((fix) => fix.edits.length > 0 && (options.safeOnly ? fix.safety === 'safe' : fix.safety !== 'manual'));
}

/** The order of the report (R15): never that of discovery. `hides` breaks what is left. */
export function inFixOrder<K extends Pick<KeptFix, 'finding' | 'fix'>>(kept: readonly K[], hides: Readonly<Record<string, readonly string[]>>): readonly K[] {
  const depth = (entry: K): number => hiddenBehind(fingerprint(entry.finding), kept.map((other) => fingerprint(other.finding)), hides);
  return kept.toSorted((a, b) =>
    severityRank(a.finding.severity) - severityRank(b.finding.severity)
    || stageRank(a.finding.stage) - stageRank(b.finding.stage)
    || placeRank(a.finding) - placeRank(b.finding)
    || depth(a) - depth(b)
    || compare(a.finding.file, b.finding.file)
    || (a.finding.line ?? 0) - (b.finding.line ?? 0)
    || compare(fingerprint(a.finding), fingerprint(b.finding)));
}

/** What must be installed first, then code, then the files that set it up (`.env`, toml, ini …). */
function placeRank(finding: Finding): number {
  if (finding.category === 'DEPENDENCY') return 0;
  return /\.pyi?$/.test(finding.file) ? 1 : 2;
}

/** Number of kept faults that stood before this one. */
function hiddenBehind(target: string, all: readonly string[], hides: Readonly<Record<string, readonly string[]>>): number {
  const before = new Set<string>();
  const visit = (name: string): void => {
    for (const other of all) {
      if (before.has(other) || other === target || !hides[other]?.includes(name)) continue;
      before.add(other);
      visit(other);
    }
  };
  visit(target);
  return before.size;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
