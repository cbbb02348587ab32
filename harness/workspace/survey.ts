/** What of a user's folder goes into a copy. Every bad input ends here, with one sentence and exit code 2, before anything is written. */
import { constants } from 'node:fs';
import { access, lstat, open, readdir, readlink, realpath } from 'node:fs/promises';
import type { Dirent } from 'node:fs';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { HarnessError } from '../../agent/errors.ts';

/** Files from this size on are not copied: 50 MB. */
export const BIG_FILE = 50 * 1024 * 1024;

/** First line of the `.gitignore` in our output folder: how a later run knows it, under any name. */
export const OUT_MARK = '# boot-check output';

export interface SurveyFile {
  readonly kind: 'file' | 'folder' | 'link';
  /** Relative to the folder, with `/`. */
  readonly path: string;
  readonly mode: number;
  readonly bytes: number;
  /** Links only: relative to the link's own folder. */
  readonly target?: string;
}

export interface LeftOut {
  readonly path: string;
  readonly bytes: number;
  readonly why: string;
}

export interface Survey {
  /** The folder itself, links resolved. */
  readonly dir: string;
  /** Folders before what is in them. */
  readonly entries: readonly SurveyFile[];
  /** Big and special files, which a copy does not get; worth telling. Version control, environments and caches are not listed. */
  readonly leftOut: readonly LeftOut[];
}

const LEFT_NAMES = new Set(['.git', '.hg', '.svn', 'node_modules', '__pycache__', '.venv', '.tox', '.nox', '.mypy_cache', '.ruff_cache', '.pytest_cache', '.boot-check']);
/** What lies in a folder says that it is a virtual environment or a cache, whatever its own name. */
const MARKS = ['pyvenv.cfg', 'conda-meta', 'CACHEDIR.TAG'];

/**
 * @param out our output folder, absolute; left out when it lies inside
 * @throws HarnessError (exit 2): no such folder, a file, an empty folder, an unreadable file, a link that leads out
 */
export async function survey(dir: string, out: string | undefined, signal: AbortSignal): Promise<Survey> {
  const top = await checkFolder(dir);
  const entries: SurveyFile[] = [];
  const leftOut: LeftOut[] = [];
  const visit = async (folder: string): Promise<void> => {
    signal.throwIfAborted();
    const inside = await list(join(top, folder), folder);
    for (const entry of inside.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (LEFT_NAMES.has(entry.name)) continue;
      if (entry.isDirectory()) {
        if (join(top, path) === out || (await isMarked(join(top, path)))) continue;
        entries.push({ kind: 'folder', path, mode: (await lstat(join(top, path))).mode & 0o777, bytes: 0 });
        await visit(path);
      } else {
        const taken = await look(top, path, entry);
        if ('kind' in taken) entries.push(taken);
        else leftOut.push(taken);
      }
    }
  };
  await visit('');
  if (!entries.some((entry) => entry.kind === 'file')) {
    throw refused('empty-folder', `${dir} holds no files.`, 'There is nothing to boot in an empty folder.', 'Give the folder of your backend: boot-check path/to/backend');
  }
  return { dir: top, entries, leftOut };
}

/** The folder with its links resolved. @throws HarnessError (exit 2) when it is none. */
export async function checkFolder(dir: string): Promise<string> {
  const stats = await lstat(dir).catch((error: NodeJS.ErrnoException) => error);
  if (stats instanceof Error) {
    if (stats.code === 'EACCES') throw unreadable(dir, stats);
    throw refused('no-such-folder', `There is no folder ${dir}.`, 'Relative paths count from where the command was typed.', 'Check the path.');
  }
  const top = await realpath(dir).catch(() => dir);
  if (!(await lstat(top)).isDirectory()) {
    throw refused('not-a-folder', `${dir} is a file, not a folder.`, 'A backend is checked as a whole.', `Give its folder: boot-check ${dirname(dir)}`);
  }
  return top;
}

async function list(folder: string, shown: string): Promise<readonly Dirent[]> {
  return readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'EACCES' ? unreadable(shown === '' ? folder : shown, error) : error;
  });
}

/** A virtual environment, a cache that says so, or an output folder of ours. */
async function isMarked(folder: string): Promise<boolean> {
  const names = new Set(await readdir(folder).catch((): string[] => []));
  if (MARKS.some((mark) => names.has(mark))) return true;
  return names.has('.gitignore') && (await firstBytes(join(folder, '.gitignore'), OUT_MARK.length)) === OUT_MARK;
}

async function firstBytes(path: string, count: number): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK).catch(() => undefined);
  if (!file) return '';
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, 0);
    return buffer.toString('utf8', 0, bytesRead);
  } finally {
    await file.close();
  }
}

async function look(top: string, path: string, entry: Dirent): Promise<SurveyFile | LeftOut> {
  const full = join(top, path);
  const stats = await lstat(full);
  if (entry.isSymbolicLink()) return { kind: 'link', path, mode: 0o777, bytes: 0, target: await insideTarget(top, path) };
  if (!entry.isFile()) return { path, bytes: 0, why: 'not a regular file (a socket, pipe or device)' };
  if (stats.size >= BIG_FILE) return { path, bytes: stats.size, why: `larger than ${BIG_FILE / 1024 / 1024} MB` };
  await access(full, constants.R_OK).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  return { kind: 'file', path, mode: stats.mode & 0o777, bytes: stats.size };
}

/** Where a link leads, relative to its own folder. Followed to its end, so that no chain leads out either. */
async function insideTarget(top: string, path: string): Promise<string> {
  const full = join(top, path);
  const written = await readlink(full);
  const lexical = resolve(dirname(full), written);
  const real = await realpath(full).catch(() => lexical);
  // A relative link is copied as it stands, so its own words must not lead out either.
  for (const end of isAbsolute(written) ? [real] : [real, lexical]) {
    if (end !== top && !end.startsWith(top + sep)) {
      throw refused(
        'link-out-of-tree', `${path} is a symbolic link that leads out of the tree, to ${written}.`,
        'A copy could not hold what it points to, and following it would read files that are not part of the backend.',
        'Replace the link by the file or folder itself, or give the folder that holds both.',
      );
    }
  }
  return isAbsolute(written) ? relative(dirname(full), real) || '.' : written;
}

function unreadable(path: string, cause: unknown): HarnessError {
  return new HarnessError({
    code: 'unreadable-file', what: `${path} cannot be read.`, why: 'The system denied access to it, and a copy without it would be another backend.',
    hint: 'Give yourself the right to read it (chmod u+r), or remove it from the folder.', exitCode: 2, cause,
  });
}

function refused(code: string, what: string, why: string, hint: string): HarnessError {
  return new HarnessError({ code, what, why, hint, exitCode: 2 });
}
