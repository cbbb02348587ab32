/** The five documents of an audit: one of each phase, and the report that holds the issues of all four. */
import type { RuleCrash } from '../../scenarios/load.ts';
import type { Finding } from '../../scenarios/types.ts';
import type { OtherBackend } from '../../source/find-root.ts';
import type { Source } from '../../source/types.ts';
import type { Edit } from '../../source/types.ts';
import { environmentOf } from '../boot-request.ts';
import { concealDrafts, concealEdits } from '../report/concealed.ts';
import type { Draft } from '../report/drafts.ts';
import { codeFix, nextId } from '../report/drafts.ts';
import { PHASES, alternatives, related } from '../report/issues.ts';
import { secretsOf } from '../report/known-secrets.ts';
import { maskingFor } from '../report/masking.ts';
import { dependencyGraph, filePlan } from '../report/order.ts';
import { maskedReport, withoutSecret } from '../report/report.ts';
import type { AuditReport, FixOrderEntry, Issue, Phase, PhaseReport } from '../report/schema.ts';
import { auditDrafts, distinctFindings } from './drafts.ts';
import { foretell } from './foretell.ts';

export interface AuditFacts {
  /** Relative to DIR. */
  readonly root: string;
  readonly foundBy: string;
  readonly others: readonly OtherBackend[];
  readonly python: string;
  readonly seconds: number;
  /** What imports and requirements were checked against. */
  readonly basis: string;
  readonly crashes: readonly RuleCrash[];
}

const NOT_BOOTED = { ok: false, evidence: 'Not booted.' } as const;

export function auditReport(found: readonly Finding[], source: Source, facts: AuditFacts): AuditReport {
  const findings = distinctFindings(found);
  const { hides } = foretell(findings, source);
  const secrets = secretsOf(source, source.run.env);
  const drafts = concealDrafts(auditDrafts(findings, source, hides), source.files, secrets);
  const graph = dependencyGraph(drafts, hides);
  const issues = drafts.map((draft) => toIssue(draft, related(draft, graph, drafts), (edits) => concealEdits(edits, source.files, secrets)));
  const critical = issues.filter((issue) => issue.severity === 'CRITICAL').length;
  const { run } = source;
  return maskedReport({
    schema_version: '1.0', verdict: 'not_booted', interrupted: false,
    backend: {
      root: facts.root, app: run.app, factory: run.factory, health_path: run.healthPath, python: facts.python, runtime: 'none',
      policy: source.install.policy, command: run.command.join(' '), working_dir: run.cwd, python_path: [...run.pythonPath], manifest: source.install.manifest,
      found_by: facts.foundBy, others: facts.others.map(({ root, target, factory, from }) => ({ root, app: target, factory, found_by: from })),
    },
    stage_before: 'image', stage_after: 'image', boots: 0,
    summary: {
      total_files_scanned: source.files.size + source.opaque.length, total_issues_found: issues.length, critical_issues: critical,
      warning_issues: issues.length - critical, audit_duration_seconds: Math.round(facts.seconds * 1000) / 1000,
    },
    issues, fix_order: fixOrder(drafts, graph), dependency_graph: graph, file_plan: filePlan(issues), unresolved: [],
    environment: environmentOf(source).rows.map((row) => withoutSecret({ ...row, read_at: [...row.read_at] })),
    checks: { no_import_error: NOT_BOOTED, database_engine: NOT_BOOTED, app_loaded: NOT_BOOTED, health: NOT_BOOTED, startup_complete: NOT_BOOTED },
    minimal: { proven: false, boots: 0 },
    recommendations: [
      { priority: 'LOW', description: facts.basis, impact: 'What could not be checked, only a boot can show.' },
      ...facts.crashes.map((crash) => ({ priority: 'LOW' as const, description: `The rule ${crash.kind} crashed and said nothing: ${crash.error.split('\n')[0] ?? ''}`, impact: 'This is a defect of boot-check; what the rule knows was not checked.' })),
    ],
    timings: { total_seconds: Math.round(facts.seconds * 1000) / 1000, boots: [] },
    diff: '',
  }, maskingFor(secrets));
}

function toIssue({ id, finding, fix, edits, line }: Draft, relatedIssues: string[], conceal: (edits: readonly Edit[]) => readonly Edit[]): Issue {
  const [exact = codeFix({ file: finding.file, old: '', new: '' }, fix.explanation), ...further] = edits;
  return {
    id, severity: finding.severity, category: finding.category, file_path: finding.file, ...(line === undefined ? {} : { line_number: line }),
    problem_description: finding.what, root_cause: finding.why, exact_fix: exact, related_issues: relatedIssues,
    kind: finding.kind, stage: finding.stage, phase: PHASES[finding.category], safety: fix.safety, applied: false, verified: null,
    further_edits: further, alternatives: alternatives(finding, fix, conceal), evidence: '',
  };
}

function fixOrder(drafts: readonly Draft[], graph: AuditReport['dependency_graph']): FixOrderEntry[] {
  const counts = new Map<string, number>();
  return drafts.map(({ id, finding }) => {
    const unblocks = graph.filter(({ from }) => from === id).map(({ to }) => to);
    const hidden = unblocks.length > 0 ? `; while it stands, ${unblocks.join(', ')} cannot be seen` : '';
    return { id: nextId(counts, finding.severity), issue_id: id, unblocks, reason: `${effectOf(finding)}${hidden}. Foreseen, not booted.` };
  });
}

function effectOf({ severity, stage }: Finding): string {
  if (severity === 'CRITICAL') return `Takes effect at ${stage} and keeps the start from becoming healthy`;
  return severity === 'HIGH' ? 'Breaks requests though the server starts' : 'Does not stop the start';
}

const FILES: Readonly<Record<Phase, string>> = {
  dependency_audit: 'dependency_issues.json', import_scan: 'import_issues.json',
  database_verification: 'database_issues.json', entrypoint_validation: 'entrypoint_issues.json',
};

/** File name → document, for the four phases before the consolidation. */
export function phaseReports({ issues }: AuditReport): ReadonlyMap<string, PhaseReport> {
  return new Map(Object.entries(FILES).map(([phase, file]) => [file, { phase: phase as Phase, issues: issues.filter((issue) => issue.phase === phase) }]));
}
