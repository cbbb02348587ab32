import type { Edit, SourceFile } from '../../source/types.ts';
import { isType } from '../mechanisms/faults.ts';
import { canBeRead } from '../mechanisms/syntax-repairs.ts';
import { saidOf, syntaxErrors } from '../mechanisms/syntax.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'tab-error';

export const rule: Rule = {
  kind,
  stage: 'syntax',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A file indents some lines with tabs and others with spaces.',
  refines: ['indentation-error', 'syntax-error'],
  detect: (evidence, source) => syntaxErrors(evidence, source).filter(({ exception }) => isType(exception, 'TabError')).map(({ at, file, line, exception }): Finding => ({
    kind, stage: 'syntax', severity: 'CRITICAL', category: 'IMPORT', file: file.path, line, facts: { file: file.path },
    what: `${file.path} mixes tabs and spaces: ${saidOf(exception)}.`,
    why: 'How deep a tab is depends on who looks; Python refuses to guess which block such a line belongs to.',
    todo: `Indent all of ${file.path} with spaces.`,
    candidates: [4, 8, 2].flatMap((width) => withSpaces(file, width)).filter((fix) => canBeRead(file, fix.edits)), explains: [at],
  })),
};

/** Only the lines with a tab in their indent change. */
function withSpaces(file: SourceFile, width: number): readonly Fix[] {
  const edits: Edit[] = [...file.text.matchAll(/^[ \t]*\t[ \t]*(?=\S)/gm)].map((match) => ({ file: file.path, old: match[0], new: expanded(match[0], width), at: match.index }));
  return fixOf({
    title: `Indent ${file.path} with spaces, ${width} for a tab`, safety: 'likely', edits,
    explanation: `Read with tabs of ${width}, the blocks of the file fit together, and it can be read.`,
  });
}

function expanded(indent: string, width: number): string {
  let column = 0;
  for (const character of indent) column += character === '\t' ? width - (column % width) : 1;
  return ' '.repeat(column);
}
