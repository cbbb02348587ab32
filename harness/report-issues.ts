/** Issue records from kept fixes and notes: ids, fix order, what hides what, and the plan file by file. */
import { stageRank } from '../parsers/boot-output.ts';
import { applyEdits, minimalUniqueSpan } from '../source/edits.ts';
import type { Edit } from '../source/types.ts';
import { fingerprint } from '../scenarios/types.ts';
import type { Category, Finding, Fix, Severity } from '../scenarios/types.ts';
import { excerpt } from './report-excerpt.ts';
import { originalLine, textAtBoot } from './report-lines.ts';
import { SEVERITIES, noteSeverity } from './report-severity.ts';
import type { AuditReport, CodeFix, FixOrderEntry, Issue, Phase } from './report-schema.ts';
import type { KeptFix, LoopResult } from './types.ts';

/** Original texts by path relative to the backend root. */
export type OriginalFiles = ReadonlyMap<string, { readonly text: string }>;

export interface IssueList {
  /** In fix order. */
  readonly issues: readonly Issue[];
  readonly fix_order: AuditReport['fix_order'];
  readonly dependency_graph: AuditReport['dependency_graph'];
  readonly file_plan: AuditReport['file_plan'];
}

/** One issue before it has an id. */
interface Draft {
  readonly finding: Finding;
  readonly fix: Fix;
  readonly severity: Severity;
  readonly edits: readonly CodeFix[];
  readonly kept: KeptFix | null;
  readonly line: number | undefined;
}

/** The audit phase that owns a category (R16). */
const PHASES: Readonly<Record<Category, Phase>> = {
  DEPENDENCY: 'dependency_audit',
  IMPORT: 'import_scan',
  DATABASE: 'database_verification',
  CONFIG: 'entrypoint_validation',
  ENTRYPOINT: 'entrypoint_validation',
};

export function buildIssues(result: LoopResult, original: OriginalFiles, secrets: readonly string[]): IssueList {
  const drafts = [...result.kept.map((kept) => keptDraft(kept, result, original)), ...noteDrafts(result, original, secrets)];
  // Stable: within a severity the loop's fix order stays, and the edits of kept fixes replay only in that order.
  drafts.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  const ids = issueIds(drafts);
  const graph = dependencyGraph(drafts, ids, result.hides);
  const issues = drafts.map((draft) => toIssue(draft, ids, graph, drafts, result));
  return { issues, fix_order: fixOrder(drafts, ids, graph), dependency_graph: graph, file_plan: filePlan(issues) };
}

function keptDraft(kept: KeptFix, result: LoopResult, original: OriginalFiles): Draft {
  const { finding, fix } = kept;
  return {
    finding, fix, kept,
    severity: finding.severity,
    edits: kept.edits.map((edit) => codeFix(edit, fix.explanation)),
    line: lineAtBoot(finding, kept.before, result, original),
  };
}

/** Notes come with an exact fix that is not applied. Those without an edit are recommendations (see report.ts). */
function noteDrafts(result: LoopResult, original: OriginalFiles, secrets: readonly string[]): Draft[] {
  const drafts: Draft[] = [];
  for (const finding of [...result.notes].sort(byStage)) {
    const fix = finding.candidates.find((candidate) => candidate.edits.length > 0);
    if (!fix) continue;
    const edits = uniqueEdits(fix, result, secrets);
    drafts.push({ finding, fix, kept: null, severity: noteSeverity(finding), edits, line: finalLine(finding, result, original) });
  }
  return drafts;
}

/** The fix as plain text replacements of the healed copy; as the rule wrote it when it no longer fits there. */
function uniqueEdits(fix: Fix, { source }: LoopResult, secrets: readonly string[]): CodeFix[] {
  try {
    const after = applyEdits(source.files, fix.edits);
    return [...after].flatMap(([file, text]) => {
      const before = source.files.get(file)?.text;
      if (before === undefined) return [{ file_path: file, old_code: '', new_code: text, explanation: fix.explanation }];
      return minimalUniqueSpan(before, text, secrets).map((span) => codeFix({ file, ...span }, fix.explanation));
    });
  } catch {
    // A note that was found before the last fixes may point at text that has changed since; it is advice, so it stays.
    return fix.edits.map((edit) => codeFix(edit, fix.explanation));
  }
}

function codeFix(edit: Pick<Edit, 'file' | 'old' | 'new'>, explanation: string): CodeFix {
  return { file_path: edit.file, old_code: edit.old, new_code: edit.new, explanation };
}

function issueIds(drafts: readonly Draft[]): ReadonlyMap<Draft, string> {
  const counts = new Map<Category, number>();
  return new Map(drafts.map((draft) => {
    const { category } = draft.finding;
    const number = (counts.get(category) ?? 0) + 1;
    counts.set(category, number);
    return [draft, `${category}-${pad(number)}`];
  }));
}

function dependencyGraph(drafts: readonly Draft[], ids: ReadonlyMap<Draft, string>, hides: LoopResult['hides']): AuditReport['dependency_graph'] {
  const byFingerprint = new Map(drafts.map((draft) => [fingerprint(draft.finding), draft]));
  return drafts.flatMap((draft) => (hides[fingerprint(draft.finding)] ?? []).flatMap((hidden) => {
    const other = byFingerprint.get(hidden);
    if (!other || other === draft) return [];
    const reason = `The start stops at ${draft.finding.stage} before ${place(other)} takes effect at ${other.finding.stage}.`;
    return [{ from: idOf(ids, draft), to: idOf(ids, other), reason }];
  }));
}

function toIssue(draft: Draft, ids: ReadonlyMap<Draft, string>, graph: AuditReport['dependency_graph'], drafts: readonly Draft[], result: LoopResult): Issue {
  const { finding, fix, kept, edits, line } = draft;
  const id = idOf(ids, draft);
  const [exact, ...further] = edits;
  return {
    id, severity: draft.severity, category: finding.category, file_path: finding.file,
    ...(line === undefined ? {} : { line_number: line }),
    problem_description: moveLine(finding.what, finding, line),
    root_cause: moveLine(finding.why, finding, line),
    exact_fix: exact ?? { file_path: finding.file, old_code: '', new_code: '', explanation: fix.explanation },
    related_issues: related(draft, ids, graph, drafts),
    kind: finding.kind, stage: finding.stage, phase: PHASES[finding.category],
    safety: fix.safety,
    applied: kept !== null,
    verified: kept ? { before: kept.before, after: kept.after } : null,
    further_edits: further,
    alternatives: alternatives(finding, fix),
    evidence: excerpt(finding, kept ? result.boots.find((boot) => boot.number === kept.before) : undefined),
  };
}

/** Neighbours in the graph, and issues of the same file. */
function related(draft: Draft, ids: ReadonlyMap<Draft, string>, graph: AuditReport['dependency_graph'], drafts: readonly Draft[]): string[] {
  const id = idOf(ids, draft);
  const found = new Set<string>();
  for (const { from, to } of graph) {
    if (from === id) found.add(to);
    if (to === id) found.add(from);
  }
  for (const other of drafts) {
    if (other !== draft && other.finding.file === draft.finding.file) found.add(idOf(ids, other));
  }
  return drafts.map((other) => idOf(ids, other)).filter((other) => found.has(other));
}

function alternatives(finding: Finding, chosen: Fix): Issue['alternatives'] {
  return finding.candidates.filter((candidate) => candidate !== chosen && candidate.title !== chosen.title).flatMap((candidate) => {
    const [first, ...rest] = candidate.edits.map((edit) => codeFix(edit, candidate.explanation));
    return first ? [{ ...first, safety: candidate.safety, further_edits: rest }] : [];
  });
}

function fixOrder(drafts: readonly Draft[], ids: ReadonlyMap<Draft, string>, graph: AuditReport['dependency_graph']): FixOrderEntry[] {
  const counts = new Map<Severity, number>();
  return drafts.map((draft) => {
    const number = (counts.get(draft.severity) ?? 0) + 1;
    counts.set(draft.severity, number);
    const issue_id = idOf(ids, draft);
    const unblocks = graph.filter(({ from }) => from === issue_id).map(({ to }) => to);
    return { id: `${draft.severity}-${pad(number)}`, issue_id, unblocks, reason: reason(draft, unblocks) };
  });
}

function reason({ finding, kept, severity }: Draft, unblocks: readonly string[]): string {
  if (!kept) return `Does not block the start (${severity}); its fix is described and not applied.`;
  const effect = severity === 'CRITICAL' ? `Takes effect at ${finding.stage} and keeps the start from becoming healthy`
    : severity === 'HIGH' ? 'Breaks requests though the server starts' : 'Does not block the start';
  const hidden = unblocks.length > 0 ? `; while it stands, ${unblocks.join(', ')} cannot be seen` : '';
  return `${effect}${hidden}; boot ${kept.before} showed it, boot ${kept.after} showed it gone.`;
}

function filePlan(issues: readonly Issue[]): AuditReport['file_plan'] {
  const plan = new Map<string, { file_path: string; applied: boolean; issues: string[]; edits: number }>();
  for (const issue of issues) {
    for (const edit of [issue.exact_fix, ...issue.further_edits]) {
      const key = `${issue.applied} ${edit.file_path}`;
      const entry = plan.get(key) ?? { file_path: edit.file_path, applied: issue.applied, issues: [], edits: 0 };
      if (!entry.issues.includes(issue.id)) entry.issues.push(issue.id);
      entry.edits += 1;
      plan.set(key, entry);
    }
  }
  return [...plan.values()];
}

function lineAtBoot(finding: Finding, boot: number, result: LoopResult, original: OriginalFiles): number | undefined {
  const before = original.get(finding.file)?.text;
  if (finding.line === undefined || before === undefined) return finding.line;
  return originalLine(before, textAtBoot(before, finding.file, result.kept, boot) ?? before, finding.line);
}

/** Line in the original tree of a finding of the last boot. */
export function finalLine(finding: Finding, result: LoopResult, original: OriginalFiles): number | undefined {
  const before = original.get(finding.file)?.text;
  if (finding.line === undefined || before === undefined) return finding.line;
  return originalLine(before, result.texts.get(finding.file) ?? before, finding.line);
}

/** A sentence that names the place names it as the record does. */
export function moveLine(text: string, { file, line: seen }: Finding, line: number | undefined): string {
  if (seen === undefined || line === undefined || seen === line) return text;
  return text.replace(/(?<place>[^\s:]+:|\b[Ll]ine )(?<number>\d+)/g, (whole, place: string, number: string) =>
    (Number(number) === seen && (place === `${file}:` || place.endsWith(' ')) ? `${place}${line}` : whole));
}

function byStage(a: Finding, b: Finding): number {
  return stageRank(a.stage) - stageRank(b.stage) || a.file.localeCompare(b.file) || (a.line ?? 0) - (b.line ?? 0);
}

function place({ finding, line }: Draft): string {
  return line === undefined ? finding.file : `${finding.file}:${line}`;
}

function idOf(ids: ReadonlyMap<Draft, string>, draft: Draft): string {
  return ids.get(draft) ?? '';
}

function pad(number: number): string {
  return String(number).padStart(3, '0');
}
