/**
 * What the rules foresee without a boot, and how good that was: each foreseen fault is confirmed by a boot, refuted by one, or never reached.
 * Only faults that would stop or break the start count; the rest cannot be proven by booting.
 */
import { fingerprint } from '../../scenarios/types.ts';
import type { Finding } from '../../scenarios/types.ts';
import { blocks } from './choose.ts';
import type { Run } from './attempt.ts';
import { isHealthy } from './session.ts';
import type { State } from './session.ts';
import type { Prediction } from '../types.ts';

/** Foreseen faults of a tree, with the packages as the last boot had them. Nothing before the first boot, and nothing without a scan. */
export function foreseenIn(run: Run, state: State): readonly Finding[] {
  const { deps, emit } = run.session;
  if (deps.scan === undefined || run.packages.index === undefined) return [];
  const { findings, crashes } = deps.scan(state.source, run.packages.index);
  for (const crash of crashes) if (!run.crashed.has(crash.kind)) emit({ type: 'rule-crashed', ...crash });
  for (const crash of crashes) run.crashed.add(crash.kind);
  return findings.filter((finding) => blocks(finding));
}

/** @param now what is still foreseen in the tree as it was left */
export function scorePrediction(run: Run, now: readonly Finding[]): Prediction | undefined {
  if (run.foreseen === undefined) return undefined;
  const still = new Set(now.map(fingerprint));
  const issues = run.foreseen.map((finding) => ({ finding, ...outcomeOf(run, finding, still) }));
  const confirmed = issues.filter(({ outcome }) => outcome === 'confirmed');
  const refuted = issues.filter(({ outcome }) => outcome === 'refuted');
  const real = distinct([...run.steps.filter((step) => !step.tidy).map((step) => step.finding), ...(run.record && !isHealthy(run.record) ? run.record.findings : [])].filter((finding) => blocks(finding)));
  return {
    issues,
    precision: share(confirmed.length, confirmed.length + refuted.length),
    recall: share(real.filter((finding) => run.foreseen?.some((other) => same(other, finding))).length, real.length),
  };
}

function outcomeOf(run: Run, finding: Finding, still: ReadonlySet<string>): Pick<Prediction['issues'][number], 'outcome' | 'boot'> {
  const shown = run.session.boots.find((boot) => boot.findings.some((other) => blocks(other) && same(other, finding)));
  if (shown) return { outcome: 'confirmed', boot: shown.number };
  const step = run.steps.find((one) => same(one.finding, finding));
  const without = step && run.without.get(step.fix);
  if (without && !isHealthy(without)) return { outcome: 'confirmed', boot: without.number };
  // Healthy with the fault still in the files, or without the fix that was thought to be needed.
  const healthy = run.record !== undefined && isHealthy(run.record);
  const dropped = run.rejected.find((one) => fingerprint(one.finding) === fingerprint(finding) && one.why.startsWith('Not needed'));
  if (dropped) return { outcome: 'refuted', boot: dropped.boot };
  return healthy && still.has(fingerprint(finding)) ? { outcome: 'refuted', boot: run.record?.number ?? null } : { outcome: 'not_reached', boot: null };
}

/** One fault under one name, or one place under two. */
function same(a: Finding, b: Finding): boolean {
  return fingerprint(a) === fingerprint(b) || (a.file === b.file && (a.kind === b.kind || (a.line !== undefined && a.line === b.line)));
}

function distinct(findings: readonly Finding[]): readonly Finding[] {
  return [...new Map(findings.map((finding) => [fingerprint(finding), finding])).values()];
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.round((part / whole) * 1000) / 1000;
}
