/** `boot-check nightly` and `boot-check merge-reports`. */
import { rm } from 'node:fs/promises';
import { availableParallelism, freemem } from 'node:os';
import { join, resolve } from 'node:path';
import { jobBooter } from '../nightly/boot-job.ts';
import { isRegression } from '../nightly/classify.ts';
import { openHistory } from '../nightly/history.ts';
import { merge, readShards } from '../nightly/merge.ts';
import { runNight } from '../nightly/night.ts';
import { plan } from '../nightly/plan.ts';
import type { Shard } from '../nightly/plan.ts';
import { renderNightScreen } from '../nightly/render.ts';
import type { Night, NightResult } from '../nightly/result.ts';
import { isOk } from '../nightly/result.ts';
import { writeNight } from '../nightly/write.ts';
import { packageVersion } from '../package-version.ts';
import { duration } from '../reporters/layout.ts';
import { glyphsOf, lookOf, painter } from '../reporters/look.ts';
import { makeRunFolder } from '../workspace/temp.ts';
import { chooseFolder } from './folders.ts';
import type { CliIo } from './io.ts';
import { choice, seconds, wholeNumber } from './option-values.ts';
import { PYTHONS } from './parse-options.ts';
import { usageError } from './usage.ts';

export interface RawNightlyOptions {
  readonly only?: string;
  readonly runtime: string;
  readonly python?: string;
  readonly shard: string;
  readonly jobs?: string;
  readonly repeat: string;
  readonly tree?: readonly string[];
  readonly jobTimeout: string;
  readonly history?: string;
  readonly out: string;
  readonly json?: boolean;
}

/** A boot wants a server, a Postgres, and now and then a build. */
const BYTES_PER_JOB = 2 * 1024 ** 3;

/** @returns 0 without a regression, 1 with one, 130 when interrupted */
export async function nightly(raw: RawNightlyOptions, io: CliIo): Promise<number> {
  const shard = shardOf(raw.shard);
  const runtime = choice('--runtime', raw.runtime, ['auto', 'docker', 'local'] as const);
  const pythons = (raw.python ?? '').split(',').filter(Boolean).map((python) => choice('--python', python.trim(), PYTHONS));
  const trees = await Promise.all((raw.tree ?? []).map(async (tree) => (await chooseFolder(tree, io.cwd, [])).dir));
  const jobs = await plan({ only: pattern(raw.only ?? ''), pythons, trees, shard });
  if (jobs.length === 0) throw usageError('There is nothing to boot.', `No scenario fits --only ${raw.only ?? ''} in shard ${raw.shard}.`, '`--only` takes a part of the name, as in --only driver-module-missing.');
  const out = resolve(io.cwd, raw.out);
  using history = openHistory(raw.history === undefined ? join(out, 'history.sqlite') : resolve(io.cwd, raw.history));
  const temp = await makeRunFolder();
  const atOnce = raw.jobs === undefined ? Math.max(1, Math.min(availableParallelism(), Math.floor(freemem() / BYTES_PER_JOB))) : wholeNumber('--jobs', raw.jobs, 1, 64);
  try {
    io.stderr.write(`${jobs.length} to boot, ${atOnce} at once${shard.count > 1 ? `, shard ${raw.shard}` : ''}\n`);
    const night = await runNight({
      jobs, shard, runtime, atOnce, history, version: await packageVersion(), repeat: wholeNumber('--repeat', raw.repeat, 0, 10), now: () => new Date(), told: teller(io),
      boot: jobBooter({ runtime, out: join(out, 'runs'), temp, limit: seconds('--job-timeout', raw.jobTimeout, 10, 86_400) }),
    }, io.signal);
    return await end(night, out, raw.json === true, io);
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

export interface RawMergeOptions {
  readonly history?: string;
  readonly out: string;
  readonly json?: boolean;
}

/** @returns as `nightly` */
export async function mergeReports(paths: readonly string[], raw: RawMergeOptions, io: CliIo): Promise<number> {
  const shards = await readShards(paths.map((path) => resolve(io.cwd, path)));
  using history = raw.history === undefined ? null : openHistory(resolve(io.cwd, raw.history));
  return await end(merge(shards, history, new Date()), resolve(io.cwd, raw.out), raw.json === true, io);
}

async function end(night: Night, out: string, json: boolean, io: CliIo): Promise<number> {
  await writeNight(out, night, io.env['GITHUB_STEP_SUMMARY'] || undefined);
  if (json) io.stdout.write(`${JSON.stringify(night, null, 2)}\n`);
  else io.stdout.write(`${renderNightScreen(night, lookOf(io.stdout, io.env))}\nReports in ${out}/: nightly.html, nightly.md, junit.xml, nightly.sarif, nightly.json\n`);
  if (!night.complete) return 130;
  return night.rows.some(isRegression) ? 1 : 0;
}

function teller(io: CliIo): (result: NightResult, done: number, all: number) => void {
  const look = lookOf(io.stderr, io.env);
  const [paint, glyphs] = [painter(look), glyphsOf(look)];
  return (result, done, all) => {
    const mark = isOk(result) ? paint('green', glyphs.good) : paint('red', glyphs.bad);
    io.stderr.write(`${mark} ${String(done).padStart(String(all).length)}/${all}  ${result.name} on ${result.python}  ${result.verdict}, ${duration(result.seconds)}${result.why === '' ? '' : `  ${paint('dim', result.why)}`}\n`);
  };
}

function shardOf(typed: string): Shard {
  const { index, count } = /^(?<index>\d+)\/(?<count>\d+)$/.exec(typed)?.groups ?? {};
  const shard = { index: Number(index), count: Number(count) };
  if (shard.index >= 1 && shard.index <= shard.count) return shard;
  throw usageError(`--shard ${typed} is no share.`, 'It takes which one of how many, counted from 1.', 'For example --shard 1/4.');
}

function pattern(typed: string): RegExp {
  try {
    return new RegExp(typed);
  } catch {
    throw usageError(`--only ${typed} is no pattern.`, 'It takes a part of a name, or a regular expression.', 'For example --only driver-module-missing.');
  }
}
