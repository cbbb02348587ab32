/** What an instrumented attempt costs, cold and forked, over a bare `uvicorn` start of the same app in the same place. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pickRuntime } from '../harness/pick-runtime.ts';
import { attemptRequest, databasePlan } from '../harness/boot-request.ts';
import type { BootRequest, Place } from '../agent/runtime.ts';
import type { BootOutput } from '../parsers/boot-output.ts';
import { findBackend } from '../source/find-root.ts';
import { readSource } from '../source/read.ts';
import type { Source } from '../source/types.ts';
import { lay } from './lay.ts';

/** Short enough not to matter for the app, long enough to be a window. Taken off the attempt's time. */
const SETTLE = 0.2;

export interface Attempts {
  readonly rounds: number;
  /** Medians, seconds: `uvicorn` alone until it answers; an attempt, cold and forked; a forked attempt that fails while it imports. */
  readonly bare: number;
  readonly cold: number;
  readonly forked: number;
  readonly failing: number;
}

/** The kinds of starts take turns, so that a slow moment of the machine hits all of them. @param layers of a healthy backend, see `lay` */
export async function measureAttempts(runtimeName: 'docker' | 'local', layers: readonly string[], rounds: number, signal: AbortSignal): Promise<Attempts> {
  const folder = await mkdtemp(join(tmpdir(), 'boot-check-bench-tree-'));
  try {
    await lay(layers, folder);
    const { root, options } = await findBackend(folder, {});
    const tree = join(folder, root);
    const source = await readSource(tree, options);
    await cp(join(import.meta.dirname, 'bare.py'), join(tree, source.run.cwd, 'bare.py'));
    const runtime = await pickRuntime({ runtime: runtimeName, python: '3.14' }, { step: () => undefined, note: () => undefined }, signal);
    await using place = await runtime.open({ tree, database: databasePlan(source, undefined), runId: 'bench' }, signal);
    return await takeTurns({ place, tree, source, signal }, rounds);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Bench {
  readonly place: Place;
  readonly tree: string;
  readonly source: Source;
  readonly signal: AbortSignal;
}

async function takeTurns(bench: Bench, rounds: number): Promise<Attempts> {
  const request = attemptRequest(bench.source, { bootTimeout: 60 }, SETTLE);
  const forked = { ...request, fork: 'now' } as const;
  const cold = { ...request, fork: 'later' } as const;
  const times = { bare: [] as number[], cold: [] as number[], forked: [] as number[], failing: [] as number[] };
  // The first teaches what to import, the second finds it imported.
  for (let round = 0; round < 2; round += 1) await attempt(bench, forked);
  for (let round = 0; round < rounds; round += 1) {
    times.cold.push(await attempt(bench, cold));
    times.forked.push(await attempt(bench, forked, 'fork'));
    times.failing.push(await failing(bench, forked));
    times.bare.push(await bareStart(bench, request));
  }
  return { rounds, bare: median(times.bare), cold: median(times.cold), forked: median(times.forked), failing: median(times.failing) };
}

/** Wall clock of the whole call: everything the agent does around the start counts. */
async function attempt(bench: Bench, request: BootRequest, how?: 'fork'): Promise<number> {
  const { output, seconds } = await timed(bench, request);
  if (output.stage !== 'healthy') throw new Error(`The healthy backend stopped at ${output.stage}:\n${printed(output)}`);
  assertForked(output, how);
  return seconds - SETTLE;
}

/** The same tree with a name that nobody defines at the end of the app's own module. */
async function failing(bench: Bench, request: BootRequest): Promise<number> {
  const [file, text] = await moduleOf(bench);
  await writeFile(file, `${text}\nnobody_defines_this\n`);
  try {
    const { output, seconds } = await timed(bench, request);
    if (output.stage !== 'import') throw new Error(`The broken backend stopped at ${output.stage}:\n${printed(output)}`);
    assertForked(output, 'fork');
    return seconds;
  } finally {
    await writeFile(file, text);
  }
}

async function moduleOf({ tree, source }: Bench): Promise<readonly [string, string]> {
  const file = join(tree, source.run.cwd, `${source.run.app.split(':', 1)[0]?.replaceAll('.', '/')}.py`);
  return [file, await readFile(file, 'utf8')];
}

async function timed({ place, signal }: Bench, request: BootRequest): Promise<{ readonly output: BootOutput; readonly seconds: number }> {
  const began = performance.now();
  const output = await place.boot(request, () => undefined, signal);
  return { output, seconds: (performance.now() - began) / 1000 };
}

function assertForked(output: BootOutput, how: 'fork' | undefined): void {
  if (how !== undefined && output.start?.how !== how) throw new Error(`An attempt that should be forked was started cold: ${output.start?.why}`);
}

/** A program in the place starts uvicorn, asks for the health path until it answers, and prints how long that took. */
async function bareStart({ place, source, signal }: Bench, request: BootRequest): Promise<number> {
  const words = [request.healthPaths[0] ?? '/', source.run.app, ...(source.run.factory ? ['--factory'] : [])];
  const output = await place.boot({ ...request, command: ['python', 'bare.py', ...words], instrument: false }, () => undefined, signal);
  const line = output.lines.find(({ text }) => text.startsWith('bare '));
  if (line === undefined) throw new Error(`The bare start did not get healthy:\n${printed(output)}`);
  return Number(line.text.slice('bare '.length));
}

function printed(output: BootOutput): string {
  return output.lines.map(({ text }) => text).join('\n');
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
