/** The shards of one night as one, held against the history that the merging machine keeps. */
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { HarnessError } from '../../agent/errors.ts';
import { classify } from './classify.ts';
import type { History } from './history.ts';
import { nightSchema } from './result.ts';
import type { Night } from './result.ts';

/** @param paths folders of shards, or their nightly.json @throws HarnessError (usage) for what is no report of a night */
export async function readShards(paths: readonly string[]): Promise<readonly Night[]> {
  return Promise.all(paths.map(async (path) => {
    const file = (await stat(path).catch(() => null))?.isDirectory() ? join(path, 'nightly.json') : path;
    try {
      return nightSchema.parse(JSON.parse(await readFile(file, 'utf8')));
    } catch (error) {
      const beside = await readdir(path).catch(() => []);
      throw new HarnessError({
        code: 'usage', what: `${file} is no report of a night.`, why: error instanceof z.ZodError ? z.prettifyError(error).slice(0, 300) : error instanceof Error ? error.message : String(error),
        hint: beside.length > 0 ? 'Name the output folder of a shard: it holds nightly.json.' : 'Name the folders that the shards wrote with --out.', exitCode: 2,
      });
    }
  }));
}

/** @throws HarnessError (usage) when the shards are not of one night */
export function merge(shards: readonly Night[], history: History | null, now: Date): Night {
  const [first] = shards;
  if (!first) throw new Error('there is a shard');
  const odd = shards.find(({ version }) => version !== first.version);
  if (odd) {
    throw new HarnessError({ code: 'usage', what: 'These shards are not of one night.', why: `One was made by version ${first.version}, another by ${odd.version}.`, hint: 'Merge what one night made.', exitCode: 2 });
  }
  const results = shards.flatMap((shard) => shard.results);
  const runtime = [...new Set(shards.map((shard) => shard.runtime))].join(', ');
  const whole = { ...first, runtime, shard: '1/1', started: shards.map(({ started }) => started).toSorted()[0] ?? first.started, seconds: Math.max(...shards.map(({ seconds }) => seconds)), complete: shards.every(({ complete }) => complete), results };
  if (!history) return { ...whole, rows: shards.flatMap(({ rows }) => rows) };
  const night = history.begin(`merge ${whole.started}`, now);
  const rows = classify(results, history.before(night.id));
  for (const result of results) history.add(night.id, result);
  if (whole.complete) history.finish(night.id, now);
  return { ...whole, rows: [...rows] };
}
