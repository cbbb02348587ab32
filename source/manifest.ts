/** Which packages are to be installed, read from whatever manifest the tree has (R19). */
import { setupRequirements, tomlRequirements } from './declared.ts';
import type { DeclaredRequirement } from './declared.ts';
import { isAside } from './import-roots.ts';
import { isFresh, pinned, readLock } from './lock-files.ts';
import { formatRequirement, isDevelopment, loosened } from './requirement.ts';
import { requirementFiles, requirementLines } from './requirements-file.ts';
import { tomlTree, tomlValue } from './toml-tree.ts';
import type { InstallPlan, SourceFile } from './types.ts';

export { declaredRequirements } from './declared.ts';
export { addRequirement, removeRequirement, replaceRequirement } from './manifest-edits.ts';
export type { DeclaredRequirement } from './declared.ts';
export { normaliseName } from './requirement.ts';
export type { Requirement } from './requirement.ts';

export interface InstallChoice {
  readonly policy: 'locked' | 'newest';
  /** `--manifest FILE` */
  readonly manifest?: string;
}

type Files = ReadonlyMap<string, SourceFile>;
type Plan = Omit<InstallPlan, 'policy'>;

const NOTHING: Plan = { kind: 'none', manifest: '', files: [], requirements: [], groups: [], extras: [] };

/**
 * Never throws: a broken manifest gives a plan that names the file, so that the installer says what is wrong.
 * `requirements` is empty when uv reads `manifest` itself: `-r requirements.txt`, `-r pyproject.toml` or a fresh uv.lock.
 * `foreign` holds the text of UTF-16 files, which uv cannot read.
 */
export function readInstallPlan(files: Files, choice: InstallChoice, foreign: ReadonlyMap<string, string> = new Map()): InstallPlan {
  const readers = choice.manifest === undefined ? candidates(files, foreign) : [choice.manifest];
  for (const path of readers) {
    const plan = planOf(files, path, choice.policy, foreign);
    if (plan) return { ...plan, policy: choice.policy };
  }
  return { ...NOTHING, policy: choice.policy };
}

/** Manifests at the root that declare something, the one the project itself installs from first. */
function candidates(files: Files, foreign: ReadonlyMap<string, string>): readonly string[] {
  const present = ['pyproject.toml', 'Pipfile', ...requirementNames(files, foreign), 'setup.cfg', 'setup.py'].filter((path) => files.has(path) || foreign.has(path));
  const textsOf = (pattern: RegExp): string => [...files.values()].filter((file) => pattern.test(file.path)).map((file) => file.text).join('\n');
  const [script, readme] = [textsOf(/(^|\/)(Dockerfile[^/]*|[^/]*\.sh|Makefile|Procfile)$/), textsOf(/^README(\.\w+)?$/i)];
  const named = (path: string, script: string): boolean => {
    if (path === 'pyproject.toml') return /\buv (sync|run|export)\b|poetry (install|export)|pdm (install|sync)|pip install [^\n]*(\.|-e \.)(\s|\[|$)/m.test(script);
    return path === 'Pipfile' ? /\bpipenv\b/.test(script) : new RegExp(`(^|[\\s/])${path.split('/').at(-1)?.replaceAll('.', '\\.') ?? ''}\\b`, 'm').test(script);
  };
  const locked = (path: string): boolean => (path === 'pyproject.toml' && LOCKS.some((lock) => files.has(lock))) || (path === 'Pipfile' && files.has('Pipfile.lock'));
  // What is deployed wins, then what people are told to type, then a lock file.
  const weight = (path: string): number => (named(path, script) ? 10 : 0) + (named(path, readme) ? 5 : 0) + (locked(path) ? 4 : 0) + (/^requirements/.test(path) ? 1 : 0);
  const declaring = present.filter((path) => declares(files, foreign, path)).toSorted((a, b) => weight(b) - weight(a));
  return declaring.length > 0 ? declaring : deeperRequirements(files, foreign, script);
}

/** Requirement files below the root, where nothing at the root declares anything: what an image copies or installs first, development last. */
function deeperRequirements(files: Files, foreign: ReadonlyMap<string, string>, script: string): readonly string[] {
  const all = [...files.keys()].filter((path) => /\/(requirements?[\w.-]*|requirements\/[\w.-]+)\.(txt|in)$/i.test(path) && !/(^|\/)(tests?|docs?|examples?)\//.test(path) && declares(files, foreign, path));
  const weight = (path: string): number => {
    const word = path.split('/').at(-1)?.replace(/\.\w+$/, '') ?? '';
    return (script.includes(path) ? 8 : 0) - (isDevelopment(word.replace(/^requirements[_.-]?/i, '')) ? 20 : 0) + (/^(prod|production|requirements)$/i.test(word) ? 4 : /base|main|app|common/i.test(word) ? 2 : 0) + (path.endsWith('.txt') ? 1 : 0) - path.split('/').length;
  };
  return all.toSorted((a, b) => weight(b) - weight(a));
}

const LOCKS = ['uv.lock', 'poetry.lock', 'pdm.lock'];

/** requirements.txt first, then production variants, then others that are not for development. */
function requirementNames(files: Files, foreign: ReadonlyMap<string, string>): readonly string[] {
  const all = [...files.keys(), ...foreign.keys()].filter((path) => /^(requirements\/[\w.-]+|requirements?[\w.-]*|reqs?|[\w-]*requirements)\.(txt|in)$/i.test(path));
  const order = (path: string): number => {
    if (path === 'requirements.txt') return 0;
    const word = path.replace(/^requirements[/_.-]?/i, '').replace(/\.\w+$/, '');
    if (/^(prod|production|main|base|app|common)$/i.test(word)) return 1;
    return isDevelopment(word) ? 9 : 2;
  };
  return all.toSorted((a, b) => order(a) - order(b));
}

function declares(files: Files, foreign: ReadonlyMap<string, string>, path: string): boolean {
  if (foreign.has(path) || path === 'setup.py' || path === 'setup.cfg') return foreign.has(path) || setupRequirements(files).length > 0;
  const text = files.get(path)?.text ?? '';
  if (!path.endsWith('.toml') && path !== 'Pipfile') return requirementLines(text).length > 0;
  return tomlTree(text) === undefined ? /^\[(project|tool\.poetry)\]|dependencies/m.test(text) : tomlRequirements(path, text).some((each) => each.main);
}

function planOf(files: Files, path: string, policy: InstallPlan['policy'], foreign: ReadonlyMap<string, string>): Plan | undefined {
  if (foreign.has(path)) return foreignPlan(path, foreign.get(path) ?? '');
  const file = files.get(path);
  if (!file) return undefined;
  if (path.endsWith('pyproject.toml')) return pyprojectPlan(files, file, policy);
  if (path.endsWith('Pipfile')) return lockedPlan(files, file, 'pipfile', `${path}.lock`, tomlRequirements(path, file.text).filter((each) => each.main), policy);
  if (/setup\.(py|cfg)$/.test(path)) return { ...NOTHING, kind: 'setup', manifest: path, files: ['setup.py', 'setup.cfg'].filter((each) => files.has(each)), requirements: setupRequirements(files).map(formatRequirement), ...(needsProject(files) ? { project: '.' } : {}) };
  return requirementsPlan(files, path);
}

/** The installer reads the file itself, for both policies. */
function requirementsPlan(files: Files, path: string): Plan {
  const included = requirementFiles(files, path).map((each) => each.path);
  return { ...NOTHING, kind: 'requirements', manifest: path, files: [...new Set(included)] };
}

/** No manifest: a file that is not UTF-8 is never edited. */
function foreignPlan(path: string, text: string): Plan {
  const lines = requirementLines(text).filter((each) => each.kind === 'requirement').map((each) => each.text);
  return { ...NOTHING, kind: 'requirements', manifest: '', files: [path], requirements: lines };
}

function pyprojectPlan(files: Files, file: SourceFile, policy: InstallPlan['policy']): Plan {
  const all = tomlRequirements(file.path, file.text);
  const chosen = chosenGroups(files, file, all);
  const wanted = all.filter((each) => each.main || (each.group !== undefined && (chosen.groups.includes(each.group) || chosen.extras.includes(each.group))));
  const poetry = all.some((each) => each.form === 'entry');
  const folder = file.path.slice(0, -'pyproject.toml'.length);
  // In a workspace the lock stands at its top.
  const lock = LOCKS.flatMap((each) => [folder + each, `../${each}`, `../../${each}`]).find((each) => files.has(each));
  const plan = lockedPlan(files, file, poetry ? 'poetry' : 'pyproject', lock, wanted, policy);
  const project = needsProject(files) ? { project: folder.replace(/\/$/, '') || '.' } : {};
  return { ...plan, ...project, ...chosen };
}

/** With a lock: what it pins. Without, or for `newest`: what is declared. */
function lockedPlan(files: Files, file: SourceFile, kind: 'poetry' | 'pyproject' | 'pipfile', lockPath: string | undefined, wanted: readonly DeclaredRequirement[], policy: InstallPlan['policy']): Plan {
  const lockFile = lockPath === undefined ? undefined : files.get(lockPath);
  const lock = lockFile && policy === 'locked' ? readLock(lockFile.path, lockFile.text) : undefined;
  const base = { ...NOTHING, kind, manifest: file.path, files: [file.path, ...(lock && lockFile ? [lockFile.path] : [])] };
  if (!lock || !lockFile) {
    const specifiers = wanted.map((each) => (policy === 'newest' ? { ...each, specifier: loosened(each.specifier) } : each));
    return { ...base, requirements: specifiers.map(formatRequirement) };
  }
  const members = new Set(lock.filter((each) => each.local).map((each) => each.name));
  const outside = wanted.filter((each) => !members.has(each.name));
  if (lockFile.path.endsWith('Pipfile.lock')) {
    const pins = lock.filter((each) => isFresh(wanted.filter((one) => one.name === each.name), [each])).map((each) => `${each.name}==${each.version}`);
    return { ...base, requirements: [...pins, ...wanted.filter((each) => !isFresh([each], lock)).map(formatRequirement)] };
  }
  const fresh = lockFile.path.endsWith('uv.lock') && !lockFile.path.startsWith('..') && isFresh(outside, lock) && !wantsPatchRelease(file.text);
  return { ...base, kind: fresh ? 'uv-lock' : kind, requirements: pinned(outside, lock) };
}

/** `requires-python = "==3.14.0"`: uv would refuse every other patch release, though what it locked installs there just as well. */
function wantsPatchRelease(text: string): boolean {
  return /^\s*requires-python\s*=\s*["']\s*===?\s*\d+\.\d+\.\d+\s*["']/m.test(text);
}

/** Extras and groups that the project's own scripts ask for, and the default ones of the server. */
function chosenGroups(files: Files, file: SourceFile, all: readonly DeclaredRequirement[]): { readonly groups: readonly string[]; readonly extras: readonly string[] } {
  const script = [...files.values()].filter((each) => /(^|\/)(Dockerfile[^/]*|[^/]*\.sh|Makefile|Procfile)$/.test(each.path)).map((each) => each.text).join('\n');
  const asked = (pattern: RegExp): readonly string[] => [...script.matchAll(pattern)].flatMap((match) => (match[1] ?? '').split(',').map((each) => each.trim()));
  const named = [...asked(/--(?:extra|group|with|only-group)[ =]"?([\w,-]+)/g), ...asked(/pip install[^\n]*\s["']?\.\[([\w,\s-]+)\]/g), ...(/--all-extras/.test(script) ? all.map((each) => each.group ?? '') : [])];
  const extras = new Set(all.filter((each) => each.group !== undefined && isExtra(file, each.group)).map((each) => each.group ?? ''));
  const groups = new Set(all.filter((each) => each.group !== undefined && !extras.has(each.group)).map((each) => each.group ?? ''));
  const useful = named.filter((each) => !isDevelopment(each));
  return { groups: [...groups].filter((each) => useful.includes(each)), extras: [...extras].filter((each) => useful.includes(each)) };
}

function isExtra(file: SourceFile, group: string): boolean {
  return (tomlTree(file.text)?.entries ?? []).some((entry) => entry.path[1] === 'optional-dependencies' && entry.path[2] === group);
}

/** The code asks for its own distribution (its version, its entry points) and does not expect it to be missing. Its modules alone are found through the import path. */
function needsProject(files: Files): boolean {
  const pyproject = files.get('pyproject.toml');
  const name = pyproject && projectName(pyproject);
  if (name === undefined || !/\[build-system\]/.test(pyproject?.text ?? '')) return false;
  return [...files.values()].some((file) => file.path.endsWith('.py') && !isAside(file.path) && /importlib\.metadata|importlib_metadata|pkg_resources/.test(file.text) && !/PackageNotFoundError|DistributionNotFound/.test(file.text) && (file.text.includes(name) || /version\(__package__|version\(__name__/.test(file.text)));
}

function projectName(file: SourceFile): string | undefined {
  const entry = tomlTree(file.text)?.entries.find((each) => ['project.name', 'tool.poetry.name'].includes(each.path.join('.')));
  const value = entry ? tomlValue(entry.value) : undefined;
  return typeof value === 'string' ? value : undefined;
}
