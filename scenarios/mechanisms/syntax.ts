/** Files that Python could not read. */
import type { Evidence, ExceptionInfo } from '../../parsers/evidence.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { lineText } from './text-lines.ts';
import { firstLine } from './words.ts';

/** Python's message without the numbers of lines, which edits move: `expected an indented block after 'if' statement on line 17`. */
export function saidOf(exception: ExceptionInfo): string {
  return firstLine(exception.message).replace(/ \((?:detected at )?line \d+\)| on line \d+/g, '');
}

export interface Broken {
  /** Index of the fault. */
  readonly at: number;
  readonly file: SourceFile;
  readonly line: number;
  readonly exception: ExceptionInfo;
}

/** SyntaxErrors and their kin in files of the tree; below site-packages another kind is at work. */
export function syntaxErrors(evidence: Evidence, source: Source): readonly Broken[] {
  return evidence.faults.flatMap((fault, at) => fault.chain.flatMap((exception) => {
    const file = exception.syntax === undefined ? undefined : source.files.get(exception.syntax.file);
    return file === undefined || exception.syntax === undefined ? [] : [{ at, file, line: exception.syntax.line, exception }];
  }).slice(-1));
}

/** The faulty line itself: a file can hold several mistakes, and each is a fault of its own. */
export function codeAt({ file, line }: Pick<Broken, 'file' | 'line'>): string {
  return firstLine(lineText(file, line).trim(), 120);
}
