/** What the loop did → the report. Pure; every text leaves here with secrets masked. */
import { posix } from 'node:path';
import type { Finding } from '../../scenarios/types.ts';
import type { OtherBackend } from '../../source/find-root.ts';
import { maskingFor } from './masking.ts';
import type { Masking } from './masking.ts';
import { buildChecks } from './checks.ts';
import { excerpt } from './excerpt.ts';
import { isIssue } from './drafts.ts';
import { buildIssues } from './issues.ts';
import { finalLine, moveLine } from './lines.ts';
import type { OriginalFiles } from './lines.ts';
import { servicesNotThere } from '../services.ts';
import type { AuditReport, EnvironmentVariable, Issue, Prediction, Recommendation, Unresolved } from './schema.ts';
import { noteSeverity } from './severity.ts';
import { profileOf, routeAnswers, slowStart, unexplainedStart } from './start-up.ts';
import { pythonRange } from './python-range.ts';
import { unprovenLock } from './unproven-lock.ts';
import { renderPatch } from '../reporters/patch.ts';
import type { FileChange } from '../reporters/patch.ts';
import type { BootRecord, LoopResult } from '../types.ts';

/** What the loop does not know. */
export interface ReportFacts {
  readonly backend: {
    /** Relative to DIR, `.` for DIR itself. */
    readonly root: string;
    readonly app: string;
    readonly factory: boolean;
    readonly healthPath: string;
    readonly python: string;
    readonly runtime: 'docker' | 'local';
    readonly policy: 'locked' | 'newest';
    readonly command: readonly string[];
    /** Relative to the root, as `manifest` (empty: none) and `pythonPath` are. */
    readonly cwd: string;
    readonly pythonPath: readonly string[];
    readonly manifest: string;
    readonly foundBy: string;
    readonly others: readonly OtherBackend[];
  };
  /** The untouched tree, by path relative to the backend root. */
  readonly original: OriginalFiles;
  readonly filesScanned: number;
  /** Wall clock of the whole run. */
  readonly seconds: number;
  /** Of the last boot. `secret` marks values that must not be shown unless they were generated. */
  readonly environment: readonly (EnvironmentVariable & { readonly secret: boolean })[];
  /** Values that no output may show. */
  readonly secrets: readonly string[];
  /** Advice that no finding gives: an older Python was taken, isolation is off … */
  readonly recommendations: readonly Recommendation[];
}

export function buildReport(all: LoopResult, facts: ReportFacts): AuditReport {
  const profile = profileOf(all);
  const slow = slowStart(profile, all.boots);
  const result = { ...all, notes: [...all.notes.filter(({ kind }) => kind !== 'slow-start'), ...slow] };
  const { issues, fix_order, dependency_graph, file_plan } = buildIssues(result, facts.original, facts.secrets);
  const unresolved = result.unresolved.map((finding) => toUnresolved(finding, result, facts.original));
  const { backend } = facts;
  const routes = routeAnswers(result);
  const report: AuditReport = {
    schema_version: '1.0',
    verdict: verdict(result),
    interrupted: result.outcome === 'interrupted',
    backend: {
      root: backend.root, app: backend.app, factory: backend.factory, health_path: backend.healthPath, python: backend.python,
      runtime: backend.runtime, policy: backend.policy, command: backend.command.join(' '),
      working_dir: backend.cwd, python_path: [...backend.pythonPath], manifest: backend.manifest,
      found_by: backend.foundBy, others: backend.others.map(({ root, target, factory, from }) => ({ root, app: target, factory, found_by: from })),
    },
    stage_before: result.stageBefore,
    stage_after: result.stageAfter,
    boots: result.boots.length,
    summary: summary(issues, unresolved, facts),
    issues,
    fix_order, dependency_graph, file_plan, unresolved,
    environment: facts.environment.map(withoutSecret),
    checks: buildChecks(result),
    minimal: { proven: result.minimal.proven, boots: result.minimal.boots },
    ...(profile === undefined ? {} : { profile }), ...(routes.length === 0 ? {} : { routes: [...routes] }),
    ...(result.prediction === undefined ? {} : { prediction: predictionOf(result.prediction) }),
    recommendations: [...recommendations(result, issues, facts), ...(result.stageAfter === 'healthy' ? unexplainedStart(profile, slow) : [])],
    timings: { total_seconds: round(facts.seconds), boots: result.boots.map(bootTimings) },
    diff: renderPatch(changesOf(result, facts)),
  };
  return maskedReport(report, maskingFor(facts.secrets));
}

/** The files the kept fixes changed, for fixes.patch and `diff`. */
export function changesOf(result: LoopResult, { backend, original }: Pick<ReportFacts, 'backend' | 'original'>): FileChange[] {
  return [...result.texts].map(([file, after]) => ({
    path: posix.join(backend.root, file), before: original.get(file)?.text ?? null, after,
  }));
}

/** An interrupted run only claims what a confirmation showed. */
function verdict(result: LoopResult): AuditReport['verdict'] {
  if (result.boots.length === 0) return 'not_booted';
  const confirmed = result.boots.some((boot) => boot.purpose === 'confirm' && boot.evidence.stage === 'healthy');
  const good = result.outcome === 'healthy' || result.outcome === 'healed' || (result.outcome === 'interrupted' && confirmed && result.stageAfter === 'healthy');
  if (!good) return 'not_healthy';
  return result.kept.length > 0 ? 'healed' : 'healthy';
}

function summary(issues: readonly Issue[], unresolved: readonly Unresolved[], facts: ReportFacts): AuditReport['summary'] {
  const critical = issues.filter((issue) => issue.severity === 'CRITICAL').length;
  return {
    total_files_scanned: facts.filesScanned,
    total_issues_found: issues.length + unresolved.length,
    critical_issues: critical,
    warning_issues: issues.length - critical,
    audit_duration_seconds: round(facts.seconds),
  };
}

function toUnresolved(finding: Finding, result: LoopResult, original: OriginalFiles): Unresolved {
  const line = finalLine(finding, result, original);
  const seen = result.boots.findLast((boot) => boot.findings.some((other) => other.kind === finding.kind)) ?? result.boots.at(-1);
  return {
    kind: finding.kind, stage: finding.stage, category: finding.category,
    ...(finding.file === '' ? {} : { file_path: finding.file }),
    ...(line === undefined ? {} : { line_number: line }),
    problem_description: moveLine(finding.what, finding, line),
    root_cause: moveLine(finding.why, finding, line),
    what_to_do: moveLine(finding.todo, finding, line),
    evidence: excerpt(finding, seen),
    ...(seen === undefined ? {} : { seen_in: seen.number }),
    tried: result.rejected
      .filter((rejected) => sameFault(rejected.finding, finding))
      .map(({ fix, boot, why }) => ({ title: fix.title, boot, why })),
  };
}

function sameFault(a: Finding, b: Finding): boolean {
  return a.kind === b.kind && JSON.stringify(a.facts) === JSON.stringify(b.facts);
}

function recommendations(result: LoopResult, issues: readonly Issue[], facts: ReportFacts): Recommendation[] {
  const nods = issues.filter((issue) => issue.applied && issue.safety === 'likely').map((issue): Recommendation => ({
    priority: 'HIGH',
    description: `Review the fix of ${issue.id} in ${issue.file_path} before taking it over.`,
    impact: 'It makes the server start, and it may change what the code means: it needs a person\'s nod.',
  }));
  const notes = result.notes.filter((finding) => !isIssue(finding))
    .map((finding): Recommendation => ({ priority: noteSeverity(finding), description: finding.todo || finding.what, impact: finding.what }));
  const away = ['healthy', 'healed'].includes(result.outcome) ? [] : servicesNotThere(result.source)
    .map((sentence): Recommendation => ({ priority: 'MEDIUM', description: sentence, impact: 'A start that waits for it cannot succeed here.' }));
  const range = ['healthy', 'healed'].includes(result.outcome) ? pythonRange(result.source, facts.backend.python) : [];
  return [...nods, ...unprovenLock(result), ...range, ...notes, ...away, ...facts.recommendations];
}

function predictionOf({ issues, precision, recall }: NonNullable<LoopResult['prediction']>): Prediction {
  return {
    issues: issues.map(({ finding: { kind, severity, category, file, line, what }, outcome, boot }) => ({
      kind, severity, category, file_path: file, ...(line === undefined ? {} : { line_number: line }), problem_description: what, outcome, boot,
    })),
    precision, recall,
  };
}

function bootTimings({ number, purpose, evidence, output: { timings } }: BootRecord): AuditReport['timings']['boots'][number] {
  const optional = (seconds: number | undefined) => (seconds === undefined ? null : round(seconds));
  return {
    number, purpose, stage: evidence.stage, seconds: round(timings.total),
    install_seconds: optional(timings.install), import_seconds: optional(timings.import),
    lifespan_seconds: optional(timings.lifespan), health_seconds: optional(timings.health),
  };
}

export function withoutSecret({ secret, ...variable }: ReportFacts['environment'][number]): EnvironmentVariable {
  if (!secret) return variable;
  return { ...variable, default: null, value: variable.source === 'generated' ? variable.value : null };
}

/** Masks every text of the report; code that is to be replayed is known by its field's name. */
export function maskedReport(report: AuditReport, masking: Masking): AuditReport {
  return JSON.parse(JSON.stringify(report), (name, each: unknown) => {
    if (typeof each !== 'string') return each;
    return name === 'old_code' || name === 'new_code' ? masking.code(each) : masking.text(each);
  }) as AuditReport;
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
