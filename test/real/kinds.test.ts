/** One case of each failure kind, booted in containers: broken it shows what was recorded, fixed it gets further. */
import { readdirSync } from 'node:fs';
import { beforeAll, describe, test } from 'vitest';
import type { Runtime } from '../../agent/runtime.ts';
import { dockerRuntime } from '../../docker/runtime.ts';
import { allRules } from '../../scenarios/load.ts';
import { checkCase } from '../tools/check-case.ts';
import { scenariosFolder } from '../tools/lay-case.ts';

/** The plain case where there is one; the first that is no near-miss elsewhere. */
function caseOf(kind: string): string {
  const names = readdirSync(`${scenariosFolder}/${kind}/cases`).filter((name) => !name.startsWith('near-miss'));
  const chosen = names.includes('plain') ? 'plain' : names[0];
  if (chosen === undefined) throw new Error(`${kind} has no case of its own`);
  return `${kind}/${chosen}`;
}

describe('one case of each kind on Python 3.14', () => {
  let runtime: Runtime;
  const { signal } = new AbortController();
  beforeAll(async () => { runtime = await dockerRuntime({ python: '3.14' }, signal); });

  // Each waits for its server most of the time: `maxConcurrency` of them run side by side.
  test.concurrent.for(allRules().map(({ kind }) => caseOf(kind)))('%s', async (name, { expect }) => {
    expect(await checkCase(runtime, name, signal)).toEqual([]);
  });
});
