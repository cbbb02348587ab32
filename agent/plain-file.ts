/** Reading files of a tree that an app may have changed: the opening of a pipe would never end, and a link may lead anywhere. */
import { constants } from 'node:fs';
import { open } from 'node:fs/promises';

/** The bytes of a regular file; undefined for everything else that may lie there. Never follows a link in the last part of the path. */
export async function readPlain(path: string): Promise<Buffer | undefined> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW).catch(() => undefined);
  if (file === undefined) return undefined;
  try {
    return (await file.stat()).isFile() ? await file.readFile() : undefined;
  } finally {
    await file.close();
  }
}
