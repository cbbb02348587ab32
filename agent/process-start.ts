/** A process id can be used again; together with the moment its process started it cannot. */
import { readFile } from 'node:fs/promises';
import process from 'node:process';
import { execa } from 'execa';

/** When a process started, as digits that two processes with the same id do not share; undefined when there is none, empty when the system does not tell. */
export async function processStart(pid: number): Promise<string | undefined> {
  const told = process.platform === 'linux' ? await fromProc(pid) : await fromPs(pid);
  if (told === 'dead') return undefined;
  return told ?? (isThere(pid) ? '' : undefined);
}

/** Is the process that started then gone? What cannot be told apart counts as alive. @param started as `processStart` gave it; empty or `0` when it was not known */
export async function isGone(pid: number, started: string): Promise<boolean> {
  const now = await processStart(pid);
  if (now === undefined) return true;
  return started !== '' && started !== '0' && now !== '' && now !== started;
}

async function fromProc(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The second field, the program's name, may hold blanks and brackets; field 22 counts from behind it. A zombie (Z) is dead.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields?.[0] === 'Z' ? 'dead' : fields?.[19];
}

async function fromPs(pid: number): Promise<string | undefined> {
  const { stdout, failed } = await execa('ps', ['-o', 'lstart=', '-p', String(pid)], { reject: false, env: { LC_ALL: 'C' } });
  const began = failed ? Number.NaN : Date.parse(stdout.trim());
  return Number.isNaN(began) ? undefined : String(began / 1000);
}

function isThere(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // Somebody else's is there all the same.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
