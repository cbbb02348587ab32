import { sourceFile, syntaxFaults } from '../../source/python.ts';
import type { Edit } from '../../source/types.ts';
import { isType } from '../mechanisms/faults.ts';
import { saidOf, syntaxErrors } from '../mechanisms/syntax.ts';
import type { Broken } from '../mechanisms/syntax.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'indentation-error';

/** `expected an indented block after function definition on line 12` */
const EMPTY_BLOCK = /^expected an indented block(?: after [\w' ]{1,60} on line (?<opener>\d+))?/;

export const rule: Rule = {
  kind,
  stage: 'syntax',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'The lines of a file are not indented as Python needs them.',
  refines: ['syntax-error'],
  detect: (evidence, source) => syntaxErrors(evidence, source).filter(({ exception }) => isType(exception, 'IndentationError', 'TabError')).map((broken): Finding => {
    const { file, line, exception } = broken;
    return {
      kind, stage: 'syntax', severity: 'CRITICAL', category: 'IMPORT', file: file.path, line, facts: { file: file.path },
      what: `${file.path} is not indented correctly: ${saidOf(exception)}.`,
      why: 'Python reads blocks by their indentation, and the line does not fit the ones above it.',
      todo: `Indent ${file.path} as the block it belongs to.`,
      candidates: candidates(broken), explains: [broken.at],
    };
  }),
};

/** Two readings of a block that is missing: the next line was meant to be it, or there was to be nothing yet. */
function candidates({ file, line, exception }: Broken): readonly Fix[] {
  const lines = file.text.split('\n');
  const block = EMPTY_BLOCK.exec(exception.message);
  const edits: { title: string; edit: Edit }[] = [];
  const indent = (number: number): string => /^[ \t]*/.exec(lines[number - 1] ?? '')?.[0] ?? '';
  const offset = (number: number): number => lines.slice(0, number - 1).reduce((sum, text) => sum + text.length + 1, 0);
  if (block !== null) {
    const opener = Number(block.groups?.['opener'] ?? line - 1);
    const step = indent(opener).includes('\t') ? '\t' : '    ';
    edits.push({ title: `Indent line ${line}`, edit: { file: file.path, old: indent(line), new: `${indent(opener)}${step}`, at: offset(line) } });
    edits.push({ title: 'Add pass as the missing block', edit: { file: file.path, old: '', new: `${indent(opener)}${step}pass\n`, at: offset(opener + 1) } });
  } else if (exception.message.startsWith('unexpected indent')) {
    const before = lines.slice(0, line - 1).findLastIndex((text) => text.trim() !== '') + 1;
    edits.push({ title: `Indent line ${line} as the one above`, edit: { file: file.path, old: indent(line), new: indent(before), at: offset(line) } });
  }
  const reads = (edit: Edit): boolean => syntaxFaults(sourceFile(file.path, file.text.slice(0, edit.at) + edit.new + file.text.slice(edit.at + edit.old.length))).length === 0;
  return edits.filter(({ edit }) => reads(edit)).flatMap(({ title, edit }) => fixOf({
    title: `${title} of ${file.path}`, safety: 'likely', edits: [edit], explanation: `With this change the file can be read; whether line ${line} belongs to that block wants a look.`,
  }));
}
