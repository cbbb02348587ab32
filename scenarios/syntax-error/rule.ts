import { syntaxFaults } from '../../source/python.ts';
import { isType, ownFrame } from '../mechanisms/faults.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import { repairs } from '../mechanisms/syntax-repairs.ts';
import { codeAt, saidOf, syntaxErrors } from '../mechanisms/syntax.ts';
import type { Broken } from '../mechanisms/syntax.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'syntax-error';

export const rule: Rule = {
  kind,
  stage: 'syntax',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A file of the tree is not valid Python.',
  detect: (evidence, source) => syntaxErrors(evidence, source).filter(({ exception }) => isType(exception, 'SyntaxError')).map((broken) => ({ ...findingFor(broken), explains: [broken.at] })),
  scan: (source) => [...loadedFiles(source)].flatMap((path) => source.files.get(path) ?? []).filter(({ text }) => !text.includes('\0')).flatMap((file) => {
    const [fault] = syntaxFaults(file);
    return fault === undefined ? [] : [findingFor({ at: 0, file, line: fault.line, exception: { type: 'SyntaxError', message: 'invalid syntax', notes: [], frames: [] } })];
  }),
};

function findingFor(broken: Broken): Finding {
  const { file, line, exception } = broken;
  const importer = ownFrame(exception);
  return {
    kind, stage: 'syntax', severity: 'CRITICAL', category: 'IMPORT', file: file.path, line, facts: { file: file.path, code: codeAt(broken) },
    what: `${file.path} is not valid Python: ${saidOf(exception)}.`,
    why: `The file cannot be read${importer === undefined || importer.file === file.path ? '' : `, so ${importer.file} cannot import it`}; Python names the place where it lost the thread, which may be a little behind the mistake.`,
    todo: `Correct the syntax of ${file.path}.`,
    candidates: repairs(broken),
  };
}
