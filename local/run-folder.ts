/**
 * The folder of one local run. Its name holds the process id and the start time of the harness, so that a later run can tell whose folders are
 * left of the dead, and sweeps those and nothing else.
 */
import { execa } from 'execa';
import { readFile, mkdtemp, readdir, chmod } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { removeTree } from '../agent/remove-tree.ts';

const PREFIX = 'boot-check-local-';
const NAME = /^boot-check-local-(?<pid>\d+)-(?<started>\w+)-\w+$/;

/** Others may walk through (the app runs under another account) but not list. */
export async function makeRunFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-${await startTime(process.pid) ?? '0'}-`));
  await chmod(folder, 0o711);
  return folder;
}

/** Removes folders whose harness is gone. Returns how many. */
export async function sweepRunFolders(): Promise<number> {
  let swept = 0;
  for (const entry of await readdir(tmpdir()).catch(() => [])) {
    const groups = NAME.exec(entry)?.groups;
    if (groups === undefined || await startTime(Number(groups['pid'])) === groups['started']) continue;
    await removeTree(join(tmpdir(), entry)).then(() => { swept += 1; }, () => {});
  }
  return swept;
}

/** A process id can be used again; together with its start time it cannot. undefined when there is no such process. */
async function startTime(pid: number): Promise<string | undefined> {
  if (process.platform === 'linux') {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    // Fields count from the end of the name in brackets, which may hold blanks. A zombie (Z) is dead.
    const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
    return fields?.[0] === 'Z' ? undefined : fields?.[19];
  }
  const asked = await execa('ps', ['-o', 'lstart=', '-p', String(pid)], { reject: false, env: { LC_ALL: 'C' } });
  return asked.exitCode === 0 ? asked.stdout.replaceAll(/\W/g, '') : undefined;
}
