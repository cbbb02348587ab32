/** One fix as a coloured diff. */
import { diffLines } from 'diff';
import type { CodeFix } from '../report-schema.ts';
import { clean, fit } from './layout.ts';
import type { Glyphs, Look, Paint } from './look.ts';

const MAX_LINES = 12;
/** Unchanged lines of a span say where it is; one on each side of a change is enough. */
const CONTEXT = 1;

type Line = { readonly sign: '-' | '+' | ' '; readonly text: string };

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
