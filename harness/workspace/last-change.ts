/** When the user's tree was last changed: the day that a fresh installation of it is known to have worked, if ever. */
import { execa } from 'execa';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';

/** ISO time of the last commit that touched the folder; without a git tree, of the newest of these files. Undefined when neither can be told. */
export async function lastChange(folder: string, files: Iterable<string>, signal: AbortSignal): Promise<string | undefined> {
  const asked = await execa('git', ['-C', folder, 'log', '-1', '--format=%cI', '--', '.'], { reject: false, timeout: 10_000, cancelSignal: signal, stdin: 'ignore' });
  signal.throwIfAborted();
  const committed = asked.exitCode === 0 ? Date.parse(asked.stdout.trim()) : Number.NaN;
  if (!Number.isNaN(committed)) return new Date(committed).toISOString();
  const times = await Promise.all([...files].map((file) => stat(join(folder, file)).then((found) => found.mtimeMs, () => 0)));
  const newest = Math.max(0, ...times);
  return newest === 0 ? undefined : new Date(newest).toISOString();
}
