/** Accounts for a harness that is root: untrusted code gets numbers that nobody else on the machine uses. */
import { lchown, readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { User } from '../agent/protocol.ts';

export interface Accounts {
  /** Builds and the app, which both need the copy; absent where they run as the harness's own user. */
  readonly untrusted?: User;
  readonly postgres?: User;
}

/** Nothing for a normal user: then everything runs as that user. @param open another account gets to all that the app needs */
export function accounts(open: boolean): Accounts {
  if (process.getuid?.() !== 0) return {};
  // Above what distributions hand out, below the ranges of systemd and of container id maps.
  const postgres = { uid: 60233, gid: 60233 };
  return open ? { untrusted: { uid: 60231, gid: 60231 }, postgres } : { postgres };
}

/** Gives a folder and all in it to an account. Symbolic links are not followed. */
export async function giveTo(user: User, folder: string): Promise<void> {
  await lchown(folder, user.uid, user.gid);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    await lchown(join(entry.parentPath, entry.name), user.uid, user.gid).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') throw error;
    });
  }
}

/** The same for several, links followed. */
export async function allReachable(paths: readonly string[]): Promise<boolean> {
  const real = await Promise.all(paths.map((path) => realpath(path).catch(() => path)));
  return (await Promise.all(real.map(reachable))).every(Boolean);
}

/** Whether an account without rights of its own gets to this path. */
export async function reachable(path: string): Promise<boolean> {
  for (let folder = dirname(path); ; folder = dirname(folder)) {
    if (((await stat(folder)).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}
