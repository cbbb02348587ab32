/** What one job of a night came to, and what the nights before make of it. */
import { z } from 'zod';

export const resultSchema = z.object({
  name: z.string(),
  python: z.string(),
  /** 1 for the first boot of the night; more when it was repeated. */
  attempt: z.int().min(1),
  wants: z.enum(['healthy', 'healed', 'not_healthy']).nullable(),
  /** `error`: no verdict, the machine or boot-check broke; `timeout`: it took longer than a job may. */
  verdict: z.enum(['healthy', 'healed', 'not_healthy', 'not_booted', 'error', 'timeout']),
  stage: z.string(),
  /** Kinds that were healed, then kinds that still block, sorted: what it was found to suffer from. */
  kinds: z.array(z.string()),
  boots: z.int().min(0),
  seconds: z.number().min(0),
  /** One line: why it is not as wanted. */
  why: z.string(),
});
export type NightResult = z.infer<typeof resultSchema>;

export const changeSchema = z.enum(['new', 'new-failing', 'ok', 'fixed', 'still-failing', 'regressed', 'flaky', 'changed']);
export type Change = z.infer<typeof changeSchema>;

export const rowSchema = z.object({
  ...resultSchema.shape,
  change: changeSchema,
  /** Against the usual seconds of the nights before; null where too little is known or nothing is unusual. */
  slower: z.object({ usual: z.number(), limit: z.number() }).nullable(),
  /** What each attempt of this night came to. */
  attempts: z.array(z.string()),
});
export type Row = z.infer<typeof rowSchema>;

export const nightSchema = z.object({
  schema_version: z.literal('1.0'),
  started: z.string(),
  version: z.string(),
  runtime: z.string(),
  shard: z.string().describe('`1/4`, or `1/1` for all.'),
  complete: z.boolean().describe('False: it was interrupted, and the next run goes on.'),
  seconds: z.number(),
  results: z.array(resultSchema).describe('Every attempt.'),
  rows: z.array(rowSchema).describe('One for each scenario and Python.'),
});
export type Night = z.infer<typeof nightSchema>;

/** As wanted; for a real tree any verdict is. */
export function isOk({ wants, verdict }: Pick<NightResult, 'wants' | 'verdict'>): boolean {
  return verdict !== 'error' && verdict !== 'timeout' && (wants === null || wants === verdict);
}

/** What counts as the same outcome. */
export function signature({ verdict, stage, kinds }: Pick<NightResult, 'verdict' | 'stage' | 'kinds'>): string {
  return [verdict, stage, ...kinds].join(' ');
}
