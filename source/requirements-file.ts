/** requirements*.txt as pip reads them, with spans. */
import type { SourceFile } from './types.ts';

export interface RequirementLine {
  readonly kind: 'requirement' | 'include' | 'constraint' | 'editable' | 'option';
  /** Without comment, hashes and options: `asyncpg>=0.29 ; python_version > "3.8"`; the file for includes and constraints. */
  readonly text: string;
  readonly line: number;
  /** Of `text` in the file. */
  readonly start: number;
  readonly end: number;
  /** Of the whole logical line with its newline. */
  readonly lineStart: number;
  readonly lineEnd: number;
}

export function requirementLines(text: string): readonly RequirementLine[] {
  const found: RequirementLine[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  let number = 1;
  while (at < text.length) {
    let next = text.indexOf('\n', at) + 1 || text.length;
    // A backslash at the end continues the line.
    while (next < text.length && /\\\r?\n$/.test(text.slice(at, next))) next = text.indexOf('\n', next) + 1 || text.length;
    const line = lineOf(text, at, next, number);
    if (line) found.push(line);
    number += text.slice(at, next).split('\n').length - 1;
    at = next;
  }
  return found;
}

function lineOf(text: string, at: number, next: number, line: number): RequirementLine | undefined {
  const raw = text.slice(at, next);
  const indent = /^\s*/.exec(raw)?.[0].length ?? 0;
  const content = raw.slice(indent).replace(/(^|\s+)#[\s\S]*$/, '').replace(/[\s\\]+$/, '');
  if (content === '') return undefined;
  const place = (part: string, offset: number): Pick<RequirementLine, 'text' | 'line' | 'start' | 'end' | 'lineStart' | 'lineEnd'> => ({
    text: part, line, start: at + indent + offset, end: at + indent + offset + part.length, lineStart: at, lineEnd: next,
  });
  const option = /^(?<flag>-r|--requirement|-c|--constraint|-e|--editable)[\s=]*(?<value>\S+)/.exec(content);
  if (option?.groups) {
    const { flag = '', value = '' } = option.groups;
    const kind = flag.startsWith('-r') || flag.startsWith('--r') ? 'include' : flag.startsWith('-c') || flag.startsWith('--c') ? 'constraint' : 'editable';
    return { kind, ...place(value, option[0].length - value.length) };
  }
  if (content.startsWith('-')) return { kind: 'option', ...place(content, 0) };
  // asyncpg==0.30.0 --hash=sha256:…
  const plain = content.replace(/[\s\\]+--[a-z][\s\S]*$/, '');
  return { kind: 'requirement', ...place(plain, 0) };
}

/** The file and everything it includes, in the order pip reads them; constraints last. Missing files are left out. */
export function requirementFiles(files: ReadonlyMap<string, Pick<SourceFile, 'text'>>, path: string, seen: readonly string[] = []): readonly { readonly path: string; readonly constraint: boolean }[] {
  const file = files.get(path);
  if (!file || seen.includes(path)) return [];
  const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '';
  const found: { path: string; constraint: boolean }[] = [{ path, constraint: false }];
  for (const line of requirementLines(file.text)) {
    if (line.kind !== 'include' && line.kind !== 'constraint') continue;
    const target = normalisePath(folder, line.text);
    const inner = requirementFiles(files, target, [...seen, path]);
    found.push(...inner.map((each) => ({ path: each.path, constraint: each.constraint || line.kind === 'constraint' })));
  }
  return found;
}

function normalisePath(folder: string, path: string): string {
  const parts: string[] = [];
  for (const part of `${folder}/${path}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/');
}
