/**
 * Line numbers a reader can open. Findings carry lines of the copy as it was at their boot, where earlier fixes may have added or
 * removed lines; the report gives lines of the original tree.
 */
import { diffLines } from 'diff';
import type { KeptFix } from './types.ts';

/** Text of one file after the fixes that were in place at boot `number`; null when the file did not exist yet. */
export function textAtBoot(original: string | null, file: string, kept: readonly KeptFix[], number: number): string | null {
  let text = original;
  for (const fix of kept) {
    if (fix.after > number) continue;
    for (const edit of fix.edits) {
      if (edit.file !== file) continue;
      if (edit.old === '') text ??= edit.new;
      // Fix order is not the order of discovery: a fix kept earlier may only fit after one kept later. Its lines then stay as they are.
      else if (text !== null) text = replaceOnce(text, edit.old, edit.new);
    }
  }
  return text;
}

/** The line of `before` that line `line` (1-based) of `after` came from; for an added line the line it replaced or stands behind. */
export function originalLine(before: string, after: string, line: number): number {
  if (before === after) return line;
  let oldLine = 0;
  let newLine = 0;
  let replaced = 0;
  for (const part of diffLines(before, after)) {
    if (part.removed) {
      oldLine += part.count;
      replaced = part.count;
      continue;
    }
    if (newLine + part.count >= line) {
      const inside = line - newLine;
      if (!part.added) return oldLine + inside;
      return Math.max(1, replaced > 0 ? oldLine - replaced + Math.min(inside, replaced) : oldLine);
    }
    newLine += part.count;
    if (!part.added) oldLine += part.count;
    replaced = 0;
  }
  return Math.max(1, oldLine);
}

function replaceOnce(text: string, old: string, replacement: string): string {
  const at = text.indexOf(old);
  return at === -1 ? text : text.slice(0, at) + replacement + text.slice(at + old.length);
}
