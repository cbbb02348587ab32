/** The two ways results leave a run: the output folder, and, only when asked for, the user's own tree (`--write`). */
import { chmod, chown, copyFile, link, lstat, mkdir, readFile, readdir, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { execa } from 'execa';
import { HarnessError } from '../../agent/errors.ts';
import { checkFolder, OUT_MARK } from './survey.ts';
import type { Texts } from '../types.ts';
import { onDisk } from './disk.ts';
import { throughLinks } from './workspace.ts';
import type { Workspace } from './workspace.ts';

/**
 * Makes the output folder, which ignores itself in git. A folder that holds something else is used, but nothing in it is removed.
 * @param out absolute @param dir the user's folder, absolute
 * @throws HarnessError exit 2 when results would be mixed with the backend itself
 */
export async function prepareOut(out: string, dir: string): Promise<void> {
  // Making the output folder must not make a folder that the user only misspelt.
  await checkFolder(dir);
  if (out === dir || dir.startsWith(out.endsWith(sep) ? out : out + sep)) {
    throw usage('out-holds-tree', `The output folder ${out} is or holds the backend itself.`, 'Results would be mixed with your own files.', 'Give --out a folder of its own.');
  }
  await onDisk(() => mkdir(out, { recursive: true })).catch((error: unknown) => {
    if (error instanceof HarnessError) throw error;
    throw usage('out-not-usable', `The output folder ${out} cannot be made.`, error instanceof Error ? error.message : String(error), 'Give --out a folder that you may write to.', error);
  });
  const inside = await readdir(out);
  const ignore = join(out, '.gitignore');
  const ours = (await readFile(ignore, 'utf8').catch(() => '')).startsWith(OUT_MARK);
  if (ours) return;
  if (inside.length > 0 && out.startsWith(dir + sep)) {
    throw usage('out-not-ours', `The output folder ${out} holds files of the backend.`, 'What lies in the output folder is never booted, so the backend would lack them.', 'Give --out a folder of its own.');
  }
  if (inside.includes('healed')) {
    throw usage('out-not-ours', `${join(out, 'healed')} exists and was not made by boot-check.`, 'It would be replaced.', 'Give --out another folder, or move it away.');
  }
  if (!inside.includes('.gitignore')) await onDisk(() => writeFile(ignore, `${OUT_MARK}\n*\n`));
}

/**
 * Refuses a git tree with uncommitted changes below `dir`. Outside of git there is nothing to refuse.
 * @throws HarnessError exit 2
 */
export async function refuseDirtyTree(dir: string, signal: AbortSignal): Promise<void> {
  await checkFolder(dir);
  // Settings of the tree itself must not make git run anything.
  const args = ['-c', 'core.fsmonitor=false', '-c', 'core.hooksPath=/dev/null', '-c', `safe.directory=*`, 'status', '--porcelain', '--untracked-files=normal', '--', '.'];
  const { stdout, failed } = await execa('git', args, { cwd: dir, reject: false, env: { GIT_OPTIONAL_LOCKS: '0' }, cancelSignal: signal });
  signal.throwIfAborted();
  if (failed) {
    if (!(await insideGit(dir))) return;
    throw usage('git-unusable', 'git cannot say whether the tree has uncommitted changes.', 'Without that, --write could mix its edits with yours.', 'Make `git status` work there, or use --allow-dirty.');
  }
  const lines = stdout.split('\n').filter((line) => line !== '');
  if (lines.length === 0) return;
  const names = lines.slice(0, 3).map((line) => line.slice(3)).join(', ');
  throw usage('dirty-tree', `The tree has ${lines.length} uncommitted change${lines.length === 1 ? '' : 's'} (${names}${lines.length > 3 ? ', …' : ''}).`, '--write would mix its edits with yours.', 'Commit or stash them, or use --allow-dirty.');
}

async function insideGit(dir: string): Promise<boolean> {
  for (let up = await realpath(dir); ; up = dirname(up)) {
    if (await lstat(join(up, '.git')).then(() => true, () => false)) return true;
    if (up === dirname(up)) return false;
  }
}

/**
 * Puts the kept edits into the user's tree, all or none: every file is checked before the first is written, all new ones are written beside the old
 * ones, and only then they change places. When that fails half-way, those that changed already change back.
 * @param root where the texts' paths begin, relative to the folder
 * @throws HarnessError exit 2 when a file is no longer what the run saw
 */
export async function writeBack(workspace: Workspace, texts: Texts, root = ''): Promise<readonly string[]> {
  const { dir, entries } = workspace.survey;
  const links = new Map(entries.flatMap((entry) => (entry.target === undefined ? [] : [[entry.path, entry.target] as const])));
  const targets = [...texts].map(([path, text]) => ({ path: throughLinks(root === '' || root === '.' ? path : `${root}/${path}`, links), text }));
  const changed: string[] = [];
  for (const { path } of targets) {
    const now = await bytesOf(join(dir, path));
    const then = await bytesOf(join(workspace.original, path));
    const same = now === null || then === null ? now === then : now.equals(then);
    if (!same || !(await liesIn(dir, path))) changed.push(path);
  }
  if (changed.length > 0) {
    throw usage('tree-changed', `${changed.join(', ')} changed while boot-check was running.`, 'Writing would overwrite what somebody else wrote.', 'Run again; nothing was written.');
  }
  await onDisk(() => replaceAll(targets.map(({ path, text }) => ({ path: join(dir, path), text }))));
  return targets.map(({ path }) => path);
}

/** No folder on the way has become a link since. */
async function liesIn(dir: string, path: string): Promise<boolean> {
  const folder = await realpath(dirname(join(dir, path))).catch(() => undefined);
  return folder === undefined || relative(dirname(join(dir, path)), folder) === '';
}

async function bytesOf(path: string): Promise<Buffer | null> {
  return readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw error;
  });
}

interface Replacement {
  readonly path: string;
  readonly text: string;
}

const fresh = (path: string): string => `${path}.boot-check-new`;
const kept = (path: string): string => `${path}.boot-check-old`;

async function replaceAll(files: readonly Replacement[]): Promise<void> {
  const renamed: string[] = [];
  try {
    for (const file of files) await writeBeside(file);
    for (const { path } of files) {
      await rename(fresh(path), path);
      renamed.push(path);
    }
  } catch (error) {
    // A file that was not there before has no old one to come back.
    for (const path of renamed) await rename(kept(path), path).catch(() => rm(path, { force: true }));
    throw error;
  } finally {
    for (const { path } of files) await Promise.all([fresh(path), kept(path)].map((each) => rm(each, { force: true })));
  }
}

/** The new file with the old one's owner and rights, and the old one under a second name, so that nothing has to be written to undo. */
async function writeBeside({ path, text }: Replacement): Promise<void> {
  const old = await lstat(path).catch(() => undefined);
  await mkdir(dirname(path), { recursive: true });
  await Promise.all([fresh(path), kept(path)].map((each) => rm(each, { force: true })));
  await writeFile(fresh(path), text);
  if (old === undefined) return;
  // Root writes for somebody else, who must still own the file.
  if (process.getuid?.() === 0) await chown(fresh(path), old.uid, old.gid);
  await chmod(fresh(path), old.mode & 0o7777);
  // Not every file system knows second names.
  await link(path, kept(path)).catch(() => copyFile(path, kept(path)));
}

function usage(code: string, what: string, why: string, hint: string, cause?: unknown): HarnessError {
  return new HarnessError({ code, what, why, hint, exitCode: 2, cause });
}
