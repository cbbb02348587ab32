/**
 * The folder of one local run. Its name holds the process id and the start time of the harness, so that a later run can tell whose folders are
 * left of the dead, and sweeps those and nothing else.
 */
import { mkdtemp, readdir, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { isGone, processStart } from '../agent/process-start.ts';
import { removeTree } from '../agent/remove-tree.ts';

const PREFIX = 'boot-check-local-';
const NAME = /^boot-check-local-(?<pid>\d+)-(?<started>\w+)-\w+$/;

/** Others may walk through (the app runs under another account) but not list. */
export async function makeRunFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-${await processStart(process.pid) || '0'}-`));
  await chmod(folder, 0o711);
  return folder;
}

/** Removes folders whose harness is gone. Returns how many. */
export async function sweepRunFolders(): Promise<number> {
  let swept = 0;
  for (const entry of await readdir(tmpdir()).catch(() => [])) {
    const groups = NAME.exec(entry)?.groups;
    if (groups === undefined || !await isGone(Number(groups['pid']), groups['started'] ?? '')) continue;
    await removeTree(join(tmpdir(), entry)).then(() => { swept += 1; }, () => {});
  }
  return swept;
}
