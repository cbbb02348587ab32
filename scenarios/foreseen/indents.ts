/** Python's own rules of indentation. */
import type { PlainCode } from './plain-code.ts';
import type { Broken } from './syntax.ts';

interface Line {
  readonly number: number;
  readonly indent: string;
  readonly text: string;
}

const OPENERS: readonly { readonly starts: RegExp; readonly name: string }[] = [
  { starts: /^(?:async\s+)?def\b/, name: 'function definition' }, { starts: /^class\b/, name: 'class definition' },
  ...['if', 'elif', 'else', 'for', 'while', 'try', 'except', 'finally', 'with'].map((word) => ({ starts: new RegExp(`^(?:async\\s+)?${word}\\b`), name: `'${word}' statement` })),
];

export function indentFault(plain: PlainCode): Broken | undefined {
  const lines = logicalLines(plain);
  const stack = [''];
  let opener: Line | undefined;
  let before: Line | undefined;
  for (const line of lines) {
    const top = stack.at(-1) ?? '';
    if (mixes(line.indent, top)) return { type: 'TabError', message: 'inconsistent use of tabs and spaces in indentation', line: line.number };
    const deeper = width(line.indent) - width(top);
    if (opener !== undefined && deeper <= 0) return { type: 'IndentationError', message: `expected an indented block after ${nameOf(opener)} on line ${opener.number}`, line: line.number };
    if (opener === undefined && deeper > 0) return before !== undefined && lacksColon(before) ? { type: 'SyntaxError', message: "expected ':'", line: before.number } : { type: 'IndentationError', message: 'unexpected indent', line: line.number };
    if (opener !== undefined) stack.push(line.indent);
    while (width(stack.at(-1) ?? '') > width(line.indent)) stack.pop();
    if (width(stack.at(-1) ?? '') !== width(line.indent)) return { type: 'IndentationError', message: 'unindent does not match any outer indentation level', line: line.number };
    opener = line.text.endsWith(':') && OPENERS.some(({ starts }) => starts.test(line.text)) ? line : undefined;
    // What else opens a block (match, case) is left to the parser.
    if (opener === undefined && line.text.endsWith(':')) return undefined;
    before = line;
  }
  return opener === undefined ? undefined : { type: 'IndentationError', message: `expected an indented block after ${nameOf(opener)} on line ${opener.number}`, line: opener.number + 1 };
}

/** Lines that begin a statement: not empty, not inside brackets or a string, not behind a backslash. */
function logicalLines({ code, inside }: PlainCode): readonly Line[] {
  const found: { number: number; indent: string; text: string }[] = [];
  let depth = 0;
  let joined = false;
  code.split('\n').forEach((raw, at) => {
    const text = raw.trim();
    if (text === '') return;
    if (depth === 0 && !joined && !inside.has(at + 1)) found.push({ number: at + 1, indent: /^[ \t\f]*/.exec(raw)?.[0].replace('\f', '') ?? '', text });
    else if (found.length > 0) (found.at(-1) as { text: string }).text = `${found.at(-1)?.text ?? ''} ${text}`;
    for (const char of text) depth += '([{'.includes(char) ? 1 : ')]}'.includes(char) ? -1 : 0;
    joined = text.endsWith('\\');
    if (depth < 0) depth = 0;
  });
  // An open bracket to the end is another fault; its lines say nothing.
  return depth === 0 ? found : [];
}

/** `def f(x)` with its block below it. */
function lacksColon({ text }: Line): boolean {
  return OPENERS.some(({ starts }) => starts.test(text)) && !/:\s*\S*$/.test(text.replace(/\([^()]*\)|\[[^[\]]*\]/g, ''));
}

function width(indent: string): number {
  return [...indent].reduce((sum, char) => (char === '\t' ? (Math.floor(sum / 8) + 1) * 8 : sum + 1), 0);
}

/** Tabs and blanks whose order depends on how wide a tab is. */
function mixes(indent: string, top: string): boolean {
  const narrow = (text: string): number => text.length;
  return Math.sign(width(indent) - width(top)) !== Math.sign(narrow(indent) - narrow(top));
}

function nameOf({ text }: Line): string {
  return OPENERS.find(({ starts }) => starts.test(text))?.name ?? 'statement';
}
