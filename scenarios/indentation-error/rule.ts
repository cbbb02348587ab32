import { isType } from '../mechanisms/faults.ts';
import { indentRepairs } from '../mechanisms/indentation.ts';
import { codeAt, saidOf, syntaxErrors } from '../mechanisms/syntax.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'indentation-error';

export const rule: Rule = {
  kind,
  stage: 'syntax',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'The lines of a file are not indented as Python needs them.',
  refines: ['syntax-error'],
  detect: (evidence, source) => syntaxErrors(evidence, source).filter(({ exception }) => isType(exception, 'IndentationError')).map((broken): Finding => {
    const { file, line, exception } = broken;
    return {
      kind, stage: 'syntax', severity: 'CRITICAL', category: 'IMPORT', file: file.path, line, facts: { file: file.path, code: codeAt(broken) },
      what: `${file.path} is not indented correctly: ${saidOf(exception)}.`,
      why: 'Python reads blocks by their indentation, and the line does not fit the ones above it.',
      todo: `Indent ${file.path} as the block it belongs to.`,
      candidates: indentRepairs(broken), explains: [broken.at],
    };
  }),
};
