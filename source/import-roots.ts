/** Where the tree's absolute imports start: the folders on its import path. */
import { join, normalize } from 'node:path/posix';
import { importNodes, importsOf } from './imports.ts';
import { fileOf } from './modules.ts';
import { isPython } from './syntax.ts';
import type { ImportStatement, SourceFile } from './types.ts';

/** Import path of a run: its working directory, then PYTHONPATH. */
export function importRoots(run: { readonly cwd: string; readonly pythonPath: readonly string[]; readonly env?: Readonly<Record<string, string>> }): readonly string[] {
  const cwd = run.cwd === '' ? '.' : run.cwd;
  // What the user sets counts from the folder the server is started in, and only what lies in the tree matters here.
  const given = (run.env?.['PYTHONPATH'] ?? '').split(':').filter((path) => path !== '' && !path.startsWith('/') && !path.startsWith('..')).map((path) => normalize(join(cwd, path)).replace(/\/$/, ''));
  return [...new Set([cwd, ...run.pythonPath, ...given])];
}

export function importsOfTree(files: ReadonlyMap<string, SourceFile>, roots: readonly string[]): readonly ImportStatement[] {
  return [...files.values()].filter(isPython).flatMap((file) => importsOf(file, roots));
}

/**
 * The folder that most absolute imports of these files start from, among `.`, the folders above `start` and `src`. A lone wrong prefix
 * loses against the rest and stays what it is: a fault to be found.
 */
export function inferRoot(files: ReadonlyMap<string, SourceFile>, start: string): string {
  const scores = candidateRoots(start).map((root) => ({ root, score: resolvedImports(files, start, root) }));
  const best = Math.max(...scores.map((each) => each.score));
  // The shallowest wins a draw: that is where people type the command.
  return scores.find((each) => each.score === best)?.root ?? '.';
}

/** `.`, then deeper. */
function candidateRoots(start: string): readonly string[] {
  const folders = start.split('/').slice(0, -1);
  // Below the root every folder must be a name that Python can import: `my-app/main.py` is started inside `my-app`.
  return ['.', ...folders.map((_, index) => folders.slice(0, index + 1).join('/'))].filter((_, index) => folders.slice(index).every((each) => /^[A-Za-z_]\w*$/.test(each)));
}

/** How many absolute imports, in files the start file's package may load, name a module below `root`. */
export function resolvedImports(files: ReadonlyMap<string, SourceFile>, start: string, root: string): number {
  const top = start.includes('/') ? `${start.split('/')[0]}/` : '';
  let count = 0;
  for (const file of files.values()) {
    if (!isPython(file) || !file.path.startsWith(top) || isAside(file.path)) continue;
    for (const statement of importNodes(file)) {
      const modules = statement.from ? [statement.written] : statement.names.map((each) => each.name);
      count += modules.filter((module) => module !== '' && !module.startsWith('.') && fileOf(module, files, [root]) !== undefined).length;
    }
  }
  return count;
}

const ASIDE = /(^|\/)(tests?|testing|examples?|scripts?|benchmarks?|migrations|alembic|versions|conftest\.py|test_[^/]*\.py|[^/]*_test\.py|noxfile\.py)(\/|$)/i;
/** Only at the top: `src/infra` is a layer of many apps, and `app/core/setup.py` a module like any other. */
const ASIDE_AT_TOP = /^(docs?|tools?|deploy(ment)?|k8s|infra|setup\.py)(\/|$)/i;

/** Not part of what the server loads: tests, examples, scripts, migrations. */
export function isAside(path: string): boolean {
  return ASIDE.test(path) || ASIDE_AT_TOP.test(path);
}
