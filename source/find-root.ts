/** Finds the backend in a tree (R20): its root, its target, where it is started and what is on its import path. */
import { join } from 'node:path/posix';
import { isEnvExample } from './dotenv.ts';
import { readSource } from './read.ts';
import type { RunOptions } from './read.ts';
import { chooseTarget } from './backend-choice.ts';
import { composePostgres } from './compose.ts';
import { fileOf } from './modules.ts';
import { neededPaths } from './python-path.ts';
import { ownerOf, parent, rootWithout } from './owner.ts';
import { appTargets, PREFERRED } from './targets.ts';
import type { PlacedTarget } from './targets.ts';
import type { AppTarget, SourceFile } from './types.ts';

export interface Backend {
  /** Folder of the manifest that owns the target, relative to the tree, `.` for the tree itself. */
  readonly root: string;
  /** To be passed to readSource together with the root's absolute path. */
  readonly options: RunOptions;
  /** All targets found below the root, best first; empty when the tree holds no backend. */
  readonly targets: readonly AppTarget[];
  /** What else in the tree could be booted, best first. */
  readonly others: readonly OtherBackend[];
  /** Nothing speaks more for the one that was taken than for the first of the others. */
  readonly tossed: boolean;
}

/** Another app of the tree, as `--root` and `--app` would name it. */
export interface OtherBackend extends AppTarget {
  readonly root: string;
}

type Files = ReadonlyMap<string, SourceFile>;

/** `root` is `--root`, relative to `tree`. */
export async function findBackend(tree: string, options: RunOptions & { readonly root?: string } = {}): Promise<Backend> {
  const { root: given, ...rest } = options;
  const { files } = await readSource(tree, rest);
  if (given === undefined) return backendIn(files, rest);
  const root = clean(given);
  const below = filesBelow(files, root);
  const targets = appTargets(below);
  const { others, tossed } = rest.app === undefined ? chooseTarget(below, targets) : { others: [], tossed: false };
  return { root, options: { ...chosen(below, rest, targets), ...around(files, root) }, targets, others: others.map((each) => ({ ...each, root })), tossed };
}

/** The same on files that are read already. */
export function backendIn(files: Files, options: RunOptions = {}): Backend {
  const all = appTargets(files);
  const start = options.app === undefined ? undefined : appFile(files, options.app);
  const { best, others, tossed } = options.app === undefined ? chooseTarget(files, all) : { best: undefined, others: [], tossed: false };
  const file = start ?? best?.file;
  const root = file === undefined ? rootWithout(files) : ownerOf(files, file);
  const below = filesBelow(files, root);
  const targets = appTargets(below);
  const ordered = targets[0]?.from.startsWith('code ') && targets[0].target !== PREFERRED ? [...saidAbove(best, root, targets), ...targets] : targets;
  return { root, options: { ...chosen(below, options, ordered), ...around(files, root) }, targets: [...new Set(ordered)], others: others.flatMap((each) => otherBackend(files, each)), tossed };
}

/** A Dockerfile above the root may have said which of the apps it is, or that it is a module which only imports the app. */
function saidAbove(best: PlacedTarget | undefined, root: string, targets: readonly PlacedTarget[]): readonly PlacedTarget[] {
  if (best?.file === undefined || best.from.startsWith('code ')) return [];
  const same = targets.filter((each) => join(root, each.file ?? '') === best.file && attributeOf(each) === attributeOf(best));
  const [file, cwd] = [best.file, best.cwd].map((path) => (path === root ? '.' : path.startsWith(`${root}/`) ? path.slice(root.length + 1) : undefined));
  return same.length > 0 || file === undefined || cwd === undefined ? same : [{ ...best, file, cwd }];
}

/** Under the name it has in its own root. */
function otherBackend(files: Files, target: PlacedTarget): readonly OtherBackend[] {
  const root = ownerOf(files, target.file ?? '');
  const own = appTargets(filesBelow(files, root)).find((each) => join(root, each.file ?? '') === target.file && attributeOf(each) === attributeOf(target));
  return own === undefined ? [] : [{ root, target: own.target, factory: own.factory, from: target.from }];
}

function attributeOf(target: AppTarget): string {
  return target.target.split(':')[1] ?? '';
}

/** The facts of the start that nobody gave, from the backend's own files. */
function chosen(files: Files, options: RunOptions, targets: readonly PlacedTarget[] = appTargets(files)): RunOptions {
  const [module = ''] = (options.app ?? '').split(':');
  const given = options.app === undefined ? targets[0] : targets.find((each) => each.target === options.app) ?? placed(files, module);
  if (!given) return options;
  const cwd = options.cwd ?? given.cwd;
  const pythonPath = options.pythonPath ?? (given.pythonPath.length > 0 ? given.pythonPath : neededPaths(files, cwd));
  return { ...options, cwd, pythonPath, ...(options.app === undefined ? { app: given.target, factory: options.factory ?? given.factory } : {}) };
}

function placed(files: Files, module: string): Pick<PlacedTarget, 'cwd' | 'pythonPath' | 'target' | 'factory'> | undefined {
  const file = appFile(files, module);
  const tail = module.replaceAll('.', '/');
  const folder = file?.replace(/(\/__init__)?\.py$/, '').slice(0, -tail.length).replace(/\/$/, '');
  return file === undefined ? undefined : { cwd: folder === '' || folder === undefined ? '.' : folder, pythonPath: [], target: module, factory: false };
}

/** `src.main` from the tree's top, else the shallowest file whose path ends so. */
function appFile(files: Files, app: string): string | undefined {
  const module = app.split(':')[0] ?? '';
  const direct = fileOf(module, files, ['.']);
  if (direct !== undefined && files.has(direct)) return direct;
  const tail = module.replaceAll('.', '/');
  return [...files.keys()].filter((path) => path.endsWith(`/${tail}.py`) || path.endsWith(`/${tail}/__init__.py`)).toSorted((a, b) => a.split('/').length - b.split('/').length)[0];
}

/** What lies around the root in a larger tree. */
function around(files: Files, root: string): Pick<RunOptions, 'outside' | 'rootName'> {
  const outside = outsideOf(files, root);
  return { ...(Object.keys(outside).length > 0 ? { outside } : {}), ...(root === '.' ? {} : { rootName: root.split('/').at(-1) ?? '' }) };
}

const OUTSIDE = /^(\.env|(docker-)?compose(\.override)?\.ya?ml|uv\.lock|poetry\.lock)$/;

/** What stands in the folders above the root and says how it is run. */
function outsideOf(files: Files, root: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  let up = '../';
  for (let folder = root === '.' ? '' : parent(root); folder !== ''; folder = folder === '.' ? '' : parent(folder), up += '../') {
    const prefix = folder === '.' ? '' : `${folder}/`;
    for (const [path, file] of files) {
      const name = path.slice(prefix.length);
      if (path.startsWith(prefix) && (OUTSIDE.test(name) || (!name.includes('/') && isEnvExample(name)))) found[up + name] = file.text;
    }
  }
  return { ...found, ...scriptsOutside(files, root, Object.keys(found)) };
}

/** What a compose file above the root lays into its Postgres may lie above the root too. */
function scriptsOutside(files: Files, root: string, outside: readonly string[]): Readonly<Record<string, string>> {
  if (!outside.some((path) => /compose/.test(path))) return {};
  const known = new Map([...outside.flatMap((path) => { const file = files.get(join(root, path)); return file === undefined ? [] : [[path, file] as const]; }), ...filesBelow(files, root)]);
  const wanted = composePostgres(known)?.service.initialisedBy.filter((path) => path.startsWith('../')) ?? [];
  return Object.fromEntries(wanted.flatMap((path) => {
    const there = join(root, path);
    return [...files].filter(([each]) => each === there || each.startsWith(`${there}/`)).map(([each, file]) => [path + each.slice(there.length), file.text]);
  }));
}

function filesBelow(files: Files, root: string): Files {
  if (root === '.') return files;
  return new Map([...files].filter(([path]) => path.startsWith(`${root}/`)).map(([path, file]) => {
    const short = path.slice(root.length + 1);
    // Same text and tree under a shorter name.
    return [short, rebased(file, short)];
  }));
}

function rebased(file: SourceFile, path: string): SourceFile {
  const copy = { path, text: file.text };
  Object.defineProperty(copy, 'syntax', { enumerable: false, get: () => file.syntax });
  return copy;
}

function clean(root: string): string {
  return root.replace(/^\.\//, '').replace(/\/+$/, '') || '.';
}
