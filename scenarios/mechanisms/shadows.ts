/** Files of the tree that hide a module of the standard library or of an installed package, because the folder of the server comes first. */
import { importRoots } from '../../source/import-roots.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import { declared } from './distributions.ts';
import { topLevel } from './names.ts';

export interface Shadow {
  /** The file, or the folder, that is found first. */
  readonly file: string;
  readonly module: string;
  /** What it hides. */
  readonly hides: 'stdlib' | 'package';
  readonly distribution?: string;
}

/** What hides the real module of that name; undefined when nothing does, or when the tree is that package itself. */
export function shadowOf(module: string, source: Source, index: PackageIndex): Shadow | undefined {
  const top = topLevel(module);
  const file = importRoots(source.run).flatMap((root) => candidatesIn(root, top)).find((path) => source.files.has(path));
  if (file === undefined) return undefined;
  if (index.stdlib.includes(top)) return { file, module: top, hides: 'stdlib' };
  const owner = index.distributions.find((distribution) => distribution.modules.includes(top));
  if (owner === undefined || (declared(source, owner.name) === undefined && !required(owner.name, index))) return undefined;
  return { file, module: top, hides: 'package', distribution: owner.name };
}

function candidatesIn(root: string, top: string): readonly string[] {
  const prefix = root === '.' || root === '' ? '' : `${root}/`;
  return [`${prefix}${top}/__init__.py`, `${prefix}${top}.py`];
}

/** Something that is installed needs it; the tree's own project, installed for itself, is needed by nobody. */
function required(name: string, index: PackageIndex): boolean {
  const plain = (text: string): string => text.toLowerCase().replace(/[-_.]+/g, '-');
  return index.distributions.some((other) => other.requires.some((line) => plain(/^[A-Za-z0-9._-]+/.exec(line)?.[0] ?? '') === plain(name)));
}
