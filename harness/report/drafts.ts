/** What becomes an issue: kept fixes with the edits that replay, and notes with an exact fix that is not applied. */
import { stageRank } from '../../parsers/boot-output.ts';
import type { Finding, Fix } from '../../scenarios/types.ts';
import { applyEdits, minimalUniqueSpan } from '../../source/edits.ts';
import type { Edit } from '../../source/types.ts';
import { finalLine, lineAtBoot } from './lines.ts';
import type { OriginalFiles } from './lines.ts';
import { SEVERITIES, noteSeverity } from './severity.ts';
import type { CodeFix } from './schema.ts';
import type { KeptFix, LoopResult } from '../types.ts';

export interface Draft {
  /** CATEGORY-NNN */
  readonly id: string;
  /** With the severity that the report gives. */
  readonly finding: Finding;
  readonly fix: Fix;
  readonly edits: readonly CodeFix[];
  /** null for a note. */
  readonly kept: KeptFix | null;
  /** In the original tree. */
  readonly line: number | undefined;
}

/** In fix order: by severity, and within one as the loop ordered them, because the edits of kept fixes replay only in that order. */
export function draftIssues(result: LoopResult, original: OriginalFiles, secrets: readonly string[]): readonly Draft[] {
  const drafts = [...result.kept.map((kept) => keptDraft(kept, result, original)), ...noteDrafts(result, original, secrets)];
  const counts = new Map<string, number>();
  return drafts
    .toSorted((a, b) => SEVERITIES.indexOf(a.finding.severity) - SEVERITIES.indexOf(b.finding.severity))
    .map((draft) => ({ ...draft, id: nextId(counts, draft.finding.category) }));
}

/** `NAME-001`, `NAME-002` … */
export function nextId(counts: Map<string, number>, name: string): string {
  const number = (counts.get(name) ?? 0) + 1;
  counts.set(name, number);
  return `${name}-${String(number).padStart(3, '0')}`;
}

export function codeFix(edit: Pick<Edit, 'file' | 'old' | 'new'>, explanation: string): CodeFix {
  return { file_path: edit.file, old_code: edit.old, new_code: edit.new, explanation };
}

type Unnumbered = Omit<Draft, 'id'>;

function keptDraft(kept: KeptFix, result: LoopResult, original: OriginalFiles): Unnumbered {
  const { finding, fix } = kept;
  const edits = kept.edits.map((edit) => codeFix(edit, fix.explanation));
  return { finding, fix, kept, edits, line: lineAtBoot(finding, kept.lineAt ?? kept.before, result.kept, original) };
}

/** Notes without an edit become recommendations, but for a start that is slow: what a boot has measured is a finding, with or without a patch. */
export function isIssue({ kind, candidates }: Finding): boolean {
  return kind === 'slow-start' || candidates.some(({ edits }) => edits.length > 0);
}

function noteDrafts(result: LoopResult, original: OriginalFiles, secrets: readonly string[]): Unnumbered[] {
  return result.notes.filter(isIssue).toSorted(byStage).map((note): Unnumbered => {
    const fix = note.candidates.find((candidate) => candidate.edits.length > 0) ?? { title: 'Needs a person', safety: 'manual', edits: [], explanation: note.todo };
    const finding = { ...note, severity: noteSeverity(note) };
    return { finding, fix, kept: null, edits: uniqueEdits(fix, result, secrets), line: finalLine(note, result, original) };
  });
}

/** The fix as plain text replacements of the healed copy; as the rule wrote it when it no longer fits there. */
function uniqueEdits(fix: Fix, { source }: LoopResult, secrets: readonly string[]): readonly CodeFix[] {
  try {
    return [...applyEdits(source.files, fix.edits)].flatMap(([file, text]) => {
      const before = source.files.get(file)?.text;
      const spans = before === undefined ? [{ old: '', new: text }] : minimalUniqueSpan(before, text, secrets);
      return spans.map((span) => codeFix({ file, ...span }, fix.explanation));
    });
  } catch {
    // A note that was found before the last fixes may point at text that has changed since; it is advice, so it stays.
    return fix.edits.map((edit) => codeFix(edit, fix.explanation));
  }
}

function byStage(a: Finding, b: Finding): number {
  return stageRank(a.stage) - stageRank(b.stage) || a.file.localeCompare(b.file) || (a.line ?? 0) - (b.line ?? 0);
}
