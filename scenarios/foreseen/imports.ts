/** Imports that cannot work: between the tree's own modules, as they load, and from installed ones. */
import { importRoots } from '../../source/import-roots.ts';
import { targetFile } from '../../source/import-order.ts';
import type { ImportFault } from '../../source/import-order.ts';
import { fileOf } from '../../source/python.ts';
import type { ImportStatement, PackageIndex, Source } from '../../source/types.ts';
import { isTreeModule, treeModules } from '../mechanisms/modules.ts';
import { lookAlikes, topLevel } from '../mechanisms/names.ts';
import { loadedImports, orderOf } from '../mechanisms/reach.ts';
import { exceptionFault, treeFrame, versionOf } from './fault.ts';
import type { ForeseenFault, Foresight } from './fault.ts';

export const foreseeImports: Foresight = (source, index) => {
  const folders = pythonFolders(source);
  return [
    ...missingTarget(source),
    ...(orderOf(source)?.faults ?? []).map((fault): ForeseenFault => ({ stage: 'import', fault: ownFault(fault, source, index) })),
    ...loadedImports(source).flatMap((statement) => [...hiddenFolder(statement, folders, source, index), ...elsewhere(statement, source, index), ...lostNames(statement, source, index), ...lostSubmodule(statement, source, index)]),
  ];
};

/** Folders below which there is Python code. */
function pythonFolders(source: Source): ReadonlySet<string> {
  const found = new Set<string>();
  for (const path of source.files.keys()) {
    if (!path.endsWith('.py')) continue;
    for (let at = path.lastIndexOf('/'); at > 0 && !found.has(path.slice(0, at)); at = path.lastIndexOf('/', at - 1)) found.add(path.slice(0, at));
  }
  return found;
}

/** uvicorn says it in its own words, unless a package on the way is missing. */
function missingTarget(source: Source): readonly ForeseenFault[] {
  const module = source.run.app.split(':')[0] ?? '';
  if (targetFile(source) !== undefined || module === '' || source.opaque.some((path) => path.endsWith(`${module.replaceAll('.', '/')}.py`))) return [];
  const first = firstMissing(module, source);
  if (first !== module) return [{ stage: 'import', fault: exceptionFault({ type: 'ModuleNotFoundError', message: `No module named '${first}'`, frames: [] }) }];
  const line = `Error loading ASGI app. Could not import module "${module}".`;
  return [{ stage: 'import', fault: { form: 'server', during: 'start', chain: [], validation: [], summary: line, text: line, from: -1, to: -1, server: { problem: 'module-missing', module } } }];
}

function ownFault({ form, file, line, module, name, circle }: ImportFault, source: Source, index: PackageIndex): ForeseenFault['fault'] {
  const here = treeFrame(source, file, line);
  const top = topLevel(module);
  const hides = index.stdlib.includes(top) || index.distributions.some(({ modules }) => modules.includes(top));
  if (form === 'no-parent' || form === 'beyond-top') {
    return exceptionFault({ type: 'ImportError', message: `attempted relative import ${form === 'no-parent' ? 'with no known parent package' : 'beyond top-level package'}`, frames: [here] });
  }
  if (form === 'module-missing' && hides && module !== top) return exceptionFault({ type: 'ModuleNotFoundError', message: `No module named '${module}'; '${top}' is not a package`, frames: [here] });
  if (form === 'module-missing') return exceptionFault({ type: 'ModuleNotFoundError', message: `No module named '${firstMissing(module, source)}'`, frames: [here] });
  const partly = form === 'circular';
  return exceptionFault({
    type: 'ImportError', message: `cannot import name '${name ?? ''}' from ${partly ? 'partially initialized module ' : ''}'${module}'${partly ? ' (most likely due to a circular import)' : hides && !module.includes('.') ? ` (consider renaming '/app/${module}.py' since it has the same name as the library you intended to import)` : ''}`,
    frames: [...circle.slice(0, -1).map((path) => treeFrame(source, path, 1)), here],
  });
}

/** Python names the first part that is not there. */
function firstMissing(module: string, source: Source): string {
  const modules = treeModules(source);
  const parts = module.split('.');
  return parts.map((_, at) => parts.slice(0, at + 1).join('.')).find((prefix) => !modules.has(prefix)) ?? module;
}

/**
 * `src/units/length.py` where `src/units/` has no `__init__.py`, and `src/units.py` or an installed package has its name: Python takes a folder
 * without one only when it finds nothing else.
 */
function hiddenFolder({ module, file, line, written }: ImportStatement, folders: ReadonlySet<string>, source: Source, index: PackageIndex): readonly ForeseenFault[] {
  const parts = module.split('.');
  const roots = importRoots(source.run);
  for (let end = 1; end < parts.length; end += 1) {
    const prefix = parts.slice(0, end).join('.');
    const places = roots.map((root) => `${root === '.' || root === '' ? '' : `${root}/`}${prefix.replaceAll('.', '/')}`);
    if (places.some((place) => source.files.has(`${place}/__init__.py`) || source.opaque.includes(`${place}/__init__.py`))) continue;
    const isFolder = places.some((place) => folders.has(place));
    const raise = (message: string): readonly ForeseenFault[] => [{ stage: 'import', fault: exceptionFault({ type: 'ModuleNotFoundError', message, frames: [treeFrame(source, file, line)] }) }];
    if (isFolder && places.some((place) => source.files.has(`${place}.py`))) return raise(`No module named '${module}'; '${prefix}' is not a package`);
    const isInstalled = end === 1 && written?.startsWith('.') !== true && index.distributions.some(({ modules }) => modules.includes(prefix));
    if (isFolder && isInstalled && index.exports?.[module] === undefined && places.some((place) => source.files.has(`${place}/${parts[1] ?? ''}.py`))) return raise(`No module named '${parts.slice(0, 2).join('.')}'`);
    return [];
  }
  return [];
}

/** `from api.auth import …` where `api` lies in `src`: a module of the tree, and not on the import path. */
function elsewhere({ module, file, line }: ImportStatement, source: Source, index: PackageIndex): readonly ForeseenFault[] {
  const top = topLevel(module);
  if (index.distributions.length === 0 || index.stdlib.includes(top) || index.distributions.some(({ modules }) => modules.includes(top))) return [];
  if (fileOf(top, source.files, importRoots(source.run)) !== undefined || !isTreeModule(top, source)) return [];
  return [{ stage: 'import', fault: exceptionFault({ type: 'ModuleNotFoundError', message: `No module named '${top}'`, frames: [treeFrame(source, file, line)] }) }];
}

/** Names that an installed module does not have; only modules all of whose names are known. */
function lostNames({ module, names, file, line }: ImportStatement, source: Source, index: PackageIndex): readonly ForeseenFault[] {
  if (isTreeModule(module, source)) return [];
  const frames = [treeFrame(source, file, line)];
  if (module === 'pydantic' && names.some(({ name }) => name === 'BaseSettings') && (versionOf(index, 'pydantic')?.[0] ?? 0) >= 2) {
    return [{ stage: 'import', fault: exceptionFault({ type: 'pydantic.errors.PydanticImportError', message: '`BaseSettings` has been moved to the `pydantic-settings` package.', frames }) }];
  }
  const offered = index.exports?.[module];
  if (offered === undefined || offered.open) return [];
  return names.filter(({ name }) => name !== '*' && !/^__\w+__$/.test(name) && !offered.names.includes(name)).map(({ name }) => {
    const [similar] = lookAlikes(name, offered.names);
    const message = `cannot import name '${name}' from '${module}'${similar === undefined ? '' : `. Did you mean: '${similar}'?`}`;
    return { stage: 'import', fault: exceptionFault({ type: 'ImportError', message, frames }) };
  });
}

/** `from fastapi.respnses import …`: the package is there, and has no such module. */
function lostSubmodule({ module, file, line }: ImportStatement, source: Source, index: PackageIndex): readonly ForeseenFault[] {
  if (!module.includes('.') || isTreeModule(module, source) || index.exports?.[module] !== undefined) return [];
  const parts = module.split('.');
  for (let end = parts.length - 1; end > 0; end -= 1) {
    const parent = index.exports?.[parts.slice(0, end).join('.')];
    if (parent === undefined) continue;
    if (parent.open || parent.names.includes(parts[end] ?? '') || !index.distributions.some(({ modules }) => modules.includes(topLevel(module)))) return [];
    return [{ stage: 'import', fault: exceptionFault({ type: 'ModuleNotFoundError', message: `No module named '${parts.slice(0, end + 1).join('.')}'`, frames: [treeFrame(source, file, line)] }) }];
  }
  return [];
}
