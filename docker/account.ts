/** The account that the app and the installers run under inside containers, and its rights on the folders of this machine. */
import { chmod, lchown, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { User } from '../agent/protocol.ts';
import type { Engine } from './engine.ts';

/** In the image it is called `app`. */
const APP: User = { uid: 10002, gid: 10002 };
/** Services of the sandbox run apart from the agent and from the app. */
export const SERVICE: User = { uid: 10003, gid: 10003 };

/**
 * Never the agent's own account, so that the app cannot write to the agent's channel. A harness that is not root could not clean up after
 * account 10002, so there it is the harness's own; a rootless engine maps accounts, and only the image's own one is apart from the agent.
 */
export function appAccount(engine: Engine): User {
  const uid = process.getuid?.() ?? 0;
  return uid === 0 || engine.rootless ? APP : { uid, gid: process.getgid?.() ?? uid };
}

/** Lets the app's account write a folder and all in it. Symbolic links are not followed. */
export async function giveTo(user: User, folder: string): Promise<void> {
  const uid = process.getuid?.() ?? 0;
  if (uid === user.uid) return;
  const give = uid === 0
    ? (path: string) => lchown(path, user.uid, user.gid)
    : (path: string) => chmod(path, 0o777);
  await give(folder);
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (uid !== 0 && entry.isSymbolicLink()) continue;
    await give(join(entry.parentPath, entry.name)).catch((error: NodeJS.ErrnoException) => {
      // The app may delete its own files meanwhile.
      if (error.code !== 'ENOENT') throw error;
    });
  }
}
