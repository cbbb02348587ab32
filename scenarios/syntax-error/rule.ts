import type { ExceptionInfo } from '../../parsers/evidence.ts';
import { sourceFile, syntaxFaults } from '../../source/python.ts';
import type { Edit, SourceFile } from '../../source/types.ts';
import { isType, ownFrame } from '../mechanisms/faults.ts';
import { fixOf } from '../mechanisms/words.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import { saidOf, syntaxErrors } from '../mechanisms/syntax.ts';
import type { Broken } from '../mechanisms/syntax.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'syntax-error';

export const rule: Rule = {
  kind,
  stage: 'syntax',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A file of the tree is not valid Python.',
  detect: (evidence, source) => syntaxErrors(evidence, source).filter(({ exception }) => isType(exception, 'SyntaxError')).map((broken) => ({ ...findingFor(broken), explains: [broken.at] })),
  scan: (source) => [...loadedFiles(source)].flatMap((path) => source.files.get(path) ?? []).flatMap((file) => {
    const [fault] = syntaxFaults(file);
    return fault === undefined ? [] : [findingFor({ at: 0, file, line: fault.line, exception: { type: 'SyntaxError', message: 'invalid syntax', notes: [], frames: [] } })];
  }),
};

function findingFor(broken: Broken): Finding {
  const { file, line, exception } = broken;
  const said = saidOf(exception);
  const importer = ownFrame(exception);
  return {
    kind, stage: 'syntax', severity: 'CRITICAL', category: 'IMPORT', file: file.path, line, facts: { file: file.path },
    what: `${file.path} is not valid Python: ${said}.`,
    why: `The file cannot be read${importer === undefined || importer.file === file.path ? '' : `, so ${importer.file} cannot import it`}; Python names the place where it lost the thread, which may be a little behind the mistake.`,
    todo: `Correct the syntax of ${file.path}.`,
    candidates: corrections(broken, said),
  };
}

/** Only messages that say what is missing; and only corrections after which the file can be read. */
function corrections({ file, line, exception }: Broken, said: string): readonly Fix[] {
  const fixes = RECIPES.flatMap(({ when, title, edit }) => {
    const match = when.exec(said);
    return match === null ? [] : edit(file, line, match, exception).map((one) => ({ title, one }));
  });
  return fixes.filter(({ one }) => syntaxFaults(sourceFile(file.path, applied(file.text, one))).length === 0).flatMap(({ title, one }) => fixOf({
    title: `${title} in ${file.path}`, safety: 'likely', edits: [one], explanation: `Python says: ${said}. With this change the file can be read again.`,
  }));
}

function applied(text: string, edit: Edit): string {
  return text.slice(0, edit.at) + edit.new + text.slice(edit.at + edit.old.length);
}

interface Recipe {
  readonly when: RegExp;
  readonly title: string;
  readonly edit: (file: SourceFile, line: number, match: RegExpExecArray, exception: ExceptionInfo) => readonly Edit[];
}

const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

const RECIPES: readonly Recipe[] = [
  { when: /^expected ':'/, title: 'Add the missing colon', edit: (file, line) => [insertAt(file, codeEnd(file, line), ':')] },
  {
    when: /^'(?<open>[([{])' was never closed/, title: 'Close the bracket',
    // The opener is named, not where its content ends: each of the next lines is a place for the closing one.
    edit: (file, line, match) => [0, 1, 2, 3, 4, 5].map((more) => insertAt(file, codeEnd(file, line + more), CLOSERS[match.groups?.['open'] ?? ''] ?? '')),
  },
  {
    when: /^unmatched '(?<close>[)\]}])'/, title: 'Remove the bracket that closes nothing',
    edit: (file, line, match) => { const close = match.groups?.['close'] ?? ''; const at = lineText(file, line).lastIndexOf(close); return at < 0 ? [] : [{ file: file.path, old: close, new: '', at: lineStart(file, line) + at }]; },
  },
  { when: /^unterminated string literal/, title: 'Close the string', edit: (file, line) => ['"', "'", '")', "')"].map((quote) => insertAt(file, codeEnd(file, line), quote)) },
  {
    when: /^Missing parentheses in call to '(?<name>print|exec)'/, title: 'Put the call in parentheses',
    edit: (file, line, match) => { const name = match.groups?.['name'] ?? 'print'; const text = lineText(file, line); const found = new RegExp(`\\b${name}[ \\t]+(?<rest>\\S.*?)\\s*$`).exec(text); const rest = found?.groups?.['rest'] ?? ''; return found === null ? [] : [{ file: file.path, old: found[0].trimEnd(), new: `${name}(${rest})`, at: lineStart(file, line) + found.index }]; },
  },
  {
    when: /^invalid character '[“”‘’]'/, title: 'Write plain quotes',
    edit: (file, line) => { const text = lineText(file, line); const plain = text.replace(/[“”]/g, '"').replace(/[‘’]/g, "'"); return [{ file: file.path, old: text, new: plain, at: lineStart(file, line) }]; },
  },
  { when: /^invalid syntax\. Perhaps you forgot a comma/, title: 'Add the missing comma', edit: (file, line) => [0, 1].map((more) => insertAt(file, codeEnd(file, line + more), ',')) },
];

function lineStart(file: SourceFile, line: number): number {
  let at = 0;
  for (let left = line - 1; left > 0; left -= 1) {
    const next = file.text.indexOf('\n', at);
    if (next < 0) return file.text.length;
    at = next + 1;
  }
  return at;
}

function lineText(file: SourceFile, line: number): string {
  const start = lineStart(file, line);
  const end = file.text.indexOf('\n', start);
  return file.text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '');
}

/** Offset behind the code of a line: before spaces and a comment at its end. */
function codeEnd(file: SourceFile, line: number): number {
  const text = lineText(file, line);
  const comment = text.search(/\s+#[^'"]*$/);
  return lineStart(file, line) + (comment < 0 ? text.trimEnd().length : comment);
}

function insertAt(file: SourceFile, at: number, text: string): Edit {
  return { file: file.path, old: '', new: text, at };
}
