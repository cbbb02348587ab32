/** Starts an installed Docker engine: through systemd where it runs, else by hand. */
import { spawn } from 'node:child_process';
import { access, mkdir, open, readFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { execa } from 'execa';

import { HarnessError } from '../agent/errors.ts';
import type { Engine } from './engine.ts';
import { findEngine } from './engine.ts';

/** A cold daemon sets up its storage and firewall rules first. */
const START_SECONDS = 60;
const LOG_FOLDER = '/var/log/boot-check';

/** The daemon's program file. `docker` on the PATH proves nothing: it may be a client without an engine. */
export async function findDockerd(path = process.env['PATH'] ?? ''): Promise<string | undefined> {
  for (const folder of [...path.split(delimiter), '/usr/sbin', '/usr/local/sbin', '/usr/bin', '/usr/local/bin'].filter(Boolean)) {
    const file = join(folder, 'dockerd');
    if (await access(file).then(() => true, () => false)) return file;
  }
  return undefined;
}

/** Starts the daemon and waits until it answers; it outlives this process. HarnessError 3 with its own words when it does not. */
export async function startDockerd(dockerd: string, signal: AbortSignal): Promise<Engine> {
  const bySystemd = await access('/run/systemd/system').then(() => true, () => false);
  if (bySystemd) {
    await execa('systemctl', ['start', 'docker'], { reject: false, cancelSignal: signal });
    return waitForEngine(() => undefined, 'journalctl -u docker', signal);
  }
  await mkdir(LOG_FOLDER, { recursive: true });
  const log = join(LOG_FOLDER, 'dockerd.log');
  await using file = await open(log, 'a');
  const from = (await file.stat()).size;
  // Its output goes to a file of its own, so that it never keeps the terminal or a pipe of ours open.
  const child = spawn(dockerd, [], { detached: true, stdio: ['ignore', file.fd, file.fd], cwd: '/' });
  const end: { text?: string } = {};
  child.once('error', (error) => { end.text = error.message; });
  child.once('exit', (code, by) => { end.text = `it ended with ${code ?? by}`; });
  child.unref();
  return waitForEngine(
    async () => (end.text === undefined ? undefined : `${end.text}: ${lastComplaint((await readFile(log, 'utf8')).slice(from))}`), log, signal,
  );
}

async function waitForEngine(ended: () => Promise<string | undefined> | undefined, log: string, signal: AbortSignal): Promise<Engine> {
  const until = performance.now() + START_SECONDS * 1000;
  let why = '';
  while (performance.now() < until) {
    const search = await findEngine();
    if (search.found) return search.engine;
    const end = await ended();
    why = end ?? search.why;
    if (end !== undefined) break;
    // The daemon tells nobody when it is ready without systemd; asking its socket is the only way to know.
    await delay(150, undefined, { signal });
  }
  throw new HarnessError({
    code: 'engine-start', what: 'The Docker engine is installed but did not start.', why: why === '' ? `No answer within ${START_SECONDS} s.` : why,
    hint: `Its log: ${log}. Without an engine, --runtime local works too.`, exitCode: 3,
  });
}

/** The daemon's last line says why it gave up, as `failed to start daemon: …`. */
function lastComplaint(log: string): string {
  const lines = log.trim().split('\n');
  return lines.findLast((line) => /failed|error|fatal/i.test(line)) ?? lines.at(-1) ?? '';
}
