/** Lines of a text by number, for files that no parser can read. */
import type { ExceptionInfo } from '../../parsers/evidence.ts';
import type { Edit, SourceFile } from '../../source/types.ts';

/** Offset of a line's first character; lines count from 1. */
export function lineStart(file: SourceFile, line: number): number {
  let at = 0;
  for (let left = line - 1; left > 0; left -= 1) {
    const next = file.text.indexOf('\n', at);
    if (next < 0) return file.text.length;
    at = next + 1;
  }
  return at;
}

/** Without its line ending. */
export function lineText(file: SourceFile, line: number): string {
  const start = lineStart(file, line);
  const end = file.text.indexOf('\n', start);
  return file.text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '');
}

/** Offset behind the code of a line: before spaces and a comment at its end. */
export function codeEnd(file: SourceFile, line: number): number {
  const text = lineText(file, line);
  const comment = text.search(/\s+#[^'"]*$/);
  return lineStart(file, line) + (comment < 0 ? text.trimEnd().length : comment);
}

/** Where the caret of a SyntaxError points: Python prints the line without its indent. */
export function tokenAt(file: SourceFile, line: number, exception: ExceptionInfo): number {
  const indent = /^\s*/.exec(lineText(file, line))?.[0].length ?? 0;
  return lineStart(file, line) + indent + (exception.syntax?.column ?? 1) - 1;
}

export function insertAt(file: SourceFile, at: number, text: string): Edit {
  return { file: file.path, old: '', new: text, at };
}

/** No edit when nothing would change. */
export function replaceAt(file: SourceFile, at: number, old: string, text: string): readonly Edit[] {
  return old === text ? [] : [{ file: file.path, old, new: text, at }];
}
