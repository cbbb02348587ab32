/** The limit of the environments cache: who is forgotten, who is not, and what happens when two processes want the opposite at once. */
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { environmentLimit, environmentUse, forgetEnvironments } from '../../agent/environment-cache.ts';
import { processStart } from '../../agent/process-start.ts';

const MIB = 1024 ** 2;
let top = '';
let envs = '';

beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), 'environment-cache-'));
  envs = join(top, 'envs');
});
afterEach(() => rm(top, { recursive: true, force: true }));

const keyOf = (name: string): string => name.repeat(20);

/** One MiB, last used so many days ago. */
async function lay(name: string, days: number): Promise<void> {
  const state = join(envs, keyOf(name), '.boot-check');
  await mkdir(state, { recursive: true });
  await writeFile(join(state, 'complete.json'), '{}');
  await writeFile(join(envs, keyOf(name), 'library'), Buffer.alloc(MIB, 1));
  const when = new Date(Date.now() - days * 86_400_000);
  for (const path of [join(state, 'complete.json'), join(envs, keyOf(name))]) await utimes(path, when, when);
}

const left = async (): Promise<readonly string[]> => (await readdir(envs)).map((name) => (/^(.)\1{19}$/.test(name) ? name.slice(0, 1) : name)).toSorted();
const limit = (count: number): number => count * MIB + MIB / 2;

test('the least recently used go until the rest fits, and what fits stays', async () => {
  await lay('a', 1);
  await lay('b', 9);
  await lay('c', 5);
  expect(await forgetEnvironments(envs, limit(3))).toEqual([]);
  expect(await forgetEnvironments(envs, limit(1))).toEqual([keyOf('b'), keyOf('c')]);
  expect(await left()).toEqual(['a']);
});

test('holding an environment makes it the last used, and keeps it however small the limit is', async () => {
  await lay('a', 9);
  await lay('b', 1);
  await using use = environmentUse(envs);
  await use.hold(keyOf('a'));
  expect(await forgetEnvironments(envs, 0)).toEqual([keyOf('b')]);
  await use[Symbol.asyncDispose]();
  await lay('b', 1);
  expect(await forgetEnvironments(envs, limit(1))).toEqual([keyOf('b')]);
  expect(await left()).toEqual(['a']);
});

test('what another living process holds stays; what a dead one held does not', async () => {
  await lay('a', 9);
  const other = spawn('sleep', ['60'], { stdio: 'ignore' });
  const { pid } = other;
  if (pid === undefined) throw new Error('sleep did not start');
  const started = await processStart(pid) ?? '';
  await using mine = environmentUse(envs);
  await mine.hold(keyOf('b'));
  const [own = ''] = (await readdir(join(top, 'envs-in-use'))).filter((name) => name.startsWith(`${keyOf('b')}~`));
  const machine = own.split('~')[3] ?? '';
  const claim = join(top, 'envs-in-use', `${keyOf('a')}~${pid}~${started}~${machine}~1`);
  await writeFile(claim, '');
  expect(await forgetEnvironments(envs, 0)).toEqual([]);
  const ended = new Promise((resolve) => { other.once('exit', resolve); });
  other.kill('SIGKILL');
  await ended;
  expect(await forgetEnvironments(envs, 0)).toEqual([keyOf('a')]);
  await expect(stat(claim)).rejects.toThrow();
});

test('who wants one that is going waits for the end of it, and finds it whole or not at all', async () => {
  for (let round = 0; round < 20; round += 1) {
    await lay('a', 9);
    await using use = environmentUse(envs);
    const [forgotten] = await Promise.all([forgetEnvironments(envs, 0), use.hold(keyOf('a'))]);
    const there = await stat(join(envs, keyOf('a'), 'library')).then(() => true, () => false);
    expect(there).toBe(forgotten.length === 0);
    const marked = await stat(join(envs, keyOf('a'), '.boot-check/complete.json')).then(() => true, () => false);
    expect(marked).toBe(there);
  }
});

test('a removal that was cut short is finished by the next run', async () => {
  await lay('a', 1);
  await mkdir(join(envs, `${keyOf('b')}.gone~999999999~1~x`), { recursive: true });
  await using use = environmentUse(envs);
  await use.hold(keyOf('a'));
  const machine = (await readdir(join(top, 'envs-in-use'))).flatMap((name) => name.split('~')[3] ?? [])[0] ?? '';
  await mkdir(join(envs, `${keyOf('c')}.gone~999999999~1~${machine}`), { recursive: true });
  await forgetEnvironments(envs, limit(5));
  // The folder of another machine may still be worked on.
  expect(await left()).toEqual(['a', `${keyOf('b')}.gone~999999999~1~x`]);
});

test('the limit is ten GiB, or what the variable says', () => {
  expect(environmentLimit({})).toBe(10 * 1024 ** 3);
  expect(environmentLimit({ BOOT_CHECK_CACHE_GB: '0.5' })).toBe(512 * MIB);
  expect(() => environmentLimit({ BOOT_CHECK_CACHE_GB: 'much' })).toThrow('BOOT_CHECK_CACHE_GB is "much".');
});
