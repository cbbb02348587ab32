import { importRoots } from '../../source/import-roots.ts';
import { moduleOf } from '../../source/python.ts';
import type { Source } from '../../source/types.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { asAbsolute, rewritten } from '../mechanisms/relative-imports.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'relative-import-no-parent';

/** `attempted relative import with no known parent package` */
const NO_PARENT = /^attempted relative import with no known parent package/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A module that the server loads on its own uses relative imports.',
  detect: (evidence, source) => raised(evidence, ['ImportError'], NO_PARENT).flatMap((seen): Finding[] => {
    const own = ownFrameOf(seen);
    if (own === undefined) return [];
    const folder = own.file.includes('/') ? own.file.slice(0, own.file.lastIndexOf('/')) : '';
    const above = source.targets.find(({ target }) => target.includes('.'))?.target;
    return [{
      kind, stage: 'import', severity: 'CRITICAL', category: 'IMPORT', file: own.file, line: own.line, facts: { file: own.file },
      what: `${own.file} imports relative to its package, and the server loads it as a module without one.`,
      why: `The server is started inside ${folder === '' ? 'the package itself' : folder}, so that ${own.file} has no package around it, and the dot in its imports leads nowhere.`,
      todo: `Start the server one folder above, as ${above ?? `${folder === '' ? 'PACKAGE' : folder.split('/').at(-1) ?? ''}.${moduleOf(own.file, importRoots(source.run)) ?? 'main'}:app`}, or drop the dots.`,
      candidates: fixOf({
        title: 'Import without the dots', safety: 'likely', edits: rewritten(asAbsolute(topLevelFiles(source), source), source),
        explanation: 'Started where it is started, these modules are found by their plain names. Starting the server one folder above instead needs no edit.',
      }),
      explains: [seen.at],
    }];
  }),
};

/** Modules that lie directly in the import path: all have the same trouble. */
function topLevelFiles(source: Source): readonly string[] {
  return [...source.files.keys()].filter((path) => path.endsWith('.py') && !path.endsWith('__init__.py') && moduleOf(path, importRoots(source.run))?.includes('.') === false);
}
