import { describe, expect, test } from 'vitest';

import { processStart } from '../../agent/process-start.ts';
import { thisMachine } from '../../agent/this-machine.ts';
import { ownerOf, runLabels, thisOwner } from '../../docker/labels.ts';
import { ofDeadRuns } from '../../docker/sweep.ts';

const here = { machine: 'host/boot-1/4026', startedAt: async (pid: number) => (pid === 100 ? '5000' : undefined) };
const thing = (id: string, owner: { pid: number; started?: string; machine?: string }) =>
  ({ id, labels: runLabels({ started: '5000', machine: here.machine, ...owner }, 'run-1') });

describe('labels', () => {
  test('name the process that owns them', async () => {
    const owner = await thisOwner();
    expect(ownerOf(runLabels(owner, 'r'))).toEqual(owner);
    expect(owner.machine).toBe(await thisMachine());
    expect(owner.started).toMatch(/^\d+$/);
  });

  test('of others name nobody', () => {
    expect(ownerOf(undefined)).toBeUndefined();
    expect(ownerOf({ 'com.docker.compose.project': 'x' })).toBeUndefined();
    expect(ownerOf({ 'boot-check': 'setup' })).toBeUndefined();
    expect(ownerOf({ 'boot-check': '1', 'boot-check.run': 'r', 'boot-check.pid': 'x' })).toBeUndefined();
  });

  test('a process that is not there has no start', async () => {
    expect(await processStart(process.pid)).toMatch(/^\d+$/);
    expect(await processStart(2 ** 22 + 1)).toBeUndefined();
  });
});

describe('what a sweep takes', () => {
  test.each([
    ['a process that lives', thing('x', { pid: 100 }), false],
    ['a process that ended', thing('x', { pid: 101 }), true],
    ['a pid that another process got meanwhile', thing('x', { pid: 100, started: '4000' }), true],
    ['an earlier boot of this machine', thing('x', { pid: 100, machine: 'host/boot-0/4026' }), true],
    ['another process namespace of this machine, where pids mean something else', thing('x', { pid: 101, machine: 'host/boot-1/4027' }), false],
    ['another machine', thing('x', { pid: 101, machine: 'other/boot-1/4026' }), false],
    ['something without our labels', { id: 'x', labels: { pid: '101' } }, false],
    ['something without labels', { id: 'x', labels: undefined }, false],
    ['an image build of ours', { id: 'x', labels: { 'boot-check': 'setup' } }, false],
  ])('%s', async (_name, item, taken) => {
    expect((await ofDeadRuns([item], here)).length).toBe(taken ? 1 : 0);
  });

  test('two runs at once: only the dead one', async () => {
    const swept = await ofDeadRuns([thing('alive', { pid: 100 }), thing('dead', { pid: 101 })], here);
    expect(swept.map(({ id }) => id)).toEqual(['dead']);
  });
});
