/** Runs the command line as a user would, in a folder of its own, and reads what it left. */
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import type { AuditReport } from '../../harness/report/schema.ts';

export const repository = join(import.meta.dirname, '..', '..');

/** The container runtime and the embedded one: whatever is claimed of a run is claimed of both. */
export const runtimes = ['docker', 'local'] as const;

export interface Desk extends AsyncDisposable {
  /** An empty folder to work in; output goes to `OUT` below it. */
  readonly folder: string;
  readonly out: string;
}

export async function openDesk(): Promise<Desk> {
  const folder = await mkdtemp(join(tmpdir(), 'boot-check-desk-'));
  return { folder, out: join(folder, 'out'), [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly report: AuditReport;
}

/** Starts `boot-check …` and returns the running process, for tests that interrupt it. */
export function start(desk: Desk, args: readonly string[], env: Record<string, string> = {}) {
  return execa(process.execPath, [join(repository, 'harness', 'main.ts'), ...args, '--out', desk.out], {
    cwd: desk.folder, reject: false, stdin: 'ignore', env: { INIT_CWD: undefined, ...env },
  });
}

/** Runs to the end with `--json`; `report` is what stdout held. */
export async function bootCheck(desk: Desk, args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  const { exitCode, stdout, stderr } = await start(desk, [...args, '--json'], env);
  const text = String(stdout);
  let report: AuditReport;
  try {
    report = JSON.parse(text) as AuditReport;
  } catch (cause) {
    throw new Error(`stdout is no JSON (exit ${exitCode}):\n${text.slice(0, 2000)}\n${String(stderr).slice(-4000)}`, { cause });
  }
  return { exitCode: exitCode ?? -1, stdout: text, stderr: String(stderr), report };
}

export async function readOut(desk: Desk, path: string): Promise<string> {
  return readFile(join(desk.out, path), 'utf8');
}

/** A copy of a folder that the test may change. */
export async function copyInto(desk: Desk, from: string, name = 'tree'): Promise<string> {
  const to = join(desk.folder, name);
  await cp(from, to, { recursive: true });
  return to;
}
