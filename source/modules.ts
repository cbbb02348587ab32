/** Module names and files: `src.core.database` and `src/core/database.py`. */

interface Paths {
  has(path: string): boolean;
  keys(): Iterable<string>;
}

/** `.` and `./src/` become `` and `src/`. */
function rootPrefix(root: string): string {
  const clean = root.replace(/^\.\//, '').replace(/\/+$/, '');
  return clean === '' || clean === '.' ? '' : `${clean}/`;
}

/** `src/core/database.py` → `src.core.database` under the first root that contains it; undefined for a file no root contains. */
export function moduleOf(path: string, roots: readonly string[]): string | undefined {
  for (const root of roots) {
    const prefix = rootPrefix(root);
    if (!path.startsWith(prefix)) continue;
    return path.slice(prefix.length).replace(/\.pyi?$/, '').replace(/(^|\/)__init__$/, '').replaceAll('/', '.');
  }
  return undefined;
}

/** Module a file belongs to when `from .` is written in it. */
export function packageOf(path: string, roots: readonly string[]): string {
  const module = moduleOf(path, roots) ?? moduleOf(path, ['.']) ?? '';
  return path.endsWith('/__init__.py') || path === '__init__.py' ? module : module.split('.').slice(0, -1).join('.');
}

/** `..core.database` written in a file → absolute module. Dots beyond the top are dropped, as far as a name is left. */
export function absoluteModule(written: string, path: string, roots: readonly string[]): string {
  const dots = /^\.*/.exec(written)?.[0].length ?? 0;
  if (dots === 0) return written;
  const base = packageOf(path, roots).split('.').filter(Boolean);
  const kept = base.slice(0, Math.max(0, base.length - (dots - 1)));
  return [...kept, written.slice(dots)].filter(Boolean).join('.');
}

const folders = new WeakMap<Paths, ReadonlySet<string>>();

function foldersOf(paths: Paths): ReadonlySet<string> {
  const known = folders.get(paths);
  if (known) return known;
  const found = new Set<string>();
  for (const path of paths.keys()) {
    if (!/\.pyi?$/.test(path)) continue;
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) found.add(path.slice(0, at));
  }
  folders.set(paths, found);
  return found;
}

/** Module → its file, or its folder for a namespace package; undefined when the tree has no such module. */
export function fileOf(module: string, paths: Paths, roots: readonly string[]): string | undefined {
  if (module === '') return undefined;
  const relative = module.replaceAll('.', '/');
  // A regular package or module on any root wins over a namespace package, as in Python.
  for (const root of roots) {
    const base = rootPrefix(root) + relative;
    if (paths.has(`${base}/__init__.py`)) return `${base}/__init__.py`;
    if (paths.has(`${base}.py`)) return `${base}.py`;
  }
  return roots.map((root) => rootPrefix(root) + relative).find((folder) => foldersOf(paths).has(folder));
}
