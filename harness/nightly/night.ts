/** A night: every job that an earlier run of it has not done, a few at once, each result kept at once; what is not as wanted is repeated. */
import { fewAtOnce } from './few-at-once.ts';
import { classify } from './classify.ts';
import type { BootJob } from './boot-job.ts';
import type { History } from './history.ts';
import { keyOf, planId } from './plan.ts';
import type { Job, Shard } from './plan.ts';
import { isOk, signature } from './result.ts';
import type { Night, NightResult } from './result.ts';
import { slowness } from './statistics.ts';

export interface NightFacts {
  readonly jobs: readonly Job[];
  readonly shard: Shard;
  readonly runtime: string;
  readonly version: string;
  /** Jobs at once. */
  readonly atOnce: number;
  /** How often a job is repeated that did not come out as wanted, or as usual. */
  readonly repeat: number;
  readonly history: History;
  readonly boot: BootJob;
  readonly now: () => Date;
  /** Told of each result as it comes, with how many are done. */
  readonly told: (result: NightResult, done: number, all: number) => void;
}

/** Never throws for what happens to a job; an interrupt ends it early, incomplete, and the next run of the plan goes on. */
export async function runNight(facts: NightFacts, signal: AbortSignal): Promise<Night> {
  const { jobs, shard, history, now } = facts;
  const began = performance.now();
  const night = history.begin(planId(jobs, [facts.runtime, facts.version, `${shard.index}/${shard.count}`]), now());
  const before = history.before(night.id);
  const results: NightResult[] = [...night.done];
  const done = Map.groupBy(night.done, keyOf);
  let count = 0;
  const keep = (result: NightResult): void => {
    history.add(night.id, result);
    results.push(result);
  };
  await fewAtOnce(jobs, facts.atOnce, async (job) => {
    const had = done.get(keyOf(job)) ?? [];
    const last = await attempts(job, had, before.get(keyOf(job)) ?? [], facts, keep, signal);
    count += 1;
    facts.told(last, count, jobs.length);
  }, signal).catch((error: unknown) => {
    if (!signal.aborted) throw error;
  });
  const complete = !signal.aborted;
  if (complete) history.finish(night.id, now());
  return {
    schema_version: '1.0', started: night.started, version: facts.version, runtime: facts.runtime, shard: `${shard.index}/${shard.count}`, complete,
    seconds: Math.round(performance.now() - began) / 1000, results, rows: [...classify(results, before)],
  };
}

async function attempts(
  job: Job, had: readonly NightResult[], before: readonly NightResult[], { boot, repeat }: NightFacts, keep: (result: NightResult) => void, signal: AbortSignal,
): Promise<NightResult> {
  const all = [...had];
  for (;;) {
    signal.throwIfAborted();
    const last = all.at(-1);
    if (last && !again(all, before, repeat)) return last;
    const result: NightResult = { ...await boot(job, signal), attempt: all.length + 1 };
    keep(result);
    all.push(result);
  }
}

/** One that is not as wanted is repeated until two attempts differ, which says enough, or the limit is reached; a slow one once. */
function again(all: readonly NightResult[], before: readonly NightResult[], repeat: number): boolean {
  const [first] = all;
  if (!first || all.length > repeat) return false;
  const outcomes = new Set(all.map((one) => `${isOk(one)} ${signature(one)}`));
  if (outcomes.size > 1) return false;
  const [previous] = before;
  const odd = !isOk(first) || (first.wants === null && previous !== undefined && signature(previous) !== signature(first));
  if (odd) return true;
  const samples = before.filter((one) => isOk(one) && signature(one) === signature(first)).map(({ seconds }) => seconds);
  return all.length === 1 && slowness(first.seconds, samples) !== null;
}
