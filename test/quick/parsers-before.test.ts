/** What ran before the server: its failure keeps a start from being called healthy, however well the server does. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { BeforeRun, BootOutput } from '../../parsers/boot-output.ts';
import { parse } from '../../parsers/parse.ts';

const read = (name: string): BootOutput => (JSON.parse(readFileSync(new URL(`../../parsers/corpus/${name}/boot.json`, import.meta.url), 'utf8')) as BootOutput);
const migration: BeforeRun = { command: ['alembic', 'upgrade', 'head'], from: 'Dockerfile:6', required: true, code: 1 };
const healthy = read('healthy-3.14');

test('a recorded healthy start stays healthy when what came before it ended well, or may fail', () => {
  expect(parse(healthy).stage).toBe('healthy');
  expect(parse({ ...healthy, before: [{ ...migration, code: 0 }] }).stage).toBe('healthy');
  expect(parse({ ...healthy, before: [{ ...migration, required: false }] }).stage).toBe('healthy');
});

test.each([
  [{ code: 1 }, 'ended with 1'],
  [{ signal: 'SIGKILL' }, 'was ended by SIGKILL'],
  [{ timedOut: true }, 'did not end in time'],
])('a required one that failed (%j) is a start that failed', (end, words) => {
  const { code: _, ...rest } = migration;
  const { stage, faults } = parse({ ...healthy, before: [{ ...rest, ...end }] });
  expect(stage).toBe('lifespan');
  expect(faults[0]?.summary).toBe(`alembic upgrade head (Dockerfile:6) ${words}, so the server would not have been started`);
});

test('where the server fails too, its own stage and fault come first', () => {
  const broken = read('lifespan-error-3.14');
  const alone = parse(broken);
  const both = parse({ ...broken, before: [migration] });
  expect(both.stage).toBe(alone.stage);
  expect(both.faults.slice(0, -1)).toEqual(alone.faults);
  expect(both.faults.at(-1)?.summary).toContain('alembic upgrade head');
});
