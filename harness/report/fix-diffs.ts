/** Each fix as whole lines with their numbers: the fixes are laid over the original tree one after the other, as the report says (R13). */
import { structuredPatch } from 'diff';
import { mask } from '../../parsers/mask.ts';
import type { OriginalFiles } from './lines.ts';
import type { Masking } from './masking.ts';
import type { CodeFix, Issue } from './schema.ts';

export interface DiffLine {
  readonly sign: '-' | '+' | ' ';
  readonly text: string;
  /** 1-based line in the file before the fix; null for an added line. */
  readonly before: number | null;
  /** 1-based line in the file after the fix; null for a removed line. */
  readonly after: number | null;
}

/** What one fix does to one file; each hunk is a run of lines with some around it. */
export interface FileDiff {
  readonly path: string;
  readonly created: boolean;
  readonly hunks: readonly (readonly DiffLine[])[];
}

type FixedIssue = Pick<Issue, 'id' | 'applied' | 'exact_fix' | 'further_edits'>;
export type DiffsByIssue = ReadonlyMap<string, readonly FileDiff[]>;

const CONTEXT = 2;

/**
 * @param issues with real code, in fix order; what is not applied is shown against the tree after all that is
 * @param masking for the lines around a change, which no fix has checked for secrets
 */
export function fixDiffs(issues: readonly FixedIssue[], original: OriginalFiles, masking: Masking): DiffsByIssue {
  const texts = new Map<string, string>();
  const textOf = (path: string): string | null => texts.get(path) ?? original.get(path)?.text ?? null;
  const ordered = [...issues.filter(({ applied }) => applied), ...issues.filter(({ applied }) => !applied)];
  return new Map(ordered.map((issue) => {
    const edits = [issue.exact_fix, ...issue.further_edits];
    const after = new Map<string, string>();
    for (const edit of edits) {
      const text = replaced(after.get(edit.file_path) ?? textOf(edit.file_path), edit);
      // A note that no longer fits is shown as it was written, without its surroundings.
      if (text === null) return [issue.id, edits.map(fragment)] as const;
      after.set(edit.file_path, text);
    }
    const diffs = [...after].map(([path, text]) => fileDiff(path, textOf(path), text, masking));
    if (issue.applied) for (const [path, text] of after) texts.set(path, text);
    return [issue.id, diffs] as const;
  }));
}

function replaced(text: string | null, { old_code, new_code }: CodeFix): string | null {
  if (text === null || old_code === '') return text === null || text === '' ? new_code : null;
  const at = text.indexOf(old_code);
  return at === -1 ? null : text.slice(0, at) + new_code + text.slice(at + old_code.length);
}

function fileDiff(path: string, before: string | null, after: string, masking: Masking): FileDiff {
  const { hunks } = structuredPatch(path, path, before ?? '', after, undefined, undefined, { context: CONTEXT });
  // First what any URL hides: a reader wants to see the rest of it, though the whole URL is a known secret as well.
  const shown = (lines: readonly string[]) => masking.text(mask(lines.join('\n'))).split('\n');
  return {
    path, created: before === null,
    hunks: hunks.map(({ lines, oldStart, newStart }) => numbered(shown(lines.filter((line) => !line.startsWith('\\'))), oldStart, newStart)),
  };
}

function fragment({ file_path, old_code, new_code }: CodeFix): FileDiff {
  const lines = (sign: string, code: string) => (code === '' ? [] : code.replace(/\r?\n$/, '').split('\n').map((line) => sign + line));
  return { path: file_path, created: false, hunks: [numbered([...lines('-', old_code), ...lines('+', new_code)], null, null)] };
}

function numbered(lines: readonly string[], oldStart: number | null, newStart: number | null): DiffLine[] {
  let [before, after] = [oldStart, newStart];
  return lines.map((line) => {
    const sign = line.startsWith('-') ? '-' : line.startsWith('+') ? '+' : ' ';
    const row: DiffLine = { sign, text: line.slice(1).replace(/\r$/, ''), before: sign === '+' ? null : before, after: sign === '-' ? null : after };
    if (before !== null && sign !== '+') before += 1;
    if (after !== null && sign !== '-') after += 1;
    return row;
  });
}
