/**
 * Corrections of text that Python cannot read. Each recipe reads Python's own message, which says what is missing or in the way, and proposes small
 * changes at that place. A change is offered only when the whole file can be parsed with it; what it means, the boot and a person decide.
 */
import { sourceFile, syntaxFaults } from '../../source/python.ts';
import type { Edit, SourceFile } from '../../source/types.ts';
import type { Fix } from '../types.ts';
import { saidOf } from './syntax.ts';
import type { Broken } from './syntax.ts';
import { SLIPS } from './syntax-slips.ts';
import { codeEnd, insertAt, lineStart, lineText, replaceAt, tokenAt } from './text-lines.ts';
import { fixOf } from './words.ts';

export interface Recipe {
  readonly when: RegExp;
  readonly title: string;
  readonly edits: (broken: Broken, match: RegExpExecArray) => readonly (readonly Edit[])[];
}

/** A file gets at most so many boots. */
const MOST = 4;

export function repairs(broken: Broken): readonly Fix[] {
  const said = saidOf(broken.exception);
  const offered = [...RECIPES, ...SLIPS].flatMap(({ when, title, edits }) => {
    const match = when.exec(said);
    return match === null ? [] : edits(broken, match).map((all) => ({ title, all }));
  });
  const readable = offered.filter(({ all }) => all.length > 0 && canBeRead(broken.file, all));
  const distinct = readable.filter(({ all }, at) => readable.findIndex((other) => changed(broken.file, other.all) === changed(broken.file, all)) === at);
  return distinct.slice(0, MOST).flatMap(({ title, all }) => fixOf({
    title: `${title} in ${broken.file.path}`, safety: 'likely', edits: all, explanation: `Python says: ${said}. With this change the file can be read again.`,
  }));
}

export function canBeRead(file: SourceFile, edits: readonly Edit[]): boolean {
  return syntaxFaults(sourceFile(file.path, changed(file, edits))).length === 0;
}

function changed(file: SourceFile, edits: readonly Edit[]): string {
  return edits.toSorted((a, b) => b.at - a.at).reduce((text, edit) => text.slice(0, edit.at) + edit.new + text.slice(edit.at + edit.old.length), file.text);
}

const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** Insertions at the ends of the named line and the ones below it. */
function atLineEnds(texts: readonly string[], more: readonly number[] = [0]): Recipe['edits'] {
  return ({ file, line }) => more.flatMap((step) => texts.map((text) => [insertAt(file, codeEnd(file, line + step), text)]));
}

/** The named line, rewritten; nothing when it stays as it is. */
function rewrite(change: (text: string, match: RegExpExecArray) => string): Recipe['edits'] {
  return ({ file, line }, match) => {
    const text = lineText(file, line);
    return [replaceAt(file, lineStart(file, line), text, change(text, match))];
  };
}

const RECIPES: readonly Recipe[] = [
  { when: /^expected ':'/, title: 'Write elif', edits: rewrite((text) => text.replace(/^(\s*)else if\b/, '$1elif')) },
  { when: /^expected ':'/, title: 'Write the arrow of the return type', edits: rewrite((text) => text.replace(/\)\s*(?:- >|=>|--?>)\s*/, ') -> ')) },
  { when: /^expected ':'/, title: 'Add the missing colon', edits: atLineEnds([':']) },
  { when: /^expected '\('/, title: 'Add the missing brackets', edits: rewrite((text) => text.replace(/^(\s*(?:async )?def \w+)(\s*)/, '$1()$2')) },
  // The opener is named, not where its content ends: each of the next lines is a place for the closing one.
  { when: /^'(?<open>[([{])' was never closed/, title: 'Close the bracket', edits: (broken, match) => atLineEnds([CLOSERS[match.groups?.['open'] ?? ''] ?? ''], [0, 1, 2, 3, 4, 5, 6, 7, 8])(broken, match) },
  { when: /^'(?<open>[([{])' was never closed/, title: 'Close the bracket before the colon', edits: (broken, match) => rewrite((text) => text.replace(/:(\s*)$/, `${CLOSERS[match.groups?.['open'] ?? ''] ?? ''}:$1`))(broken, match) },
  { when: /^'\(' was never closed|^invalid syntax$/, title: 'Close the list of parameters', edits: rewrite((text) => (/^\s*(?:async )?def /.test(text) ? text.replace(/(?<!\))\s*->/, ') ->') : text)) },
  {
    when: /^unmatched '(?<close>[)\]}])'/, title: 'Remove the bracket that closes nothing',
    edits: (broken, match) => removeLast(broken, match.groups?.['close'] ?? ''),
  },
  {
    when: /^closing parenthesis '(?<close>.)' does not match opening parenthesis '(?<open>.)'/, title: 'Close the bracket that is open',
    edits: (broken, match) => replaceToken(broken, match.groups?.['close'] ?? '', CLOSERS[match.groups?.['open'] ?? ''] ?? ''),
  },
  { when: /^unterminated (?:f-|t-)?string literal/, title: 'Close the string', edits: atLineEnds(['"', "'"]) },
  { when: /^unterminated (?:f-|t-)?string literal/, title: 'Close the string before the bracket', edits: (broken) => ['"', "'"].flatMap((quote) => [1, 2, 3].flatMap((back) => beforeEnd(broken, quote, back))) },
  { when: /^unterminated triple-quoted (?:f-|t-)?string literal/, title: 'Close the text', edits: (broken, match) => ['"""', "'''"].flatMap((quote) => [0, 1, 2, 3].flatMap((step) => atLineEnds([quote], [step])(broken, match))) },
  {
    when: /^Missing parentheses in call to '(?<name>print|exec)'/, title: 'Put the calls in parentheses',
    edits: ({ file }, match) => [everyLine(file, new RegExp(`^(?<head>\\s*)${match.groups?.['name'] ?? 'print'}[ \\t]+(?<rest>[^(=\\s].*?|\\(.*\\)\\s*%.*?)(?<tail>\\s*)$`), (head, rest, tail) => `${head}${match.groups?.['name'] ?? 'print'}(${rest})${tail}`)],
  },
  { when: /^leading zeros in decimal integer literals/, title: 'Write the octal number with 0o', edits: rewrite((text) => text.replace(/(?<![\w.])0+(?<digits>[1-7][0-7]*)\b/g, '0o$<digits>')) },
  { when: /Maybe you meant '!=' instead of '<>'/, title: 'Write != for unequal', edits: rewrite((text) => text.replaceAll('<>', '!=')) },
  { when: /Maybe you meant '=='/, title: 'Compare instead of assigning', edits: rewrite((text) => text.replace(/(?<![=!<>:])=(?!=)/, '==')) },
  { when: /^multiple exception types must be parenthesized/, title: 'Put the exception types in parentheses', edits: rewrite((text) => text.replace(/(except\*?)\s+([\w.]+(?:\s*,\s*[\w.]+)+)\s+as\b/, '$1 ($2) as')) },
  { when: /^from __future__ imports must occur/, title: 'Move the __future__ import to the top', edits: ({ file, line }) => [futureToTop(file, line)] },
  { when: /^'(?:await|async with|async for)' outside async function|^asynchronous comprehension outside/, title: 'Make the function async', edits: ({ file, line }) => [asyncDef(file, line)] },
  { when: /^positional argument follows keyword argument(?! unpacking)/, title: 'Pass the positional argument first', edits: rewrite((text) => text.replace(/\((\s*\w+\s*=\s*[^,()]+),\s*([^,()=]+)\)/, '($2, $1)')) },
  { when: /^keyword argument repeated: (?<name>\w+)/, title: 'Pass the argument once', edits: (broken, match) => rewrite((text) => dropRepeated(text, match.groups?.['name'] ?? ''))(broken, match) },
  { when: /^f-string: single '}' is not allowed/, title: 'Double the brace that is meant as text', edits: ({ file, line, exception }) => [insertAt(file, tokenAt(file, line, exception), '}')].map((edit) => [edit]) },
  { when: /^f-string: expecting '}'/, title: 'Close the brace', edits: ({ file, line }) => [...lineText(file, line).matchAll(/["']/g)].map((match) => [insertAt(file, lineStart(file, line) + match.index, '}')]) },
  { when: /^Generator expression must be parenthesized/, title: 'Put the generator in parentheses', edits: rewrite((text) => text.replace(/\(([^(),]+ for [^(),]+),/, '(($1),')) },
  { when: /^invalid non-printable character U\+(?<code>[0-9A-F]{4})/, title: 'Replace invisible characters', edits: ({ file }, match) => [everyCharacter(file, String.fromCodePoint(Number.parseInt(match.groups?.['code'] ?? '20', 16)))] },
  { when: /^invalid character '(?<character>.+)' \(U\+/u, title: 'Write plain characters', edits: rewrite((text) => text.replace(/[“”„]/g, '"').replace(/[‘’]/g, "'").replace(/[–—−]/g, '-').replace(/[，；：（）［］｛｝＝]/g, (wide) => wide.normalize('NFKC'))) },
  { when: /^unexpected character after line continuation character/, title: 'End the line with the backslash', edits: rewrite((text) => text.replace(/\\[ \t]+$/, '\\')) },
  { when: /^'u' and 'r' prefixes are incompatible/, title: 'Drop the prefix u', edits: rewrite((text) => text.replace(/\b[uU]([rR]["'])/g, '$1')) },
  { when: /Perhaps you forgot a comma/, title: 'Add the missing comma', edits: (broken) => missingComma(broken) },
  { when: /^parameter without a default follows parameter with a default/, title: 'Let the parameters be passed by name', edits: rewrite((text) => text.replace(/^(\s*(?:async )?def \w+\()(\s*(?:self|cls)\s*,\s*)?/, '$1$2*, ')) },
];

function removeLast({ file, line }: Broken, text: string): readonly (readonly Edit[])[] {
  const at = lineText(file, line).lastIndexOf(text);
  return text === '' || at < 0 ? [] : [replaceAt(file, lineStart(file, line) + at, text, '')];
}

function replaceToken({ file, line, exception }: Broken, old: string, text: string): readonly (readonly Edit[])[] {
  const at = tokenAt(file, line, exception);
  return text !== '' && file.text.startsWith(old, at) ? [replaceAt(file, at, old, text)] : [];
}

function beforeEnd({ file, line }: Broken, text: string, back: number): readonly (readonly Edit[])[] {
  const end = codeEnd(file, line);
  return /^[)\]},:]+$/.test(file.text.slice(end - back, end)) ? [[insertAt(file, end - back, text)]] : [];
}

function everyLine(file: SourceFile, pattern: RegExp, change: (head: string, rest: string, tail: string) => string): readonly Edit[] {
  let at = 0;
  return file.text.split('\n').flatMap((text) => {
    const start = at;
    at += text.length + 1;
    const groups = text.length > 500 ? undefined : pattern.exec(text)?.groups;
    return groups === undefined ? [] : replaceAt(file, start, text, change(groups['head'] ?? '', groups['rest'] ?? '', groups['tail'] ?? ''));
  });
}

/** Blanks of another script become blanks; characters without a width go. */
function everyCharacter(file: SourceFile, character: string): readonly Edit[] {
  const plain = /\p{Zs}/u.test(character) ? ' ' : '';
  return [...file.text.matchAll(new RegExp(`\\u{${character.codePointAt(0)?.toString(16) ?? '20'}}`, 'gu'))].flatMap((match) => replaceAt(file, match.index, match[0], plain));
}

/** Behind comments and the docstring, in front of everything else. */
function futureToTop(file: SourceFile, line: number): readonly Edit[] {
  const text = lineText(file, line);
  const start = lineStart(file, line);
  const first = file.syntax?.rootNode.namedChildren.filter((node) => node !== null && node.type !== 'comment') ?? [];
  const target = first[0]?.type === 'expression_statement' && first[0].namedChild(0)?.type === 'string' ? first[1] : first[0];
  const eol = file.text.includes('\r\n') ? '\r\n' : '\n';
  const end = Math.min(file.text.length, start + text.length + (file.text.startsWith(`${text}\r\n`, start) ? 2 : 1));
  if (target === undefined || target === null || target.startIndex >= start) return [];
  return [insertAt(file, target.startIndex, `${text.trim()}${eol}`), ...replaceAt(file, start, file.text.slice(start, end), '')];
}

/** The function around the line; a method that others call without `await` would change for them, which the boot has to show. */
function asyncDef(file: SourceFile, line: number): readonly Edit[] {
  const functions = (file.syntax?.rootNode.descendantsOfType('function_definition') ?? []).filter((node) => node !== null && node.startPosition.row + 1 <= line && node.endPosition.row + 1 >= line);
  const inner = functions.at(-1);
  return inner === undefined || inner === null || inner.text.startsWith('async') ? [] : [insertAt(file, inner.startIndex, 'async ')];
}

function dropRepeated(text: string, name: string): string {
  const all = [...text.matchAll(new RegExp(`,\\s*${name}\\s*=\\s*(?:[^,()\\[\\]{}"']+|"[^"]*"|'[^']*')(?=[,)])`, 'g'))];
  const last = all.at(-1);
  return last === undefined ? text : text.slice(0, last.index) + text.slice(last.index + last[0].length);
}

/** Between two items of one line, or at the end of the line before the next item. */
function missingComma({ file, line, exception }: Broken): readonly (readonly Edit[])[] {
  const start = tokenAt(file, line, exception);
  const text = lineText(file, line).slice(start - lineStart(file, line));
  const gaps = [...text.matchAll(/(?<=["'\w)\]}])(?=\s+["'\w([{])/g)].map((match) => [insertAt(file, start + match.index, ',')]);
  return [...[0, 1, -1].map((more) => [insertAt(file, codeEnd(file, line + more), ',')]), ...gaps];
}
