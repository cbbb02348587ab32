/** Finds the backend in a tree (R20): its root, its target, where it is started and what is on its import path. */
import { join } from 'node:path/posix';
import { readSource } from './read.ts';
import type { RunOptions } from './read.ts';
import { inferRoot, isAside } from './import-roots.ts';
import { fileOf } from './modules.ts';
import { appTargets, PREFERRED } from './targets.ts';
import type { PlacedTarget } from './targets.ts';
import type { AppTarget, SourceFile } from './types.ts';

export interface Backend {
  /** Folder of the manifest that owns the target, relative to the tree, `.` for the tree itself. */
  readonly root: string;
  /** To be passed to readSource together with the root's absolute path. */
  readonly options: RunOptions;
  /** All targets found, best first; empty when the tree holds no backend. */
  readonly targets: readonly AppTarget[];
}

type Files = ReadonlyMap<string, SourceFile>;

/** `root` is `--root`, relative to `tree`. */
export async function findBackend(tree: string, options: RunOptions & { readonly root?: string } = {}): Promise<Backend> {
  const { root: given, ...rest } = options;
  const { files } = await readSource(tree, rest);
  if (given === undefined) return backendIn(files, rest);
  const root = clean(given);
  const outside = outsideOf(files, root);
  const below = filesBelow(files, root);
  return { root, options: { ...chosen(below, rest), ...(Object.keys(outside).length > 0 ? { outside } : {}) }, targets: appTargets(below) };
}

/** The same on files that are read already. */
export function backendIn(files: Files, options: RunOptions = {}): Backend {
  const all = appTargets(files);
  const start = options.app === undefined ? undefined : appFile(files, options.app);
  const best = options.app === undefined ? bestTarget(files, all) : undefined;
  const file = start ?? best?.file;
  const root = file === undefined ? rootWithout(files) : ownerOf(files, file);
  const below = filesBelow(files, root);
  const outside = outsideOf(files, root);
  const targets = appTargets(below);
  // A Dockerfile above the root may have said which of the apps it is.
  const same = best?.from.startsWith('code ') === false ? targets.filter((each) => join(root, each.file ?? '') === best.file && attributeOf(each) === attributeOf(best)) : [];
  const ordered = targets[0]?.from.startsWith('code ') && targets[0].target !== PREFERRED ? [...same, ...targets] : targets;
  return { root, options: { ...chosen(below, options, ordered), ...(Object.keys(outside).length > 0 ? { outside } : {}) }, targets: [...new Set(ordered)] };
}

function attributeOf(target: AppTarget): string {
  return target.target.split(':')[1] ?? '';
}

/** The facts of the start that nobody gave, from the backend's own files. */
function chosen(files: Files, options: RunOptions, targets: readonly PlacedTarget[] = appTargets(files)): RunOptions {
  const [module = ''] = (options.app ?? '').split(':');
  const given = options.app === undefined ? targets[0] : targets.find((each) => each.target === options.app) ?? placed(files, module);
  if (!given) return options;
  const pythonPath = options.pythonPath ?? given.pythonPath;
  return { ...options, cwd: options.cwd ?? given.cwd, pythonPath, ...(options.app === undefined ? { app: given.target, factory: options.factory ?? given.factory } : {}) };
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

/** In a monorepo the folder counts more than the order of witnesses. */
function bestTarget(files: Files, targets: readonly PlacedTarget[]): PlacedTarget | undefined {
  const weight = (target: PlacedTarget): number => {
    const root = ownerOf(files, target.file ?? '');
    const name = root.split('/').at(-1) ?? '';
    const declared = target.from.startsWith('code ') ? 0 : 3;
    const usual = /^(backend|server|api|app|project)$/i.test(name) ? 4 : root === '.' ? 2 : 0;
    const aside = isAside(target.file ?? '') ? -20 : 0;
    return declared + usual + aside + (hasManifest(files, root) ? 3 : 0) - root.split('/').length + (target.factory ? -1 : 0);
  };
  return targets.filter((each) => each.file !== undefined).toSorted((a, b) => weight(b) - weight(a))[0];
}

const MANIFEST = /^(requirements[\w.-]*\.(txt|in)|pyproject\.toml|Pipfile|setup\.(py|cfg)|uv\.lock|poetry\.lock)$/i;

/** Nearest folder above a file that has a manifest; without any, the folder its imports start from. */
function ownerOf(files: Files, file: string): string {
  for (let folder = parent(file); ; folder = parent(folder)) {
    if (hasManifest(files, folder)) return folder;
    if (folder === '.') break;
  }
  return inferRoot(files, file);
}

function parent(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut === -1 ? '.' : path.slice(0, cut);
}

function hasManifest(files: Files, folder: string): boolean {
  const prefix = folder === '.' ? '' : `${folder}/`;
  for (const path of files.keys()) {
    if (!path.startsWith(prefix)) continue;
    const name = path.slice(prefix.length);
    if (MANIFEST.test(name) ? isOwner(files, path) : /^requirements\/[\w.-]+\.(txt|in)$/.test(name)) return true;
  }
  return false;
}

/** A pyproject that only configures tools owns nothing. */
function isOwner(files: Files, path: string): boolean {
  return !path.endsWith('pyproject.toml') || /^\[(project|tool\.poetry|dependency-groups)\b/m.test(files.get(path)?.text ?? '');
}

/** No target: the folder of the only manifest, or `.`. */
function rootWithout(files: Files): string {
  const owners = [...files.keys()].filter((path) => MANIFEST.test(path.split('/').at(-1) ?? '') && !isAside(path)).map(parent);
  const shallow = [...new Set(owners)].toSorted((a, b) => a.split('/').length - b.split('/').length);
  return shallow.includes('.') ? '.' : shallow.find((each) => /backend|server|api/i.test(each)) ?? shallow[0] ?? '.';
}

const OUTSIDE = /^(\.env(\.(example|sample|template))?|(docker-)?compose(\.override)?\.ya?ml|uv\.lock|poetry\.lock)$/;

/** What stands in the folders above the root and says how it is run. */
function outsideOf(files: Files, root: string): Readonly<Record<string, string>> {
  const found: Record<string, string> = {};
  let up = '../';
  for (let folder = root === '.' ? '' : parent(root); folder !== ''; folder = folder === '.' ? '' : parent(folder), up += '../') {
    const prefix = folder === '.' ? '' : `${folder}/`;
    for (const [path, file] of files) {
      const name = path.slice(prefix.length);
      if (path.startsWith(prefix) && OUTSIDE.test(name)) found[up + name] = file.text;
    }
  }
  return found;
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
