import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { expect, onTestFinished, test } from 'vitest';

const watch = join(import.meta.dirname, '../../agent/watch');

interface Samples {
  readonly imports: Readonly<Record<string, number>>;
  readonly lines: Readonly<Record<string, number>>;
}

/** Runs a program as the agent does, and asks for its samples once it says that it is ready. */
async function sampled(files: Readonly<Record<string, string>>): Promise<{ readonly folder: string; readonly samples: Samples; readonly said: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'samples-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  const child = spawn('python3', [join(folder, 'program.py')], { cwd: folder, env: { PATH: process.env['PATH'], PYTHONPATH: watch, BOOT_CHECK_WATCH: '3', PYTHONDONTWRITEBYTECODE: '1' }, stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
  let said = '';
  child.stderr?.on('data', (data: Buffer) => { said += data.toString(); });
  const line = child.stdio[3] as Duplex;
  await new Promise((resolve) => { child.stdout?.once('data', resolve); });
  const answer = new Promise<string>((resolve) => {
    let text = '';
    line.on('data', (data: Buffer) => { text += data.toString(); if (text.includes('\n')) resolve(text); });
  });
  line.write('samples\n');
  const samples = JSON.parse((await answer).split('\n')[0] ?? '{}') as Samples;
  child.stdin?.end();
  await new Promise((resolve) => { child.once('exit', resolve); });
  return { folder, samples, said };
}

test('a module that takes long, a call that blocks and a task that waits are named with their seconds', async () => {
  const { folder, samples, said } = await sampled({
    'heavy.py': 'import time\ntime.sleep(0.4)\n',
    'program.py': `import asyncio, sys, time
import heavy


async def wait():
    await asyncio.sleep(1.2)


async def main():
    time.sleep(0.4)
    await wait()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.read)


asyncio.run(main())
`,
  });
  expect(said).toBe('');
  expect(samples.imports['heavy']).toBeGreaterThan(0.2);
  expect(samples.lines[`${folder}/heavy.py:2`]).toBeGreaterThan(0.2);
  expect(samples.lines[`${folder}/program.py:10`]).toBeGreaterThan(0.2);
  expect(samples.lines[`${folder}/program.py:6`]).toBeGreaterThan(0.4);
});
