/** One fix as replacements in the original tree: what a program needs that takes fixes one by one, in any order. */
import { diffLines } from 'diff';
import type { OriginalFiles } from './lines.ts';
import type { CodeFix, Issue } from './schema.ts';

export interface Replacement {
  /** Offsets into `text`, UTF-16 code units; `to` is exclusive. */
  readonly from: number;
  readonly to: number;
  readonly content: string;
}

export interface FileReplacements {
  readonly path: string;
  /** The file as it was; empty for a new one. */
  readonly text: string;
  readonly replacements: readonly Replacement[];
}

type FixedIssue = Pick<Issue, 'id' | 'applied' | 'exact_fix' | 'further_edits'>;

/**
 * Where an edit of the fix stands on what earlier fixes wrote, those earlier changes of that file are part of the answer.
 * @param all every issue, in fix order
 * @returns null when a text is masked: the fix would write `***`
 */
export function replacementsOf(issue: FixedIssue, all: readonly FixedIssue[], original: OriginalFiles): readonly FileReplacements[] | null {
  const edits = editsOf(issue);
  if (edits.some(({ new_code }) => new_code.includes('***'))) return null;
  const paths = [...new Set(edits.map(({ file_path }) => file_path))];
  const changes = paths.map((path): FileReplacements | null => {
    const text = original.get(path)?.text ?? '';
    const here = edits.filter(({ file_path }) => file_path === path);
    const placed = here.map((edit) => place(edit, text));
    if (placed.every((one) => one !== null) && !overlap(placed)) return { path, text, replacements: placed.toSorted((a, b) => a.from - b.from) };
    const after = textAfter(path, text, issue, all);
    return after === null || after.includes('***') ? null : { path, text, replacements: lineReplacements(text, after) };
  });
  return changes.every((change) => change !== null) ? changes : null;
}

/** 1-based line and column of an offset. */
export function linePosition(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  return { line: before.split('\n').length, column: offset - before.lastIndexOf('\n') };
}

function editsOf({ exact_fix, further_edits }: FixedIssue): readonly CodeFix[] {
  return [exact_fix, ...further_edits];
}

function place({ old_code, new_code }: CodeFix, text: string): Replacement | null {
  if (old_code === '') return text === '' ? { from: 0, to: 0, content: new_code } : null;
  const from = text.indexOf(old_code);
  if (from === -1 || text.indexOf(old_code, from + 1) !== -1) return null;
  return { from, to: from + old_code.length, content: new_code };
}

function overlap(placed: readonly Replacement[]): boolean {
  const sorted = placed.toSorted((a, b) => a.from - b.from);
  return sorted.some(({ from }, index) => index > 0 && from < (sorted[index - 1]?.to ?? 0));
}

/** The file after every applied fix up to and with this one. */
function textAfter(path: string, original: string, issue: FixedIssue, all: readonly FixedIssue[]): string | null {
  const at = all.findIndex(({ id }) => id === issue.id);
  const before = all.filter((other, index) => other.applied && other.id !== issue.id && (index < at || !issue.applied));
  let text = original;
  for (const { old_code, new_code } of [...before, issue].flatMap(editsOf).filter(({ file_path }) => file_path === path)) {
    const from = text.indexOf(old_code);
    if (from === -1) return null;
    text = text.slice(0, from) + new_code + text.slice(from + old_code.length);
  }
  return text;
}

/** Whole lines that differ. */
function lineReplacements(before: string, after: string): Replacement[] {
  const out: Replacement[] = [];
  let at = 0;
  for (const part of diffLines(before, after)) {
    const last = out.at(-1);
    const follows = last !== undefined && last.to === at;
    if (part.added) {
      if (follows) out[out.length - 1] = { ...last, content: last.content + part.value };
      else out.push({ from: at, to: at, content: part.value });
    } else {
      if (part.removed) out.push({ from: at, to: at + part.value.length, content: '' });
      at += part.value.length;
    }
  }
  return out;
}
