/** Which folder a run is about. */
import { readdir, realpath, stat } from 'node:fs/promises';
import { join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nearest, usageError } from './usage.ts';

export const PACKAGE_FOLDER = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');
const BUNDLED = join(PACKAGE_FOLDER, 'scenarios', 'bases', 'auth-backend');

/** Files whose presence says "a Python backend may live here". */
const MANIFEST = /^(?:requirements[\w.-]*\.txt|pyproject\.toml|Pipfile|poetry\.lock|uv\.lock|setup\.(?:py|cfg)|manage\.py)$/;
const ENTRY = /^(?:main|app|asgi|server|wsgi)\.py$/;
const NOT_SOURCE = /^(?:\.|node_modules$|venv$|env$|__pycache__$|dist$|build$)/;

/**
 * DIR as typed; without it the current folder if it holds a backend, else the bundled broken one.
 * @throws HarnessError (usage) when DIR is not a folder that can be read and holds something
 */
export async function chooseFolder(typed: string | undefined, cwd: string, commands: readonly string[]): Promise<{ dir: string; bundled: boolean }> {
  if (typed !== undefined) return { dir: await checkedFolder(typed, cwd, commands), bundled: false };
  const here = await realpath(cwd);
  const bundled = here === await realpath(PACKAGE_FOLDER) || !(await holdsBackend(here));
  return { dir: bundled ? BUNDLED : here, bundled };
}

async function checkedFolder(typed: string, cwd: string, commands: readonly string[]): Promise<string> {
  const path = resolve(cwd, typed);
  const entries = await readdir(path).catch((error: NodeJS.ErrnoException) => error);
  if (Array.isArray(entries)) {
    if (entries.length > 0) return realpath(path);
    throw usageError(
      `${path} is empty.`,
      'There is no backend in it to boot.',
      'Name the folder that holds the backend, or run boot-check without one to see the bundled example.',
    );
  }
  if (entries.code === 'ENOTDIR') {
    throw usageError(
      `${path} is a file.`,
      'boot-check boots a folder: the backend with its manifest and its code.',
      'Name the folder that holds it.',
    );
  }
  if (entries.code === 'EACCES' || entries.code === 'EPERM') {
    throw usageError(
      `${path} cannot be read.`,
      'This user has no right to list it.',
      `Give yourself the right (ls -ld ${path}), or run as its owner.`,
    );
  }
  const meant = nearest(typed, commands);
  throw usageError(
    `There is no folder ${path}.`,
    'DIR must be the folder of the backend to boot.',
    meant ? `Did you mean \`boot-check ${meant}\`?` : 'Check the path; relative ones count from where you typed the command.',
  );
}

/** A manifest or an entry file here, or in a folder right below (`backend/`, `src/`). */
async function holdsBackend(folder: string): Promise<boolean> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  if (entries.some((entry) => entry.isFile() && (MANIFEST.test(entry.name) || ENTRY.test(entry.name)))) return true;
  for (const entry of entries.filter((found) => found.isDirectory() && !NOT_SOURCE.test(found.name))) {
    const below = await readdir(join(folder, entry.name)).catch(() => []);
    if (below.some((name) => MANIFEST.test(name) || ENTRY.test(name))) return true;
  }
  return false;
}

/**
 * A path inside DIR, given from where the command was typed or from DIR itself.
 * @throws HarnessError (usage) when it does not exist, is not of the wanted kind, or lies elsewhere
 */
export async function insideDir(option: string, typed: string, kind: 'file' | 'folder', dir: string, cwd: string): Promise<string> {
  for (const candidate of [resolve(cwd, typed), resolve(dir, typed)]) {
    const found = await stat(candidate).catch(() => null);
    if (!found || (kind === 'file' ? !found.isFile() : !found.isDirectory())) continue;
    const real = await realpath(candidate);
    if (isInside(real, dir)) return real;
  }
  throw usageError(
    `${option} ${typed}: no such ${kind} inside ${dir}.`,
    `It must be a ${kind} of the backend that is booted.`,
    'Give its path from where you typed the command, or from DIR.',
  );
}

export function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`) && resolve(folder, way) === path);
}
