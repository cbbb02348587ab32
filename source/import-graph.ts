/** Which of the tree's modules load which, in the order Python would. */
import { importRoots } from './import-roots.ts';
import { importsOf } from './imports.ts';
import { fileOf, moduleOf } from './modules.ts';
import type { ImportStatement, Source } from './types.ts';

export interface ImportEdge {
  /** Files. */
  readonly from: string;
  readonly to: string;
  readonly statement: ImportStatement;
}

export interface ImportGraph {
  /** Files reached from the start by eager imports, in the order they finish loading. */
  readonly order: readonly string[];
  readonly edges: readonly ImportEdge[];
  /** Each cycle as its edges; the last leads back to the first. */
  readonly cycles: readonly (readonly ImportEdge[])[];
}

type Tree = Pick<Source, 'files' | 'run'>;

/** Files, not modules; `start` is a file. Loading a module loads the `__init__` of its packages first. */
export function importGraph(source: Tree, start: string): ImportGraph {
  const roots = importRoots(source.run);
  const edges: ImportEdge[] = [];
  const order: string[] = [];
  const cycles: (readonly ImportEdge[])[] = [];
  const state = new Map<string, 'loading' | 'done'>();
  const path: ImportEdge[] = [];
  const load = (file: string): void => {
    state.set(file, 'loading');
    for (const { implied, ...edge } of edgesFrom(source, file, roots)) {
      if (!implied) edges.push(edge);
      // A package that is still loading while a module of it is imported is how packages work.
      if (!implied && state.get(edge.to) === 'loading') cycles.push(cycleOf(path, edge));
      if (state.has(edge.to)) continue;
      path.push(edge);
      load(edge.to);
      path.pop();
    }
    state.set(file, 'done');
    order.push(file);
  };
  for (const file of [...packagesOf(source, start, roots), start]) if (source.files.has(file) && !state.has(file)) load(file);
  return { order, edges, cycles: cycles.filter((cycle) => cycle.length > 0) };
}

/** The part of the way in that leads round, closed by `last`. */
function cycleOf(path: readonly ImportEdge[], last: ImportEdge): readonly ImportEdge[] {
  const from = path.findIndex((edge) => edge.from === last.to);
  return from === -1 ? (last.from === last.to ? [last] : []) : [...path.slice(from), last];
}

function edgesFrom(source: Tree, file: string, roots: readonly string[]): readonly (ImportEdge & { readonly implied: boolean })[] {
  const own = source.files.get(file);
  if (!own) return [];
  return importsOf(own, roots).filter((statement) => statement.eager).flatMap((statement) => {
    const to = new Map<string, boolean>();
    for (const { path, implied } of importedFiles(source, statement, roots)) if (path !== file) to.set(path, implied && (to.get(path) ?? true));
    return [...to].map(([path, implied]) => ({ from: file, to: path, statement, implied }));
  });
}

/** Packages on the way (implied), the module, and submodules that are imported as names; a module none of whose own names is taken is implied. */
function importedFiles(source: Tree, statement: ImportStatement, roots: readonly string[]): readonly { readonly path: string; readonly implied: boolean }[] {
  const find = (module: string): string | undefined => {
    const path = fileOf(module, source.files, roots);
    return path !== undefined && source.files.has(path) ? path : undefined;
  };
  const parts = statement.module.split('.');
  const submodules = statement.names.map((each) => find(`${statement.module}.${each.name}`));
  const onlySubmodules = submodules.length > 0 && submodules.every((path) => path !== undefined);
  const modules = parts.map((_, index) => ({ path: find(parts.slice(0, index + 1).join('.')), implied: index < parts.length - 1 || onlySubmodules }));
  return [...modules, ...submodules.map((path) => ({ path, implied: false }))].flatMap(({ path, implied }) => (path === undefined ? [] : [{ path, implied }]));
}

function packagesOf(source: Tree, file: string, roots: readonly string[]): readonly string[] {
  const parts = (moduleOf(file, roots) ?? '').split('.').slice(0, -1);
  return parts.map((_, index) => fileOf(parts.slice(0, index + 1).join('.'), source.files, roots) ?? '').filter((path) => source.files.has(path));
}

/** File of the app's module (`src.main:app` → `src/main.py`); undefined when there is none. */
export function targetFile(source: Tree, target: string = source.run.app): string | undefined {
  const path = fileOf(target.split(':')[0] ?? '', source.files, importRoots(source.run));
  return path !== undefined && source.files.has(path) ? path : undefined;
}
