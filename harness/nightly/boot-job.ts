/** One job for real: the scenario is laid into a temp folder and run as anybody's backend would be. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { layCase, sayingsOf } from '../../scenarios/lay.ts';
import { HarnessError } from '../../agent/errors.ts';
import { bootCheck } from '../api.ts';
import type { BootCheckOptions } from '../api.ts';
import type { AuditReport } from '../report/schema.ts';
import { isOk } from './result.ts';
import type { NightResult } from './result.ts';
import type { Job } from './plan.ts';

export type JobResult = Omit<NightResult, 'attempt'>;
export type BootJob = (job: Job, signal: AbortSignal) => Promise<JobResult>;

export interface BootJobFacts {
  readonly runtime: 'auto' | 'docker' | 'local';
  /** Where reports of what did not come out as wanted stay. */
  readonly out: string;
  /** Folder for laid scenarios. */
  readonly temp: string;
  /** Seconds that one job may take. */
  readonly limit: number;
}

/** Never throws for what happens to the job; throws when the signal fires. */
export function jobBooter({ runtime, out, temp, limit }: BootJobFacts): BootJob {
  return async (job, signal) => {
    const slug = `${job.name}-${job.python}`.replace(/[^\w.-]+/g, '-');
    const began = performance.now();
    const seconds = () => Math.round(performance.now() - began) / 1000;
    const time = AbortSignal.timeout(limit * 1000);
    const base = { name: job.name, python: job.python, wants: job.wants };
    try {
      const dir = job.tree ?? join(temp, slug);
      if (job.tree === null) await layCase(job.name, dir);
      const { report } = await bootCheck({ ...await optionsOf(job), dir, runtime, python: job.python as NonNullable<BootCheckOptions['python']>, out: join(out, slug), signal: AbortSignal.any([signal, time]) });
      signal.throwIfAborted();
      if (time.aborted) return { ...base, verdict: 'timeout', stage: report.stage_after, kinds: [], boots: report.boots, seconds: seconds(), why: `It took longer than ${limit} s.` };
      const result: JobResult = { ...base, ...outcomeOf(report, job), seconds: seconds() };
      if (isOk(result)) await rm(join(out, slug), { recursive: true, force: true });
      return result;
    } catch (error) {
      signal.throwIfAborted();
      const why = error instanceof HarnessError ? `${error.message} ${error.why}` : String(error);
      return { ...base, verdict: time.aborted ? 'timeout' : 'error', stage: 'image', kinds: [], boots: 0, seconds: seconds(), why: why.replace(/\s+/g, ' ').slice(0, 500) };
    } finally {
      if (job.tree === null) await rm(join(temp, slug), { recursive: true, force: true });
    }
  };
}

async function optionsOf({ name, tree }: Job): Promise<Partial<BootCheckOptions>> {
  if (tree !== null) return {};
  const { app, factory, health, port, command, env, database, policy, manifest, bootTimeout, settle } = (await sayingsOf(name)).run;
  const said = { app, factory, health, port, command: command?.join(' '), env, database, policy, manifest, bootTimeout, settle };
  return Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined));
}

function outcomeOf(report: AuditReport, job: Job): Pick<NightResult, 'verdict' | 'stage' | 'kinds' | 'boots' | 'why'> {
  const healed = report.issues.filter(({ applied }) => applied).map(({ kind }) => kind).toSorted();
  const left = report.unresolved.map(({ kind }) => kind).toSorted();
  const elsewhere = report.backend.python.startsWith(`${job.python}.`) ? '' : `Booted on Python ${report.backend.python}. `;
  return {
    verdict: report.verdict, stage: report.stage_after, kinds: [...new Set([...healed, ...left])], boots: report.boots,
    why: `${elsewhere}${job.wants === null || job.wants === report.verdict ? '' : `Wanted ${job.wants}. ${report.unresolved[0]?.problem_description ?? ''}`}`.trim(),
  };
}
