/** What a night boots: every scenario, and real trees if given, each on the Pythons it names, divided among shards. */
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { HEALTHY, caseFolder, compoundFolder, listScenarios, sayingsOf } from '../../scenarios/lay.ts';

export type Verdict = 'healthy' | 'healed' | 'not_healthy';

export interface Job {
  /** Scenario name (`KIND/CASE`, a compound, a backend), or `tree:NAME`. */
  readonly name: string;
  readonly python: string;
  /** What it must come to; null for a real tree, where the nights before say what is usual. */
  readonly wants: Verdict | null;
  /** Folder of a real tree, absolute. */
  readonly tree: string | null;
}

export interface Shard {
  /** From 1. */
  readonly index: number;
  readonly count: number;
}

export interface PlanOptions {
  /** Part of the name, or a pattern. */
  readonly only: RegExp;
  /** In place of the Pythons that scenarios name; empty: as they say. */
  readonly pythons: readonly string[];
  readonly trees: readonly string[];
  readonly shard: Shard;
}

export async function plan({ only, pythons, trees, shard }: PlanOptions): Promise<readonly Job[]> {
  const { cases, compounds } = await listScenarios();
  const scenarios = [...HEALTHY, ...cases, ...compounds].filter((name) => only.test(name));
  const jobs = [
    ...(await Promise.all(scenarios.map((name) => jobsOf(name, pythons)))).flat(),
    ...trees.flatMap((tree) => (pythons.length > 0 ? pythons : ['3.14']).map((python): Job => ({ name: `tree:${basename(tree)}`, python, wants: null, tree }))),
  ];
  return jobs.toSorted((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).filter((_, index) => index % shard.count === shard.index - 1);
}

export function keyOf({ name, python }: Pick<Job, 'name' | 'python'>): string {
  return `${name} ${python}`;
}

/** Equal for equal plans: a night that was killed is taken up by one that would do the same. */
export function planId(jobs: readonly Job[], facts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify([facts, jobs.map((job) => [keyOf(job), job.wants])])).digest('hex').slice(0, 16);
}

async function jobsOf(name: string, pythons: readonly string[]): Promise<Job[]> {
  const wants = await wantedOf(name);
  const named = (await sayingsOf(name)).python;
  return (pythons.length > 0 ? named.filter((python) => pythons.includes(python)) : named).map((python) => ({ name, python, wants, tree: null }));
}

async function wantedOf(name: string): Promise<Verdict> {
  if ((HEALTHY as readonly string[]).includes(name)) return 'healthy';
  if (!name.includes('/')) return await isThere(join(compoundFolder(name), 'faults.json')) ? 'healed' : 'healthy';
  const expected = JSON.parse(await readFile(join(caseFolder(name), 'expected.json'), 'utf8').catch(() => '[]')) as readonly { readonly severity: string }[];
  const blocks = ['CRITICAL', 'HIGH'].includes(expected[0]?.severity ?? '');
  if (!blocks) return 'healthy';
  return (await readFile(join(caseFolder(name), 'fix.patch'), 'utf8').catch(() => '')) === '' ? 'not_healthy' : 'healed';
}

function isThere(file: string): Promise<boolean> {
  return readFile(file).then(() => true, () => false);
}
