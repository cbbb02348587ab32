/** Makes the booted copy what it should be again: changed files get their bytes back, what a boot left goes. */
import { chown, copyFile, lstat, mkdir, readdir, readlink, rename, rm, symlink, unlink, utimes, writeFile } from 'node:fs/promises';
import { constants } from 'node:fs';
import type { Stats } from 'node:fs';
import { dirname, join } from 'node:path';
import { openFolders } from '../../agent/remove-tree.ts';
import { BIG_FILE } from './survey.ts';
import type { Survey, SurveyFile } from './survey.ts';
import type { Texts } from '../types.ts';

/** What we last put at a path: its text (null: the original's bytes) and how the file looked then. */
export type Placed = Map<string, { readonly text: string | null; readonly mark: string }>;

export interface Copy {
  readonly original: string;
  readonly tree: string;
  readonly survey: Survey;
  readonly placed: Placed;
}

/** What an install may leave and later boots may need: modules, compiled parts, metadata. Not data: a boot begins without the last one's. */
const INSTALLED = /(?:^|\/)__pycache__\/|\.(?:py|pyi|pyc|so|pyd|dylib)$|\.(?:egg-info|dist-info)\/|(?:^|\/)build\//;

/** @param texts by path relative to the folder */
export async function restoreTree(copy: Copy, texts: Texts): Promise<void> {
  const wanted = new Map<string, SurveyFile>(copy.survey.entries.map((entry) => [entry.path, entry]));
  for (const path of texts.keys()) if (!wanted.has(path)) wanted.set(path, { kind: 'file', path, mode: 0o644, bytes: 0 });
  const keep = (path: string, isFile: boolean): boolean => wanted.has(path) || (isFile && INSTALLED.test(path) && !copy.placed.has(path));
  // An app may have closed folders, also to us.
  await openFolders(copy.tree);
  await removeExtras(copy.tree, '', keep, foldersOf(wanted));
  for (const path of copy.placed.keys()) if (!wanted.has(path)) copy.placed.delete(path);
  for (const entry of wanted.values()) {
    if (entry.kind === 'folder') await ensureFolder(copy.tree, entry.path);
    else if (entry.kind === 'link') await ensureLink(copy.tree, entry);
    else await ensureFile(copy, entry, texts.get(entry.path) ?? null);
  }
}

/** What was placed by the copying itself, so that the first boot finds nothing to restore. */
export async function markPlaced(copy: Copy): Promise<void> {
  for (const entry of copy.survey.entries) {
    const stats = entry.kind === 'file' ? await lookAt(join(copy.tree, entry.path)) : undefined;
    if (stats) copy.placed.set(entry.path, { text: null, mark: markOf(stats) });
  }
}

function foldersOf(wanted: ReadonlyMap<string, SurveyFile>): ReadonlySet<string> {
  const folders = new Set<string>();
  for (const [path, { kind }] of wanted) {
    if (kind === 'folder') folders.add(path);
    for (let up = dirname(path); up !== '.' && !folders.has(up); up = dirname(up)) folders.add(up);
  }
  return folders;
}

/** Never follows a link. Returns whether the folder is empty afterwards. */
async function removeExtras(tree: string, folder: string, keep: (path: string, isFile: boolean) => boolean, folders: ReadonlySet<string>): Promise<boolean> {
  let left = 0;
  for (const entry of await readdir(join(tree, folder), { withFileTypes: true })) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) {
      const empty = await removeExtras(tree, path, keep, folders);
      if (empty && !folders.has(path)) await rm(join(tree, path), { recursive: true, force: true });
      else left += 1;
    } else if (keep(path, entry.isFile())) {
      left += 1;
    } else {
      await rm(join(tree, path), { force: true });
    }
  }
  return left === 0;
}

/** Every folder on the way is a real one: an app that swaps a folder for a link must not make us write elsewhere. */
async function ensureFolder(tree: string, path: string): Promise<void> {
  if (path === '.' || path === '') return;
  await ensureFolder(tree, dirname(path));
  const stats = await lookAt(join(tree, path));
  if (stats?.isDirectory()) return;
  if (stats) await unlink(join(tree, path));
  await mkdir(join(tree, path));
}

async function ensureLink(tree: string, entry: SurveyFile): Promise<void> {
  const full = join(tree, entry.path);
  await ensureFolder(tree, dirname(entry.path));
  const stats = await lookAt(full);
  if (stats?.isSymbolicLink() && (await readlink(full)) === entry.target) return;
  if (stats) await rm(full, { recursive: true, force: true });
  await symlink(entry.target ?? '', full);
}

async function ensureFile({ original, tree, placed }: Copy, entry: SurveyFile, text: string | null): Promise<void> {
  const full = join(tree, entry.path);
  await ensureFolder(tree, dirname(entry.path));
  const stats = await lookAt(full);
  const last = placed.get(entry.path);
  if (stats?.isFile() && last && last.text === text && last.mark === markOf(stats)) return;
  if (stats?.isDirectory()) await rm(full, { recursive: true, force: true });
  // Beside it and renamed: a link at this place is replaced, not followed.
  const fresh = `${full}.boot-check-new`;
  await rm(fresh, { recursive: true, force: true });
  if (text === null && entry.bytes >= BIG_FILE) await copyFile(join(original, entry.path), fresh, constants.COPYFILE_FICLONE_FORCE);
  else if (text === null) await copyFile(join(original, entry.path), fresh, constants.COPYFILE_FICLONE);
  else await writeFile(fresh, text, { mode: entry.mode | 0o600 });
  await likeBefore(fresh, stats ?? (await lstat(dirname(full))));
  await distinctTime(fresh, stats);
  await rename(fresh, full);
  placed.set(entry.path, { text, mark: markOf(await lstat(full)) });
}

/** The app's user must still own what it owned. */
async function likeBefore(path: string, stats: Stats): Promise<void> {
  if (process.getuid?.() === 0 && stats.uid !== 0) await chown(path, stats.uid, stats.gid);
}

let lastSecond = 0;

/** Python trusts a compiled file when size and whole second of the source match: no two versions may share a second. */
async function distinctTime(path: string, before: Stats | undefined): Promise<void> {
  lastSecond = Math.max(Math.floor(Date.now() / 1000), lastSecond + 1, Math.floor((before?.mtimeMs ?? 0) / 1000) + 1);
  await utimes(path, lastSecond, lastSecond);
}

function markOf(stats: Stats): string {
  return `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
}

async function lookAt(path: string): Promise<Stats | undefined> {
  return lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
}
