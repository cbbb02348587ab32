/** What the system says about a disk, as one sentence of ours. */
import { HarnessError } from '../../agent/errors.ts';

/** Runs work that writes. @throws HarnessError exit 3 when the disk is full or read-only, exit 2 when the tree changed below us */
export async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw diskFault(error);
  }
}

/** The error itself when it is none of the disk. */
export function diskFault(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  const path = error instanceof Error && 'path' in error ? ` (${String(error.path)})` : '';
  switch (code) {
    case 'ENOSPC': case 'EDQUOT':
      return fault('no-disk', 3, 'There is no space left on the disk.', `A file could not be written${path}.`, 'Free some space, or point TMPDIR (or --out) at a larger disk.', error);
    case 'EROFS':
      return fault('read-only-disk', 3, 'The disk is read-only.', `A file could not be written${path}.`, 'Point TMPDIR (or --out) at a place that can be written.', error);
    case 'ENOENT':
      return fault('tree-changed', 2, 'The folder changed while it was being copied.', `A file went away${path}.`, 'Run again when nothing writes into it.', error);
    default:
      return error;
  }
}

function fault(code: string, exitCode: 2 | 3, what: string, why: string, hint: string, cause: unknown): HarnessError {
  return new HarnessError({ code, what, why, hint, exitCode, cause });
}
