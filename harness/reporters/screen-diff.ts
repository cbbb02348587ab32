/** One fix as a coloured diff. */
import { posix } from 'node:path';
import { diffLines, parsePatch } from 'diff';
import type { AuditReport, CodeFix } from '../report/schema.ts';
import { clean, fit } from './layout.ts';
import type { Glyphs, Look, Paint } from './look.ts';

const MAX_LINES = 12;
/** Unchanged lines of a span say where it is; one on each side of a change is enough. */
const CONTEXT = 1;

type Line = { readonly sign: '-' | '+' | ' '; readonly text: string };

/** Finds the whole line around a fragment: the smallest unique span may be a single word, which says little to a reader. */
export type WholeLines = (fix: CodeFix) => CodeFix;

export function wholeLinesOf({ diff, backend }: Pick<AuditReport, 'diff' | 'backend'>): WholeLines {
  const lines = new Map(parsePatch(diff).map(({ newFileName = '', hunks }) => [newFileName.replace(/^b\//, ''), hunks.flatMap((hunk) => hunk.lines)]));
  return (fix) => {
    const changed = lines.get(posix.join(backend.root, fix.file_path)) ?? [];
    const before = onlyLine(changed, '-', fix.old_code);
    const after = onlyLine(changed, '+', fix.new_code);
    return before === undefined || after === undefined ? fix : { ...fix, old_code: before, new_code: after };
  };
}

/** The changed line that holds the fragment; none when several do, or when another fix has changed it again. */
function onlyLine(lines: readonly string[], sign: '-' | '+', fragment: string): string | undefined {
  if (fragment === '' || fragment.includes('\n')) return undefined;
  const found = lines.filter((line) => line.startsWith(sign) && line.includes(fragment));
  return found.length === 1 ? found[0]?.slice(1) : undefined;
}

/** Lines of the diff, indented by `indent`, cut to the look's width. */
export function renderFix(fix: CodeFix, indent: string, look: Look, paint: Paint, glyphs: Glyphs): string[] {
  const lines = diffOf(fix);
  const shown = lines.length > MAX_LINES ? lines.slice(0, MAX_LINES - 1) : lines;
  const width = look.width - indent.length - 2;
  const rest = lines.length - shown.length;
  return [
    ...shown.map(({ sign, text }) => {
      const line = `${sign} ${fit(clean(text), width, glyphs.ellipsis)}`.trimEnd();
      return indent + (sign === ' ' ? paint('dim', line) : paint(sign === '-' ? 'red' : 'green', line));
    }),
    ...(rest > 0 ? [`${indent}${paint('dim', `${glyphs.ellipsis} ${rest} more lines in fixes.patch`)}`] : []),
  ];
}

function diffOf({ old_code: before, new_code: after }: CodeFix): Line[] {
  // What differs is inside a secret and masked on both sides; a reader still sees where it is.
  if (before === after) return [{ sign: '-', text: before.trimEnd() }, { sign: '+', text: after.trimEnd() }];
  const parts = diffLines(endLine(before), endLine(after));
  return parts.flatMap((part, index): Line[] => {
    const texts = part.value.replace(/\r?\n$/, '').split(/\r?\n/);
    if (part.removed) return texts.map((text) => ({ sign: '-', text }));
    if (part.added) return texts.map((text) => ({ sign: '+', text }));
    const head = index === 0 ? [] : texts.slice(0, CONTEXT);
    const tail = index === parts.length - 1 ? [] : texts.slice(Math.max(head.length, texts.length - CONTEXT));
    return [...head, ...tail].map((text) => ({ sign: ' ', text }));
  });
}

/** So that a last line without newline does not look changed. */
function endLine(code: string): string {
  return code === '' || code.endsWith('\n') ? code : `${code}\n`;
}
