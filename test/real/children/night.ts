/** A night of 40 jobs that boot nothing, for tests that kill it: `node night.ts HISTORY RECORD`. Each boot leaves a line in RECORD. */
import { appendFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { openHistory } from '../../../harness/nightly/history.ts';
import { runNight } from '../../../harness/nightly/night.ts';
import type { Job } from '../../../harness/nightly/plan.ts';

const [history = '', record = ''] = process.argv.slice(2);
const jobs = Array.from({ length: 40 }, (_, at): Job => ({ name: `kind-${at}/plain`, python: '3.14', wants: 'healed', tree: null }));
using nights = openHistory(history);
const night = await runNight({
  jobs, shard: { index: 1, count: 1 }, runtime: 'docker', version: '0.1.0', atOnce: 2, repeat: 0, history: nights, now: () => new Date(), told: () => undefined,
  boot: async (job) => {
    appendFileSync(record, `${job.name}\n`);
    // Forty of these take longer than ten kills leave: else a second night would begin within the test.
    await wait(200);
    return { name: job.name, python: job.python, wants: job.wants, verdict: 'healed', stage: 'healthy', kinds: [], boots: 1, seconds: 0.2, why: '' };
  },
}, new AbortController().signal);
process.stdout.write(JSON.stringify({ complete: night.complete, rows: night.rows.length, started: night.started }));
