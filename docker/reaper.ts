/**
 * Removes a run's containers and network when its harness is killed. Containers end by themselves then, because their agents miss their
 * harness; but one that was made and not yet started has no process that could miss anybody, and a request that was on its way makes one
 * after its harness is dead. So a shell waits beside each place, in a session of its own, on a pipe that only this process holds. A word
 * ends it; an end without a word makes it this program, which sweeps, and once more for each container that still appears.
 *
 * Neither kills anything that lives: both remove what `sweep` calls dead. When the shell is killed as well, the next run sweeps.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';

import type { Engine } from './engine.ts';
import { clientAt } from './engine.ts';
import { MARK } from './labels.ts';
import { sweep } from './sweep.ts';

/** How long the engine may take to finish a request of a harness that died. */
const STRAGGLER_SECONDS = 8;

/** Starts the watch. Closing it removes nothing: that is the place's own work. */
export function startReaper({ address }: Engine): Disposable {
  // `read` fails when the pipe ends before a line came.
  const child = spawn('sh', ['-c', 'read -r word || exec "$@"', 'boot-check-reaper', process.execPath, import.meta.filename, address], {
    stdio: ['pipe', 'ignore', 'ignore'], detached: true,
  });
  // Without a shell the next run sweeps.
  child.on('error', () => undefined);
  child.stdin.on('error', () => undefined);
  child.unref();
  // A pipe of a child process is a socket; waiting on it must not keep this process alive.
  (child.stdin as unknown as { unref(): void }).unref();
  return { [Symbol.dispose]: () => void child.stdin.end('done\n') };
}

async function reap(address: string): Promise<void> {
  const docker = clientAt(address);
  const over = AbortSignal.timeout(STRAGGLER_SECONDS * 1000);
  const filters = { label: [`${MARK}=1`], type: ['container', 'network'], event: ['create'] };
  const events = await docker.getEvents({ filters: JSON.stringify(filters), abortSignal: over }) as Readable;
  events.on('error', () => undefined).on('data', () => void sweep(docker).catch(() => undefined));
  await sweep(docker);
  await delay(STRAGGLER_SECONDS * 1000);
  await sweep(docker);
}

if (process.argv[1] === import.meta.filename) {
  await reap(process.argv[2] ?? '').catch(() => { process.exitCode = 1; });
  process.exit();
}
