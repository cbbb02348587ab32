import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { asAbsolute, rewritten, withFewerDots } from '../mechanisms/relative-imports.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Source } from '../../source/types.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'relative-import-beyond-top';

/** `attempted relative import beyond top-level package` */
const BEYOND = /^attempted relative import beyond top-level package/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A relative import has more dots than there are packages around the file.',
  detect: (evidence, source) => raised(evidence, ['ImportError'], BEYOND).flatMap((seen): Finding[] => {
    const own = ownFrameOf(seen);
    if (own === undefined) return [];
    const statement = source.imports.find((each) => each.file === own.file && each.line === own.line && each.written?.startsWith('..') === true);
    const written = statement?.written ?? '..';
    return [{
      kind, stage: 'import', severity: 'CRITICAL', category: 'IMPORT', file: own.file, line: own.line, facts: { file: own.file, written },
      what: `${own.file} imports from ${written}, which leads out of the package it lies in.`,
      why: 'Each dot beyond the first goes up one package, and the server was started below the folder that the dots are meant to reach.',
      todo: `Correct the number of dots in ${own.file}, or start the server from a folder further up.`,
      candidates: corrections(own.file, own.line, source), explains: [seen.at],
    }];
  }),
};

function corrections(file: string, line: number, source: Source): readonly Fix[] {
  const statement = source.imports.find((each) => each.file === file && each.line === line && each.written?.startsWith('..') === true);
  if (statement === undefined) return [];
  const fewer = withFewerDots(statement, source).flatMap((one) => fixOf({
    title: `Import from ${one.meant}`, safety: 'likely', edits: rewritten([one], source), explanation: `With these dots the import leads to a module that the tree has.`,
  }));
  const absolute = asAbsolute([file], source).filter((one) => one.statement.line === line).flatMap((one) => fixOf({
    title: `Import from ${one.meant}`, safety: 'likely', edits: rewritten([one], source), explanation: `${one.meant} is the module of this tree that the import names.`,
  }));
  return [...fewer, ...absolute];
}
