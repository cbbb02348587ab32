/** The ground of all edits: replacing spans of a text and leaving every other byte as it is. */
import { diffLines } from 'diff';
import { sourceFile } from './syntax.ts';
import type { Span } from './syntax.ts';
import type { Edit, SourceFile } from './types.ts';

/**
 * Texts of the changed files after all edits. Offsets of all edits refer to the files as given, so edits of one file must not overlap.
 * An empty `old` inserts at `at`, or creates the file when there is none.
 * @throws Error when `old` is not found at `at` or edits overlap: a bug of the caller.
 */
export function applyEdits(files: ReadonlyMap<string, { readonly text: string }>, edits: readonly Edit[]): ReadonlyMap<string, string> {
  const byFile = Map.groupBy(edits, (edit) => edit.file);
  return new Map([...byFile].map(([path, ofFile]) => [path, applyToText(path, files.get(path)?.text ?? '', ofFile)]));
}

function applyToText(path: string, text: string, edits: readonly Edit[]): string {
  // Stable: insertions at one place keep their order.
  const ordered = [...edits].sort((a, b) => a.at - b.at);
  let result = '';
  let done = 0;
  for (const edit of ordered) {
    if (edit.at < done) throw new Error(`edits of ${path} overlap at offset ${edit.at}`);
    if (text.slice(edit.at, edit.at + edit.old.length) !== edit.old) throw new Error(`${path} does not hold the text to be replaced at offset ${edit.at}`);
    result += text.slice(done, edit.at) + edit.new;
    done = edit.at + edit.old.length;
  }
  return result + text.slice(done);
}

/** One edit that creates a file. */
export function newFile(path: string, text: string): Edit {
  return { file: path, old: '', new: text, at: 0 };
}

/** Replaces a span. Empty when nothing would change. */
export function replaceSpan(file: SourceFile, span: Span, text: string): readonly Edit[] {
  const old = file.text.slice(span.start, span.end);
  return old === text ? [] : [{ file: file.path, old, new: text, at: span.start }];
}

/** The edits that turn `before` into `after`: one per changed stretch, none larger than it must be. */
export function editsBetween(path: string, before: string, after: string): readonly Edit[] {
  const edits: Edit[] = [];
  let at = 0;
  let hunk = { old: '', new: '' };
  const flush = (): void => {
    for (const part of paired(hunk)) {
      if (part.old !== part.new) edits.push(trimmed(path, part, at));
      at += part.old.length;
    }
    hunk = { old: '', new: '' };
  };
  for (const change of diffLines(before, after)) {
    if (change.removed) hunk.old += change.value;
    else if (change.added) hunk.new += change.value;
    else {
      flush();
      at += change.value.length;
    }
  }
  flush();
  return edits;
}

/** As many lines after as before: each is a change of its own. */
function paired(hunk: { readonly old: string; readonly new: string }): readonly { readonly old: string; readonly new: string }[] {
  const [before, now] = [hunk.old.split(/(?<=\n)/), hunk.new.split(/(?<=\n)/)];
  return before.length === now.length ? before.map((old, index) => ({ old, new: now[index] ?? '' })) : [hunk];
}

/** Without what both sides begin and end with; never cuts a CRLF or a surrogate pair in two. */
function trimmed(file: string, hunk: { old: string; new: string }, at: number): Edit {
  const limit = Math.min(hunk.old.length, hunk.new.length);
  let head = 0;
  while (head < limit && hunk.old[head] === hunk.new[head]) head += 1;
  while (head > 0 && splits(hunk.old, head, hunk.new)) head -= 1;
  let tail = 0;
  while (tail < limit - head && hunk.old.at(-1 - tail) === hunk.new.at(-1 - tail)) tail += 1;
  while (tail > 0 && (cutsUnit(hunk.old, hunk.old.length - tail) || cutsUnit(hunk.new, hunk.new.length - tail))) tail -= 1;
  return { file, old: hunk.old.slice(head, hunk.old.length - tail), new: hunk.new.slice(head, hunk.new.length - tail), at: at + head };
}

function splits(old: string, at: number, other: string): boolean {
  return cutsUnit(old, at) || cutsUnit(other, at);
}

function cutsUnit(text: string, at: number): boolean {
  const left = text[at - 1] ?? '';
  return (left === '\r' && text[at] === '\n') || /[\uD800-\uDBFF]/.test(left);
}

/** Runs edits after one another on one file (each sees the result of the one before) and returns them as edits of the file as given. */
export function inSequence(file: SourceFile, ...steps: readonly ((file: SourceFile) => readonly Edit[])[]): readonly Edit[] {
  let now = file;
  for (const step of steps) {
    const edits = step(now);
    const text = applyEdits(new Map([[now.path, now]]), edits).get(now.path);
    if (text !== undefined) now = sourceFile(now.path, text);
  }
  return editsBetween(file.path, file.text, now.text);
}

/** The line ending the file uses most; `\n` for a file without any. */
export function lineEnding(text: string): '\n' | '\r\n' {
  const all = text.split('\n').length - 1;
  const windows = text.split('\r\n').length - 1;
  return windows * 2 > all ? '\r\n' : '\n';
}

/** Offset of the first character of the line that holds `at`. */
export function lineStart(text: string, at: number): number {
  return at <= 0 ? 0 : text.lastIndexOf('\n', at - 1) + 1;
}

/** Offset behind the newline of the line that holds `at` (the end of the text in the last line). */
export function nextLine(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end === -1 ? text.length : end + 1;
}

/** Offset of the line's end, before `\r\n` or `\n`. */
export function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  if (end === -1) return text.length;
  return text[end - 1] === '\r' ? end - 1 : end;
}
