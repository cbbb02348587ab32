import { importRoots } from '../../source/import-roots.ts';
import { definitionsOf } from '../../source/python.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import { missingModules } from '../mechanisms/modules.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'folder-without-init';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A folder of the tree is no package, and something else of its name is found instead.',
  refines: ['first-party-module-not-found', 'third-party-module-not-found', 'third-party-submodule-not-found', 'import-name-differs', 'script-shadows-third-party', 'stdlib-shadowing'],
  detect: (evidence, source, index) => missingModules(evidence).flatMap(({ module, seen, file, line }) => {
    const folder = hiddenFolder(module, source, index);
    return folder === undefined ? [] : [{ ...findingFor(module, folder, source), ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }), explains: [seen.at] }];
  }),
};

interface Hidden {
  readonly path: string;
  /** What is found instead. */
  readonly instead: string;
  /** The file beside the folder. */
  readonly twin?: string;
}

/** `utils.text` is missing, `utils/text.py` is there, and `utils` is also an installed package or a file beside the folder. */
function hiddenFolder(module: string, source: Source, index: PackageIndex): Hidden | undefined {
  const parts = module.split('.');
  for (const root of importRoots(source.run)) {
    const base = `${root === '.' || root === '' ? '' : `${root}/`}${parts.slice(0, -1).join('/')}`;
    const has = source.files.has(`${base}/${parts.at(-1) ?? ''}.py`) || [...source.files.keys()].some((path) => path.startsWith(`${base}/${parts.at(-1) ?? ''}/`) && path.endsWith('.py'));
    if (parts.length < 2 || !has || source.files.has(`${base}/__init__.py`)) continue;
    if (source.files.has(`${base}.py`)) return { path: base, instead: `${base}.py`, twin: `${base}.py` };
    const owner = parts.length === 2 ? index.distributions.find((distribution) => distribution.modules.includes(parts[0] ?? '')) : undefined;
    if (owner !== undefined) return { path: base, instead: `the installed package ${owner.name}` };
    if (parts.length === 2 && index.stdlib.includes(parts[0] ?? '')) return { path: base, instead: `the module ${parts[0] ?? ''} of Python's standard library` };
  }
  return undefined;
}

function findingFor(module: string, { path, instead, twin }: Hidden, source: Source): Finding {
  const marker = `${path}/__init__.py`;
  return {
    kind, stage: 'import', severity: 'CRITICAL', category: 'IMPORT', file: marker, facts: { folder: path },
    what: `${module} lies in the folder ${path}, which is no package: Python finds ${instead} instead.`,
    why: `A folder without __init__.py is only used when nothing else of its name is found anywhere, and ${instead} has the same name.`,
    todo: twin === undefined ? `Add an empty ${marker}.` : `Rename the folder ${path} or ${twin}: both cannot be imported under one name.`,
    candidates: twin !== undefined && isUsed(twin, path, source) ? [] : fixOf({
      title: `Make ${path} a package`, safety: 'likely', edits: [{ file: marker, old: '', new: '# Makes this folder a package.\n', at: 0 }], explanation: `With an __init__.py the folder ${path} is found first.`,
    }),
  };
}

/** A package of that name would hide what others import from the file. */
function isUsed(twin: string, folder: string, source: Source): boolean {
  const file = source.files.get(twin);
  const names = new Set(file === undefined ? [] : definitionsOf(file).map(({ name }) => name));
  const tail = folder.replaceAll('/', '.');
  return source.imports.some((statement) => (statement.module === tail || tail.endsWith(`.${statement.module}`)) && statement.names.some(({ name }) => names.has(name)));
}
