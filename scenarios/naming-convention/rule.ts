import { definitionsOf } from '../../source/python.ts';
import type { SourceFile } from '../../source/types.ts';
import { isServerCode } from '../mechanisms/engines.ts';
import { list } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'naming-convention';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'LOW',
  title: 'Names of modules, classes or functions are not written as Python programs write them (PEP 8).',
  detect: () => [],
  scan: (source) => [...source.files.values()].filter(({ path }) => isServerCode(path) && !/(?:^|\/)versions\//.test(path)).flatMap((file): readonly Finding[] => {
    const odd = oddNames(file);
    const [first] = odd;
    if (first === undefined) return [];
    return [{
      kind, stage: 'import', severity: 'LOW', category: 'IMPORT', file: file.path, ...(first.line === undefined ? {} : { line: first.line }), facts: { file: file.path },
      what: `${file.path}: ${list(odd.slice(0, 4).map(({ name, wanted }) => `${name} is not ${wanted}`))}${odd.length > 4 ? `, and ${odd.length - 4} more` : ''}.`,
      why: 'Modules and functions in small letters and classes in capital words are what readers and tools expect; on some systems names that differ only in case are one.',
      todo: 'Rename them where nothing outside of the tree depends on the names.',
      candidates: [],
    }];
  }),
};

interface Odd {
  readonly name: string;
  readonly wanted: string;
  readonly line?: number;
}

function oddNames(file: SourceFile): readonly Odd[] {
  const module = file.path.split('/').at(-1)?.replace(/\.py$/, '') ?? '';
  const folderOdd: readonly Odd[] = /^[a-z_][a-z0-9_]*$/.test(module) || module === '' ? [] : [{ name: `${module}.py`, wanted: 'lower_case' }];
  // A first look at the text: almost every file has none.
  if (!/^(?:class\s+_*[a-z]|(?:async\s+)?def\s+\w*[a-z][A-Z])/m.test(file.text)) return folderOdd;
  const defined = definitionsOf(file).flatMap(({ kind: what, name, line }): readonly Odd[] => {
    if (what === 'class' && /^_*[a-z]/.test(name)) return [{ name, wanted: 'CapitalWords', line }];
    return what === 'function' && /[a-z][A-Z]/.test(name) ? [{ name, wanted: 'lower_case', line }] : [];
  });
  return [...folderOdd, ...defined];
}
