/** Files that Python would not read, in Python's own words where they can be known for sure. */
import { ancestors, lineOf, nodesOf } from '../../source/syntax.ts';
import type { SourceFile } from '../../source/types.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import { exceptionFault } from './fault.ts';
import type { ForeseenFault, Foresight } from './fault.ts';
import { indentFault } from './indents.ts';
import { readPlain } from './plain-code.ts';

export interface Broken {
  readonly type: 'SyntaxError' | 'IndentationError' | 'TabError';
  readonly message: string;
  readonly line: number;
}

/** One fault a file: Python does not read on. */
export const foreseeSyntax: Foresight = (source) => [...loadedFiles(source)].flatMap((path): readonly ForeseenFault[] => {
  const file = source.files.get(path);
  if (file === undefined || !path.endsWith('.py')) return [];
  const plain = readPlain(file.text);
  const { code } = plain;
  const [broken] = [indentFault(plain), conflict(file), brackets(code), parameterOrder(code), lateFuture(code), strayAwait(file, code), nulls(file)].filter((found) => found !== undefined).toSorted((a, b) => a.line - b.line);
  if (broken === undefined) return [];
  const text = file.text.split('\n')[broken.line - 1]?.trim();
  return [{
    stage: 'syntax', fault: exceptionFault({
      type: broken.type, message: broken.message, frames: [], syntax: { file: path, line: broken.line, ...(text === undefined ? {} : { source: text }) },
    }),
  }];
});

/** `<<<<<<< HEAD` */
function conflict(file: SourceFile): Broken | undefined {
  const found = /^<{7} [^\n]*\n(?:[^\n]*\n)*?={7}\r?\n(?:[^\n]*\n)*?>{7} /m.exec(file.text);
  return found === null ? undefined : { type: 'SyntaxError', message: 'invalid syntax', line: lineAt(file.text, found.index) };
}

const CLOSES: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{' };

/** Brackets in Python's own words; what stands open at the end is named at its opening. */
function brackets(code: string): Broken | undefined {
  const open: { readonly char: string; readonly at: number }[] = [];
  for (const { 0: char, index: at } of code.matchAll(/[()[\]{}]/g)) {
    const wanted = CLOSES[char];
    if (wanted === undefined) open.push({ char, at });
    else {
      const last = open.pop();
      if (last === undefined) return { type: 'SyntaxError', message: `unmatched '${char}'`, line: lineAt(code, at) };
      if (last.char !== wanted) {
        const from = lineAt(code, last.at);
        const line = lineAt(code, at);
        return { type: 'SyntaxError', message: `closing parenthesis '${char}' does not match opening parenthesis '${last.char}'${from === line ? '' : ` on line ${from}`}`, line };
      }
    }
  }
  const left = open.at(-1);
  return left === undefined ? undefined : { type: 'SyntaxError', message: `'${left.char}' was never closed`, line: lineAt(code, left.at) };
}

function parameterOrder(code: string): Broken | undefined {
  for (const match of code.matchAll(/\bdef\s+\w+\s*(?:\[[^\]\n]*\])?\s*\(/g)) {
    const start = match.index + match[0].length;
    let optional = false;
    for (const { text, at } of partsOf(code, start)) {
      if (/^\s*\*/.test(text)) break;
      const isOptional = topLevelEquals(text);
      if (optional && !isOptional && /\w/.test(text)) return { type: 'SyntaxError', message: 'parameter without a default follows parameter with a default', line: lineAt(code, at + text.search(/\S/)) };
      optional ||= isOptional;
    }
  }
  return undefined;
}

/** What stands between the commas of a bracket that opens right before `start`. */
export function partsOf(code: string, start: number): readonly { readonly text: string; readonly at: number }[] {
  const parts: { text: string; at: number }[] = [];
  let depth = 0;
  let from = start;
  for (let at = start; at < code.length && at < start + 10_000; at += 1) {
    const char = code[at] ?? '';
    if ('([{'.includes(char)) depth += 1;
    if (')]}'.includes(char)) depth -= 1;
    if (depth < 0 || (depth === 0 && char === ',')) {
      parts.push({ text: code.slice(from, at), at: from });
      from = at + 1;
    }
    if (depth < 0) return parts;
  }
  return [];
}

function topLevelEquals(text: string): boolean {
  let depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if ('([{'.includes(char)) depth += 1;
    if (')]}'.includes(char)) depth -= 1;
    if (depth === 0 && char === '=' && !/[=!<>:]/.test(text[at - 1] ?? '') && text[at + 1] !== '=') return true;
  }
  return false;
}

/** `await` in a plain function. */
function strayAwait(file: SourceFile, code: string): Broken | undefined {
  if (!/\bawait\b/.test(code) || !/^[ \t]*def\b/m.test(code)) return undefined;
  const stray = nodesOf(file, 'await').find((node) => {
    const around = [...ancestors(node)].find((up) => up.type === 'function_definition' || up.type === 'lambda' || up.type === 'generator_expression');
    return around?.type === 'function_definition' && !around.text.startsWith('async');
  });
  return stray === undefined ? undefined : { type: 'SyntaxError', message: "'await' outside async function", line: lineOf(stray) };
}

function nulls({ text }: SourceFile): Broken | undefined {
  const at = text.indexOf('\0');
  return at === -1 ? undefined : { type: 'SyntaxError', message: 'source code string cannot contain null bytes', line: lineAt(text, at) };
}

function lateFuture(code: string): Broken | undefined {
  const late = /^from\s+__future__\s+import\b/m.exec(code);
  if (late === null) return undefined;
  const before = code.slice(0, late.index).split('\n').filter((line) => line.trim() !== '' && !/^from\s+__future__\s+import\b/.test(line));
  return before.some((line) => /^\w/.test(line)) ? { type: 'SyntaxError', message: 'from __future__ imports must occur at the beginning of the file', line: lineAt(code, late.index) } : undefined;
}

function lineAt(text: string, at: number): number {
  return text.slice(0, at).split('\n').length;
}
