/**
 * Temp folders that can be swept: the name carries the process and the moment it started, because process ids come back.
 * A run's folder is removed by the run; after a `kill -9` by the next run, and only then.
 */
import { chmod, mkdtemp, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isGone, processStart } from '../../agent/process-start.ts';
import { removeTree } from '../../agent/remove-tree.ts';

const UNKNOWN = '0';
const NAME = /^boot-check-(?<pid>\d+)-(?<start>\d+)-\w+$/;

/** Makes this run's folder below `parent`. Its owner alone can list it. */
export async function makeRunFolder(parent = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, `boot-check-${process.pid}-${(await processStart(process.pid)) || UNKNOWN}-`));
  // As root the app runs under another user, who must be able to walk through to its own copy.
  if (process.getuid?.() === 0) await chmod(folder, 0o711);
  return folder;
}

/** Removes the folders of runs that are dead, and nothing else. Returns what was removed. */
export async function sweepRunFolders(parent = tmpdir()): Promise<readonly string[]> {
  const swept: string[] = [];
  for (const entry of await readdir(parent, { withFileTypes: true })) {
    const { pid, start } = NAME.exec(entry.name)?.groups ?? {};
    if (!entry.isDirectory() || !pid || !start || !(await isGone(Number(pid), start))) continue;
    const folder = join(parent, entry.name);
    // Another user's folder stays: it is not ours to remove.
    const gone = await removeTree(folder).then(() => true, () => false);
    if (gone) swept.push(folder);
  }
  return swept;
}
