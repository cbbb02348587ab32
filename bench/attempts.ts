/** What an instrumented attempt costs over a bare `uvicorn` start of the same app in the same place. */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pickRuntime } from '../harness/pick-runtime.ts';
import { attemptRequest, databasePlan } from '../harness/boot-request.ts';
import type { Place } from '../agent/runtime.ts';
import type { BootRequest } from '../agent/runtime.ts';
import { readSource } from '../source/read.ts';

const scenarios = join(import.meta.dirname, '..', 'scenarios');
/** Short enough not to matter for the app, long enough to be a window. Taken off the attempt's time. */
const SETTLE = 0.2;

export interface Attempts {
  readonly rounds: number;
  /** Medians, seconds. */
  readonly attempt: number;
  readonly bare: number;
}

/** Attempts and bare starts take turns, so that a slow moment of the machine hits both. */
export async function measureAttempts(runtimeName: 'docker' | 'local', rounds: number, signal: AbortSignal): Promise<Attempts> {
  const tree = await mkdtemp(join(tmpdir(), 'boot-check-bench-tree-'));
  try {
    await cp(join(scenarios, 'bases', 'auth-backend'), tree, { recursive: true });
    await cp(join(scenarios, 'overlays', 'auth-backend-healthy', 'overlay'), tree, { recursive: true });
    await cp(join(import.meta.dirname, 'bare.py'), join(tree, 'bare.py'));
    const runtime = await pickRuntime({ runtime: runtimeName, python: '3.14' }, { step: () => undefined, note: () => undefined }, signal);
    const source = await readSource(tree, {});
    await using place = await runtime.open({ tree, database: databasePlan(source, undefined), runId: 'bench' }, signal);
    const request = attemptRequest(source, { bootTimeout: 30 }, SETTLE);
    await attempt(place, request, signal);
    const times = { attempt: [] as number[], bare: [] as number[] };
    for (let round = 0; round < rounds; round += 1) {
      times.attempt.push(await attempt(place, request, signal));
      times.bare.push(await bareStart(place, request, signal));
    }
    return { rounds, attempt: median(times.attempt), bare: median(times.bare) };
  } finally {
    await rm(tree, { recursive: true, force: true });
  }
}

/** Wall clock of the whole call: everything the agent does around the start counts. */
async function attempt(place: Place, request: BootRequest, signal: AbortSignal): Promise<number> {
  const began = performance.now();
  const output = await place.boot(request, () => undefined, signal);
  if (output.stage !== 'healthy') throw new Error(`The healthy backend stopped at ${output.stage}:\n${output.lines.map(({ text }) => text).join('\n')}`);
  return (performance.now() - began) / 1000 - SETTLE;
}

/** A program in the place starts uvicorn, asks for /health until it answers, and prints how long that took. */
async function bareStart(place: Place, request: BootRequest, signal: AbortSignal): Promise<number> {
  const output = await place.boot({ ...request, command: ['python', 'bare.py'], instrument: false }, () => undefined, signal);
  const line = output.lines.find(({ text }) => text.startsWith('bare '));
  if (line === undefined) throw new Error(`The bare start did not get healthy:\n${output.lines.map(({ text }) => text).join('\n')}`);
  return Number(line.text.slice('bare '.length));
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
