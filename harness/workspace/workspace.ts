/**
 * The copies of a user's tree. The user's own is only read. Below one temp folder of the run lie
 *   original/   the tree as it was, never booted: what every result is made from
 *   tree/       the one that is booted; before each boot it is made original + edits again, whatever the app wrote into it
 * so that nothing an install or a boot left can reach `healed/`, and a hostile app gains nothing by planting links in its tree.
 *
 * Files of 50 MB and more are cloned where the file system can share their blocks (no space, no time, and a write to one
 * does not reach the other); elsewhere they are left out and reported. A hard link would let the app write into the user's file.
 */
import { constants } from 'node:fs';
import { chmod, copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeTree } from '../../agent/remove-tree.ts';
import { onDisk } from './disk.ts';
import { BIG_FILE, survey } from './survey.ts';
import type { LeftOut, Survey, SurveyFile } from './survey.ts';
import { makeRunFolder } from './temp.ts';
import { markPlaced, restoreTree } from './restore.ts';
import type { Copy } from './restore.ts';
import type { Texts } from '../types.ts';

export interface Workspace extends AsyncDisposable {
  /** Temp folder of this run; all else of the run may live here too. Removed on dispose. */
  readonly folder: string;
  /** The copy that is booted; absolute. */
  readonly tree: string;
  /** The tree as it was; absolute, read only by agreement. */
  readonly original: string;
  readonly survey: Survey;
  readonly leftOut: readonly LeftOut[];
  /** Makes `tree` the original plus these texts and nothing else. `root`: where the texts' paths begin, relative to the folder. */
  write(texts: Texts, root?: string): Promise<void>;
  /** Writes the original plus these texts to a new or emptied folder: `OUT/healed`, or the fresh tree of a confirmation. */
  materialise(into: string, texts: Texts, root?: string): Promise<void>;
}

export interface WorkspaceRequest {
  /** Absolute. */
  readonly dir: string;
  /** Our output folder, absolute; never copied. */
  readonly out?: string;
  /** Where temp folders go; the system's place by default. */
  readonly tempParent?: string;
}

/** @throws HarnessError exit 2 for what cannot be copied (see survey.ts), exit 3 when the disk is full */
export async function openWorkspace(request: WorkspaceRequest, signal: AbortSignal): Promise<Workspace> {
  const seen = await survey(request.dir, request.out, signal);
  const folder = await makeRunFolder(request.tempParent);
  const original = join(folder, 'original');
  const tree = join(folder, 'tree');
  const remove = (): Promise<void> => removeTree(folder);
  try {
    const cloned = await copyTree(seen.dir, original, seen, signal);
    const entries = [...seen.entries, ...cloned];
    const whole: Survey = { ...seen, entries };
    await copyTree(original, tree, whole, signal);
    const copy: Copy = { original, tree, survey: whole, placed: new Map() };
    await markPlaced(copy);
    const leftOut = seen.leftOut.filter((one) => !cloned.some((clone) => clone.path === one.path));
    return {
      folder, tree, original, survey: whole, leftOut,
      write: (texts, root = '') => onDisk(() => restoreTree(copy, below(texts, root, whole))),
      materialise: (into, texts, root = '') => onDisk(async () => {
        await rm(into, { recursive: true, force: true });
        // Also after an interrupt: what was proven is written down then, too.
        await copyTree(original, into, whole);
        for (const [path, text] of below(texts, root, whole)) {
          await mkdir(dirname(join(into, path)), { recursive: true });
          await writeFile(join(into, path), text);
        }
      }),
      [Symbol.asyncDispose]: remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** Paths relative to the folder; a text for a link goes to the file it names, so that the link stays one. */
function below(texts: Texts, root: string, { entries }: Survey): Texts {
  const links = new Map(entries.flatMap((entry) => (entry.kind === 'link' && entry.target !== undefined ? [[entry.path, entry.target] as const] : [])));
  const prefix = root === '' || root === '.' ? '' : `${root}/`;
  return new Map([...texts].map(([path, text]) => [throughLinks(prefix + path, links), text]));
}

export function throughLinks(path: string, links: ReadonlyMap<string, string>): string {
  let parts = path.split('/');
  for (let hops = 0, depth = 1; depth <= parts.length; depth += 1) {
    const target = links.get(parts.slice(0, depth).join('/'));
    if (target === undefined) continue;
    hops += 1;
    if (hops > 40) return path;
    const resolved = join(...parts.slice(0, depth - 1), target).replaceAll('\\', '/').replace(/\/$/, '');
    parts = [...(resolved === '.' ? [] : resolved.split('/')), ...parts.slice(depth)];
    depth = 0;
  }
  return parts.join('/');
}

/** Copies what the survey lists; returns the big files that could be cloned. */
async function copyTree(from: string, into: string, { entries, leftOut }: Survey, signal?: AbortSignal): Promise<readonly SurveyFile[]> {
  return onDisk(async () => {
    await mkdir(into, { recursive: true });
    for (const entry of entries) {
      signal?.throwIfAborted();
      await copyEntry(from, into, entry);
    }
    const cloned: SurveyFile[] = [];
    for (const { path, bytes } of leftOut) {
      if (bytes === 0 || entries.some((entry) => entry.path === path)) continue;
      const done = await copyFile(join(from, path), join(into, path), constants.COPYFILE_FICLONE_FORCE).then(() => true, () => false);
      if (done) cloned.push({ kind: 'file', path, mode: 0o644, bytes });
    }
    return cloned;
  });
}

async function copyEntry(from: string, into: string, entry: SurveyFile): Promise<void> {
  const to = join(into, entry.path);
  if (entry.kind === 'folder') {
    await mkdir(to, { recursive: true });
    // A folder we may not write into could not be filled.
    await chmod(to, entry.mode | 0o700);
  } else if (entry.kind === 'link') {
    await symlink(entry.target ?? '', to);
  } else if (entry.bytes >= BIG_FILE) {
    // Cloned or not at all.
    await copyFile(join(from, entry.path), to, constants.COPYFILE_FICLONE_FORCE).catch(() => undefined);
  } else {
    await copyFile(join(from, entry.path), to, constants.COPYFILE_FICLONE);
    await chmod(to, entry.mode | 0o600);
  }
}
