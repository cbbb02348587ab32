/**
 * Temp folders that can be swept: the name carries the process and the moment it started, because process ids come back.
 * A run's folder is removed by the run; after a `kill -9` by the next run, and only then.
 */
import { chmod, mkdtemp, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { removeTree } from '../../agent/remove-tree.ts';

const UNKNOWN = '0';
const NAME = /^boot-check-(?<pid>\d+)-(?<start>\d+)-\w+$/;

/** When a process started, as a number that two processes with the same id do not share; undefined when there is no such process. */
export async function processStart(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    // Field 22, counted behind the name in brackets, which may hold blanks itself. A zombie (Z) is dead.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields?.[0] === 'Z' ? undefined : fields?.[19];
  }
  const { stdout, failed } = await execa('ps', ['-o', 'lstart=', '-p', String(pid)], { reject: false, env: { LC_ALL: 'C' } });
  const began = failed ? Number.NaN : Date.parse(stdout.trim());
  return Number.isNaN(began) ? undefined : String(began / 1000);
}

/** Makes this run's folder below `parent`. Its owner alone can list it. */
export async function makeRunFolder(parent = tmpdir()): Promise<string> {
  const folder = await mkdtemp(join(parent, `boot-check-${process.pid}-${(await processStart(process.pid)) ?? UNKNOWN}-`));
  // As root the app runs under another user, who must be able to walk through to its own copy.
  if (process.getuid?.() === 0) await chmod(folder, 0o711);
  return folder;
}

async function isDead(pid: number, start: string): Promise<boolean> {
  const now = await processStart(pid);
  if (now !== undefined) return start !== UNKNOWN && now !== start;
  if (process.platform === 'linux') return true;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}

/** Removes the folders of runs that are dead, and nothing else. Returns what was removed. */
export async function sweepRunFolders(parent = tmpdir()): Promise<readonly string[]> {
  const swept: string[] = [];
  for (const entry of await readdir(parent, { withFileTypes: true })) {
    const { pid, start } = NAME.exec(entry.name)?.groups ?? {};
    if (!entry.isDirectory() || !pid || !start || !(await isDead(Number(pid), start))) continue;
    const folder = join(parent, entry.name);
    // Another user's folder stays: it is not ours to remove.
    const gone = await removeTree(folder).then(() => true, () => false);
    if (gone) swept.push(folder);
  }
  return swept;
}
