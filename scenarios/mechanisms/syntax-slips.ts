/** `invalid syntax` says nothing but the place: slips of the pen, other languages' words, and Python 2. */
import { distance } from 'fastest-levenshtein';
import type { Edit } from '../../source/types.ts';
import type { Broken } from './syntax.ts';
import type { Recipe } from './syntax-repairs.ts';
import { codeEnd, insertAt, lineStart, lineText, replaceAt } from './text-lines.ts';

const KEYWORDS = ['import', 'from', 'def', 'class', 'return', 'async', 'await', 'if', 'elif', 'else', 'for', 'while', 'try', 'except', 'finally', 'with', 'as', 'raise', 'yield', 'lambda', 'global', 'nonlocal', 'pass', 'break', 'continue', 'assert', 'del', 'not', 'and', 'or', 'in', 'is', 'None', 'True', 'False'];
const INVALID = /^invalid syntax(?:\. Did you mean '(?<word>\w+)'\?)?$/;

/** What people write who come from another language, and what Python 2 had; each on the line that Python names. */
const FOREIGN: readonly { readonly old: RegExp; readonly text: string }[] = [
  { old: /^(\s*)else if\b/, text: '$1elif' },
  { old: /\s&&\s/g, text: ' and ' },
  { old: /\s\|\|\s/g, text: ' or ' },
  { old: /(?<=[\s(])!(?=[\w(])/g, text: 'not ' },
  { old: /^(\s*)\/\/\s?/, text: '$1# ' },
  { old: /^(\s*)(?:const|let|var)\s+(?=\w+\s*=)/, text: '$1' },
  { old: /=\s*new\s+(?=\w)/, text: '= ' },
  { old: /^(\s*raise\s+[\w.]+),\s*(.+?)\s*$/, text: '$1($2)' },
  { old: /`([^`]+)`/g, text: 'repr($1)' },
  { old: /^(\s*)(\w+)\+\+\s*$/, text: '$1$2 += 1' },
  { old: /;;+\s*$/, text: '' },
  { old: /,\s*,/g, text: ',' },
  { old: /^(\s*import\s+[\w.]+(?:\s*,\s*[\w.]+)*),\s*$/, text: '$1' },
  { old: /\.\.(?=\w)/g, text: '.' },
  { old: /::\s*$/, text: ':' },
  { old: /=\s*=\s*=/g, text: '==' },
];

export const SLIPS: readonly Recipe[] = [
  { when: INVALID, title: 'Correct the misspelt keyword', edits: (broken, match) => misspelt(broken, match.groups?.['word']) },
  { when: INVALID, title: 'Write it as Python does', edits: ({ file, line }) => FOREIGN.map(({ old, text }) => { const now = lineText(file, line); return now.length > 1_000 ? [] : replaceAt(file, lineStart(file, line), now, now.replace(old, text)); }) },
  // A bracket left open, or a comma left out, is noticed only on the next line.
  { when: INVALID, title: 'Close what is open on the line above', edits: ({ file, line }) => [')', ']', '}', '"', "'", ',', ':'].map((text) => [insertAt(file, codeEnd(file, above({ file, line })), text)]) },
  { when: INVALID, title: 'Close what is open', edits: ({ file, line }) => [')', ']', '}', ':'].map((text) => [insertAt(file, codeEnd(file, line), text)]) },
  { when: INVALID, title: 'Remove the sign that does not belong here', edits: (broken) => stray(broken) },
];

/** The nearest line above that is not blank. */
function above({ file, line }: Pick<Broken, 'file' | 'line'>): number {
  let at = line - 1;
  while (at > 1 && lineText(file, at).trim() === '') at -= 1;
  return Math.max(1, at);
}

/** A word of the line that is nearly a keyword. */
function misspelt({ file, line }: Broken, said: string | undefined): readonly (readonly Edit[])[] {
  const text = lineText(file, line);
  if (text.length > 1_000) return [];
  return [...text.matchAll(/[A-Za-z]{2,12}/g)].slice(0, 12).flatMap((match) => {
    const word = match[0];
    if (KEYWORDS.includes(word)) return [];
    const near = KEYWORDS.filter((keyword) => (said === undefined || keyword === said) && keyword.length > 1 && isSlip(word, keyword));
    return near.map((keyword) => replaceAt(file, lineStart(file, line) + match.index, word, keyword));
  });
}

function isSlip(word: string, keyword: string): boolean {
  if (word.toLowerCase() === keyword.toLowerCase()) return true;
  const sameLetters = [...word].toSorted().join('') === [...keyword].toSorted().join('');
  return (sameLetters && word.length > 2) || (keyword.length > 2 && distance(word, keyword) === 1);
}

/** One sign at the caret or just before it, when it is one of those that are typed twice. */
function stray({ file, line, exception }: Broken): readonly (readonly Edit[])[] {
  const text = lineText(file, line);
  const indent = /^\s*/.exec(text)?.[0].length ?? 0;
  const at = indent + (exception.syntax?.column ?? 1) - 1;
  return [at, at - 1].filter((place) => /[:;,)\]}=.]/.test(text[place] ?? '')).map((place) => replaceAt(file, lineStart(file, line) + place, text[place] ?? '', ''));
}
