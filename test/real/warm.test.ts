/** A dozen scenarios booted forked and cold: whoever reads a fork must see what a cold start shows. `test/tools/both-ways.ts` does all of them. */
import { expect, test } from 'vitest';
import { dockerRuntime } from '../../docker/runtime.ts';
import { bothWays } from '../tools/twice.ts';
import type { Row } from '../tools/twice.ts';

/** Each stage, a hang, an exit in a package, a signal, and apps that stay up; all on the same packages, so that one place serves them. */
const SCENARIOS = [
  'auth-backend-healthy', 'circular-import/plain', 'cannot-import-name-first-party/plain', 'cannot-import-name-third-party/plain',
  'first-party-module-not-found/misspelt', 'nameerror-at-import/plain', 'syntax-error/plain', 'settings-field-required/plain',
  'sync-engine-awaited/plain', 'session-factory-not-async/plain', 'uvicorn-attribute-not-found/plain', 'request-fails/plain',
  'itsdangerous-missing/plain', 'startup-hang-lifespan/plain',
];

test('a fork shows what a cold start shows', async () => {
  const { signal } = new AbortController();
  const rows: Row[] = [];
  for await (const row of bothWays(await dockerRuntime({ python: '3.14' }, signal), SCENARIOS, signal)) rows.push(row);

  expect(rows.map(({ name }) => name).toSorted()).toEqual(SCENARIOS.toSorted());
  expect(rows.flatMap(({ name, differences }) => differences.map((difference) => `${name}: ${difference}`))).toEqual([]);
  const cold = rows.filter(({ forked }) => forked.start?.how !== 'fork');
  // A package that fails while it is imported is shown by a cold start; anything else that is not forked here is a loss.
  expect(cold.map(({ name, forked }) => `${name}: ${forked.start?.why?.replace(/^.*? fails/, '… fails')}`)).toEqual(['itsdangerous-missing/plain: … fails while it is imported']);
});
