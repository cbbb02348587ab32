/**
 * Line numbers a reader can open. Findings carry lines of the copy as it was at their boot, where earlier fixes may have added or
 * removed lines; the report gives lines of the original tree.
 */
import { diffLines } from 'diff';
import type { Finding } from '../../scenarios/types.ts';
import type { KeptFix, LoopResult } from '../types.ts';

/** Original texts by path relative to the backend root. */
export type OriginalFiles = ReadonlyMap<string, { readonly text: string }>;

/** Line in the original tree of a finding that boot `number` showed. */
export function lineAtBoot(finding: Finding, number: number, kept: readonly KeptFix[], original: OriginalFiles): number | undefined {
  const before = original.get(finding.file)?.text;
  if (finding.line === undefined || before === undefined) return finding.line;
  return originalLine(before, textAtBoot(before, finding.file, kept, number), finding.line);
}

/** Line in the original tree of a finding of the tree as it was left. */
export function finalLine(finding: Finding, { texts }: Pick<LoopResult, 'texts'>, original: OriginalFiles): number | undefined {
  const before = original.get(finding.file)?.text;
  if (finding.line === undefined || before === undefined) return finding.line;
  return originalLine(before, texts.get(finding.file) ?? before, finding.line);
}

/** A sentence that names the finding's line names it as the record does. */
export function moveLine(text: string, { file, line: seen }: Finding, line: number | undefined): string {
  if (seen === undefined || line === undefined || seen === line) return text;
  return text.replace(/(?<place>[^\s:]+:|\b[Ll]ine )(?<number>\d+)/g, (whole, place: string, number: string) =>
    (Number(number) === seen && (place === `${file}:` || place.endsWith(' ')) ? `${place}${line}` : whole));
}

/** A finding of the tree `from`, with its line as it is in `base`. */
export function asIn(base: OriginalFiles, from: OriginalFiles, finding: Finding): Finding {
  const was = base.get(finding.file)?.text;
  const is = from.get(finding.file)?.text;
  if (finding.line === undefined || was === undefined || is === undefined || was === is) return finding;
  const line = originalLine(was, is, finding.line);
  return { ...finding, line, what: moveLine(finding.what, finding, line), why: moveLine(finding.why, finding, line) };
}

/** Text of one file after the fixes that were in place at a boot. */
function textAtBoot(original: string, file: string, kept: readonly KeptFix[], number: number): string {
  return kept.filter(({ after }) => after <= number).flatMap(({ edits }) => edits)
    .filter((edit) => edit.file === file)
    // Fix order is not the order of discovery: an edit may only fit after one that was kept later. Its lines then stay as they are.
    .reduce((text, edit) => replaceOnce(text, edit.old, edit.new), original);
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
