/** What a module, a class or a callable really offers: the tree's own are read from their syntax, installed ones from the package index. */
import { importRoots } from '../../source/import-roots.ts';
import { definitionsOf, fileOf } from '../../source/python.ts';
import type { PackageIndex, Source } from '../../source/types.ts';

/** Names that can be had from a module; undefined when nobody knows the module. */
export function offeredBy(module: string, source: Source, index: PackageIndex): readonly string[] | undefined {
  const path = fileOf(module, source.files, importRoots(source.run));
  if (path === undefined) return index.exports?.[module]?.names;
  const file = source.files.get(path);
  return [...new Set([...(file === undefined ? [] : definitionsOf(file).map(({ name }) => name)), ...submodulesOf(module, source)])];
}

/** Modules directly below a package of the tree. */
function submodulesOf(module: string, source: Source): readonly string[] {
  const folders = importRoots(source.run).map((root) => `${root === '.' || root === '' ? '' : `${root}/`}${module.replaceAll('.', '/')}/`);
  return [...source.files.keys()].flatMap((path) => {
    const folder = folders.find((prefix) => path.startsWith(prefix) && path.endsWith('.py'));
    const name = folder === undefined ? undefined : path.slice(folder.length).split('/')[0]?.replace(/\.py$/, '');
    return name === undefined || name === '__init__' ? [] : [name];
  });
}

/** Attributes of objects of a class, by the class's bare name; of several classes of that name, of the one from `near`. */
export function membersOf(name: string, index: PackageIndex, near?: string): readonly string[] {
  const known = (index.members ?? []).filter((shape) => shape.name === name);
  const chosen = known.find(({ module }) => near !== undefined && module.split('.')[0] === near.split('.')[0]) ?? known[0];
  return (chosen?.names ?? []).filter((member) => !member.startsWith('__'));
}

/** Parameters of a callable as Python prints its name: `create_engine`, `Client.__init__`. */
export function parametersOf(name: string, index: PackageIndex, near?: string): { readonly parameters: readonly string[]; readonly open: boolean; readonly module: string } | undefined {
  const known = (index.parameters ?? []).filter((shape) => shape.name === name);
  return near === undefined ? known[0] : known.find(({ module }) => module.split('.')[0] === near.split('.')[0]);
}
