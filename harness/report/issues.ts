/** Issue records from kept fixes and notes, in fix order. */
import type { Category, Finding, Fix } from '../../scenarios/types.ts';
import type { Edit } from '../../source/types.ts';
import { concealDrafts, concealEdits } from './concealed.ts';
import { codeFix, draftIssues } from './drafts.ts';
import type { Draft } from './drafts.ts';
import { excerpt } from './excerpt.ts';
import { moveLine } from './lines.ts';
import type { OriginalFiles } from './lines.ts';
import { dependencyGraph, filePlan, fixOrder } from './order.ts';
import type { AuditReport, Issue, Phase } from './schema.ts';
import type { LoopResult } from '../types.ts';

/** The audit phase that owns a category (R16). */
export const PHASES: Readonly<Record<Category, Phase>> = {
  DEPENDENCY: 'dependency_audit',
  IMPORT: 'import_scan',
  DATABASE: 'database_verification',
  CONFIG: 'entrypoint_validation',
  ENTRYPOINT: 'entrypoint_validation',
};

type IssueList = Pick<AuditReport, 'issues' | 'fix_order' | 'dependency_graph' | 'file_plan'>;

export function buildIssues(result: LoopResult, original: OriginalFiles, secrets: readonly string[]): IssueList {
  const drafts = concealDrafts(draftIssues(result, original, secrets), original, secrets);
  const graph = dependencyGraph(drafts, result.hides);
  const issues = drafts.map((draft) => toIssue(draft, related(draft, graph, drafts), { result, original, secrets }));
  return { issues, fix_order: fixOrder(drafts, graph), dependency_graph: graph, file_plan: filePlan(issues) };
}

interface Facts {
  readonly result: LoopResult;
  readonly original: OriginalFiles;
  readonly secrets: readonly string[];
}

function toIssue({ id, finding, fix, kept, edits, line }: Draft, relatedIssues: string[], { result, original, secrets }: Facts): Issue {
  const [exact = codeFix({ file: finding.file, old: '', new: '' }, fix.explanation), ...further] = edits;
  return {
    id, severity: finding.severity, category: finding.category, file_path: finding.file,
    ...(line === undefined ? {} : { line_number: line }),
    problem_description: moveLine(finding.what, finding, line),
    root_cause: moveLine(finding.why, finding, line),
    exact_fix: exact,
    related_issues: relatedIssues,
    kind: finding.kind, stage: finding.stage, phase: PHASES[finding.category],
    safety: fix.safety,
    applied: kept !== null,
    verified: kept ? { before: kept.before, after: kept.after } : null,
    further_edits: further,
    alternatives: alternatives(finding, fix, (others) => concealEdits(others, original, secrets)),
    evidence: excerpt(finding, kept ? result.boots.find((boot) => boot.number === kept.before) : undefined),
  };
}

/** Neighbours in the graph, and issues of the same file. */
export function related(draft: Draft, graph: AuditReport['dependency_graph'], drafts: readonly Draft[]): string[] {
  const linked = (id: string) => graph.some(({ from, to }) => (from === draft.id && to === id) || (to === draft.id && from === id));
  return drafts
    .filter((other) => other !== draft && (other.finding.file === draft.finding.file || linked(other.id)))
    .map(({ id }) => id);
}

/** @param conceal takes pieces of secrets out of a candidate's edits */
export function alternatives(finding: Finding, chosen: Fix, conceal: (edits: readonly Edit[]) => readonly Edit[]): Issue['alternatives'] {
  return finding.candidates.filter(({ title }) => title !== chosen.title).flatMap((candidate) => {
    const [first, ...rest] = conceal(candidate.edits).map((edit) => codeFix(edit, candidate.explanation));
    return first ? [{ ...first, safety: candidate.safety, further_edits: rest }] : [];
  });
}
