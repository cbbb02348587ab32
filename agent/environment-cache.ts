/**
 * Environments outlive their runs, and would fill the disk in time: beyond a limit the least recently used ones are forgotten, and never one that a
 * run works with.
 *
 * Who uses an environment leaves a file in `envs-in-use` beside the environments, whose name says which one and whose process. Who wants to forget
 * one announces it there first and looks for users then; a user announces itself first and looks for that then. So at least one of the two sees the
 * other: the forgetting one lets go, and the user waits for a rename at most. What is left of the dead counts for nothing.
 */
import { createHash } from 'node:crypto';
import { mkdir, readFile, readdir, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { execa } from 'execa';

import { HarnessError } from './errors.ts';
import { isGone, processStart } from './process-start.ts';
import { removeTree } from './remove-tree.ts';
import { thisMachine } from './this-machine.ts';

const GIB = 1024 ** 3;
const DEFAULT_LIMIT = 10;
const KEY = /^[0-9a-f]{20}$/;
/** `KEY~pid~started~machine~number`, and `KEY~pid~started~machine~going` while it is being forgotten. */
const CLAIM = /^(?<key>[0-9a-f]{20})~(?<pid>\d+)~(?<started>\d*)~(?<machine>\w+)~(?<what>\d+|going)$/;
/** `KEY.gone~pid~started~machine` */
const GONE = /^[0-9a-f]{20}\.gone~(?<pid>\d+)~(?<started>\d*)~(?<machine>\w+)$/;
/** What a process of another machine left is nobody's after so long. Milliseconds. */
const STRANGER = 24 * 3600_000;
/** Milliseconds between two looks at one that is being renamed. */
const PAUSE = 5;

/** Environments that one place uses; disposing it lets go of all. */
export interface EnvironmentUse extends AsyncDisposable {
  /** From now on it is not forgotten; call before looking whether it is there. @param key name of its folder */
  hold(key: string): Promise<void>;
}

let uses = 0;

/** @param folder of all environments */
export function environmentUse(folder: string): EnvironmentUse {
  const files = new Map<string, string>();
  const number = ++uses;
  return {
    async hold(key) {
      if (files.has(key)) return;
      const claims = claimsBeside(folder);
      const file = join(claims, `${key}~${await thisProcess()}~${number}`);
      files.set(key, file);
      await mkdir(claims, { recursive: true });
      await writeFile(file, '');
      // Its time is that of the last use.
      await writeFile(join(claims, key), '');
      while (await isGoing(claims, key)) await setTimeout(PAUSE);
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([...files.values()].map((file) => rm(file, { force: true }).catch(() => undefined)));
      files.clear();
    },
  };
}

/** Bytes, from BOOT_CHECK_CACHE_GB. @throws HarnessError `usage` */
export function environmentLimit(env: NodeJS.ProcessEnv = process.env): number {
  const text = env['BOOT_CHECK_CACHE_GB'];
  const limit = text === undefined || text === '' ? DEFAULT_LIMIT : Number(text);
  if (Number.isFinite(limit) && limit >= 0) return limit * GIB;
  throw new HarnessError({
    code: 'usage', what: `BOOT_CHECK_CACHE_GB is "${text}".`, why: 'It is the size in GiB up to which environments are kept, so it must be a number.',
    hint: 'For example BOOT_CHECK_CACHE_GB=20.', exitCode: 2,
  });
}

/** Forgets the least recently used environments until the rest is within the limit. Returns the names of those that went. */
export async function forgetEnvironments(folder: string, limit: number): Promise<readonly string[]> {
  const names = await readdir(folder).catch((): string[] => []);
  const claims = claimsBeside(folder);
  await Promise.all(names.map(async (name) => {
    const left = GONE.exec(name)?.groups;
    if (left !== undefined && await isLeft(left, join(folder, name))) await removeTree(join(folder, name)).catch(() => undefined);
  }));
  // Claims of the dead go in passing.
  const claimed = (await readdir(claims).catch((): string[] => [])).map((name) => CLAIM.exec(name)?.groups?.['key'] ?? '');
  for (const key of new Set(claimed)) if (key !== '') await claimsOn(claims, key);
  const kept = names.filter((name) => KEY.test(name));
  const sizes = await sizesOf(folder, claims, kept);
  const used = new Map(await Promise.all(kept.map(async (key) => [key, await lastUse(folder, claims, key)] as const)));
  let total = kept.reduce((sum, key) => sum + (sizes.get(key) ?? 0), 0);
  const forgotten: string[] = [];
  for (const key of kept.toSorted((a, b) => (used.get(a) ?? 0) - (used.get(b) ?? 0))) {
    if (total <= limit) break;
    if (!await forget(folder, claims, key)) continue;
    total -= sizes.get(key) ?? 0;
    forgotten.push(key);
  }
  return forgotten;
}

async function forget(folder: string, claims: string, key: string): Promise<boolean> {
  const me = await thisProcess();
  const going = join(claims, `${key}~${me}~going`);
  const gone = join(folder, `${key}.gone~${me}`);
  try {
    await mkdir(claims, { recursive: true });
    await writeFile(going, '');
    const others = await claimsOn(claims, key);
    if (others.some((name) => name !== `${key}~${me}~going`)) return false;
    await rename(join(folder, key), gone);
  } catch {
    return false;
  } finally {
    await rm(going, { force: true }).catch(() => undefined);
  }
  // The mark of completeness goes first: half an environment must never count as a whole one.
  const mine = await unlink(join(gone, '.boot-check/complete.json')).then(() => true, (error: NodeJS.ErrnoException) => error.code === 'ENOENT' || error.code === 'ENOTDIR');
  if (!mine) {
    await rename(gone, join(folder, key)).catch(() => undefined);
    return false;
  }
  await removeTree(gone).catch(() => undefined);
  await rm(join(claims, key), { force: true }).catch(() => undefined);
  return true;
}

/** Claims of the living on one environment, and of those that cannot be told; the others are removed. */
async function claimsOn(claims: string, key: string): Promise<readonly string[]> {
  const names = (await readdir(claims).catch((): string[] => [])).filter((name) => name.startsWith(`${key}~`));
  const living = await Promise.all(names.map(async (name) => {
    const claim = CLAIM.exec(name)?.groups;
    if (claim === undefined || !await isLeft(claim, join(claims, name))) return [name];
    await rm(join(claims, name), { force: true }).catch(() => undefined);
    return [];
  }));
  return living.flat();
}

async function isGoing(claims: string, key: string): Promise<boolean> {
  return (await claimsOn(claims, key)).some((name) => name.endsWith('~going'));
}

/** Is the process that a name speaks of dead? */
async function isLeft({ pid = '', started = '', machine }: Readonly<Record<string, string>>, path: string): Promise<boolean> {
  if (machine === await machineName()) return isGone(Number(pid), started);
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
  return Date.now() - mtimeMs > STRANGER;
}

async function lastUse(folder: string, claims: string, key: string): Promise<number> {
  const times = await Promise.all([join(claims, key), join(folder, key, '.boot-check/complete.json'), join(folder, key)].map((path) =>
    stat(path).then(({ mtimeMs }) => mtimeMs, () => 0)));
  return Math.max(...times);
}

/** Bytes of each; a complete environment does not change, so it is measured once. */
async function sizesOf(folder: string, claims: string, keys: readonly string[]): Promise<ReadonlyMap<string, number>> {
  const file = join(claims, 'sizes.json');
  const known = new Map(Object.entries(await readFile(file, 'utf8').then((text) => JSON.parse(text) as Record<string, number>).catch(() => ({}))));
  const open = keys.filter((key) => !known.has(key));
  const measured = open.length === 0 ? new Map<string, number>() : await measure(open.map((key) => join(folder, key)));
  const sizes = new Map(keys.map((key) => [key, known.get(key) ?? measured.get(join(folder, key)) ?? 0]));
  const complete = (await Promise.all(keys.map(async (key) => (await stat(join(folder, key, '.boot-check/complete.json')).then(() => true, () => false) ? [key] : [])))).flat();
  if (open.length > 0) {
    await mkdir(claims, { recursive: true });
    await writeFile(`${file}.${process.pid}`, JSON.stringify(Object.fromEntries(complete.map((key) => [key, sizes.get(key) ?? 0])))).then(() => rename(`${file}.${process.pid}`, file)).catch(() => undefined);
  }
  return sizes;
}

async function measure(folders: readonly string[]): Promise<Map<string, number>> {
  const { stdout } = await execa('du', ['-sk', ...folders], { reject: false });
  // 132480<tab>/root/.cache/boot-check/envs/0a…
  return new Map([...stdout.matchAll(/^(?<size>\d+)\t(?<path>.+)$/gm)].map(({ groups }) => [groups?.['path'] ?? '', Number(groups?.['size']) * 1024]));
}

function claimsBeside(folder: string): string {
  return join(dirname(folder), 'envs-in-use');
}

async function thisProcess(): Promise<string> {
  const started = await processStart(process.pid) ?? '';
  return `${process.pid}~${started.replace(/\D/g, '')}~${await machineName()}`;
}

async function machineName(): Promise<string> {
  return createHash('sha256').update(await thisMachine()).digest('hex').slice(0, 12);
}
