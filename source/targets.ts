/** Ways into the app, best first: what the project's own files start, then ASGI apps and factories found in the code (R20). */
import { codeTargets } from './app-objects.ts';
import type { CodeTarget } from './app-objects.ts';
import { inferRoot, isAside, resolvedImports } from './import-roots.ts';
import { launchTargets } from './launch.ts';
import type { LaunchTarget } from './launch.ts';
import { fileOf, moduleOf } from './modules.ts';
import type { AppTarget, SourceFile } from './types.ts';

/** A target with the place it is started from. */
export interface PlacedTarget extends AppTarget {
  /** File that binds the attribute; absent when a declared module is not in the tree. */
  readonly file?: string;
  /** Relative to the files' root. */
  readonly cwd: string;
  readonly pythonPath: readonly string[];
}

/** Usual name first: `src.main:app` is what people type. */
export const PREFERRED = 'src.main:app';

/** `roots` is the import path when it is known already. */
export function appTargets(files: ReadonlyMap<string, SourceFile>, roots?: readonly string[]): readonly PlacedTarget[] {
  const code = codeTargets(files).map((target) => place(files, target, roots));
  const declared = launchTargets(files).flatMap((launch) => match(files, launch, code));
  const known = unique([...declared.filter((each) => each.file !== undefined), ...code.toSorted((a, b) => rank(b) - rank(a))]);
  const missing = declared.filter((each) => each.file === undefined);
  const preferred = known.filter((each) => each.target === PREFERRED);
  return unique([...preferred, ...known, ...missing]);
}

function place(files: ReadonlyMap<string, SourceFile>, found: CodeTarget, roots: readonly string[] | undefined): PlacedTarget {
  const [cwd = '.', ...pythonPath] = roots ?? [inferRoot(files, found.file)];
  const module = moduleOf(found.file, [cwd, ...pythonPath]) ?? moduleOf(found.file, ['.']) ?? '';
  return { target: `${module}:${found.attribute}`, factory: found.factory, from: `code ${found.file}:${found.line}`, file: found.file, cwd, pythonPath };
}

/** A declared target names a module from some working directory; the file it means is the one whose path ends so. */
function match(files: ReadonlyMap<string, SourceFile>, launch: LaunchTarget, code: readonly PlacedTarget[]): readonly PlacedTarget[] {
  const attribute = launch.attribute;
  const file = launchFile(files, launch);
  if (file === undefined) return launch.module === '' || attribute === undefined ? [] : [{ target: `${launch.module}:${attribute}`, factory: launch.factory, from: launch.from, cwd: launch.folder, pythonPath: [] }];
  const inFile = code.filter((each) => each.file === file);
  const same = attribute === undefined ? inFile[0] : inFile.find((each) => each.target.endsWith(`:${attribute}`));
  if (same) return [{ ...same, ...declaredPlace(files, launch, same), factory: launch.factory || same.factory, from: launch.from }];
  if (attribute === undefined) return [];
  const cwd = rootFor(file, launch.module);
  return [{ target: `${launch.module}:${attribute}`, factory: launch.factory, from: launch.from, file, cwd, pythonPath: [] }];
}

/** The place that the command itself names, unless fewer imports of the code would work from there. */
function declaredPlace(files: ReadonlyMap<string, SourceFile>, launch: LaunchTarget, found: PlacedTarget): Partial<PlacedTarget> {
  if (launch.module === '' || launch.attribute === undefined || found.file === undefined || found.pythonPath.length > 0) return {};
  const cwd = rootFor(found.file, launch.module);
  const there = resolvedImports(files, found.file, cwd);
  return cwd === found.cwd || there < resolvedImports(files, found.file, found.cwd) ? {} : { cwd, target: `${launch.module}:${launch.attribute}` };
}

function launchFile(files: ReadonlyMap<string, SourceFile>, launch: LaunchTarget): string | undefined {
  if (launch.file !== undefined) return [`${launch.folder}/${launch.file}`.replace(/^\.\//, ''), launch.file].find((path) => files.has(path));
  const near = fileOf(launch.module, files, [launch.folder, '.']);
  if (near !== undefined && files.has(near)) return near;
  const tail = launch.module.replaceAll('.', '/');
  const found = [...files.keys()].filter((path) => path.endsWith(`/${tail}.py`) || path.endsWith(`/${tail}/__init__.py`));
  return found.filter((path) => !isAside(path)).toSorted((a, b) => a.length - b.length)[0];
}

/** `backend/src/main.py` started as `src.main` → `backend`. */
function rootFor(file: string, module: string): string {
  const tail = module.replaceAll('.', '/');
  const base = file.replace(/(\/__init__)?\.py$/, '');
  return base === tail ? '.' : base.endsWith(`/${tail}`) ? base.slice(0, -tail.length - 1) : '.';
}

const GOOD_FOLDER = /(^|\/)(src|app|backend|api|server)(\/|$)/;

/** Of a target that only the code shows; higher is better. */
export function rank(target: PlacedTarget): number {
  const path = target.file ?? '';
  const attribute = target.target.split(':')[1] ?? '';
  const base = path.split('/').at(-1) ?? '';
  let score = 0;
  if (isAside(path)) score -= 100;
  if (attribute === 'app') score += 20;
  else if (/app(lication)?$/.test(attribute) && !target.factory) score += 12;
  if (target.factory) score -= 5;
  if (/^(main|asgi|app|server|__init__)\.py$/.test(base)) score += base === 'main.py' ? 12 : 8;
  if (GOOD_FOLDER.test(path)) score += 4;
  return score - path.split('/').length;
}

function unique(targets: readonly PlacedTarget[]): readonly PlacedTarget[] {
  const seen = new Set<string>();
  return targets.filter((each) => {
    // The place that a command names is the place of the app, whatever other name it could have.
    const key = each.file === undefined ? `${each.cwd} ${each.target}` : `${each.file} ${each.target.split(':')[1]}`;
    return seen.has(key) ? false : seen.add(key) !== undefined;
  });
}
