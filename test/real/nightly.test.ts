/** A night that is killed, again and again: what is kept, and what goes on. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as wait } from 'node:timers/promises';
import { execa } from 'execa';
import { createFixture } from 'fs-fixture';
import { expect, test } from 'vitest';
import { openHistory } from '../../harness/nightly/history.ts';

test('killed at ten random moments, the history stays whole, each next run goes on, nothing is booted twice but what was under way', { timeout: 60_000 }, async () => {
  await using desk = await createFixture({});
  const [history, record] = [desk.getPath('history.sqlite'), desk.getPath('record')];
  const child = () => execa(process.execPath, [join(import.meta.dirname, 'children/night.ts'), history, record], { reject: false });
  for (let kill = 0; kill < 10; kill += 1) {
    const running = child();
    await wait(150 + Math.random() * 250);
    running.kill('SIGKILL');
    await running;
    const database = new DatabaseSync(history);
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' });
    database.close();
  }
  const last = await child();
  expect(JSON.parse(last.stdout)).toMatchObject({ complete: true, rows: 40 });
  const booted = (await readFile(record, 'utf8')).trim().split('\n');
  expect(new Set(booted).size).toBe(40);
  // Two at once, ten kills: at most twenty were lost under way.
  expect(booted.length).toBeLessThanOrEqual(60);
  using nights = openHistory(history);
  expect(nights.before(-1).size).toBe(40);
});
