/** Apps that look healthy and are not, and apps that only look sick: what must never be called by the wrong name. */
import { describe, expect, test } from 'vitest';
import { layScenario } from '../tools/lay-case.ts';
import { bootCheck, openDesk, runtimes } from './command.ts';

describe.each(runtimes)('%s runtime', (runtime) => {
  test.each([
    ['health-lies', 'health', 'health-database-unreachable'],
    ['lifespan-auto-500', 'lifespan', null],
    ['dies-after-3s', 'settle', 'process-died-after-start'],
    ['hang-in-lifespan', 'lifespan', 'startup-hang-lifespan'],
  ] as const)('%s stops at %s and is not called healthy', async (overlay, stage, kind) => {
    await using desk = await openDesk();
    const { tree, args } = await layScenario(overlay, desk.folder);
    const { exitCode, report } = await bootCheck(desk, [tree, ...args, '--runtime', runtime]);
    expect(report.verdict).toBe('not_healthy');
    expect(exitCode).toBe(1);
    expect(report.stage_before).toBe(stage);
    expect(report.issues.filter(({ applied }) => applied)).toEqual([]);
    expect(report.unresolved.length).toBeGreaterThan(0);
    if (kind !== null) expect(report.unresolved[0]?.kind).toBe(kind);
  });

  test('a server that prints 2 GiB costs neither memory nor disk, and the fatal block in the middle is kept', async () => {
    await using desk = await openDesk();
    const { tree, args } = await layScenario('prints-2gb', desk.folder);
    const { report } = await bootCheck(desk, [tree, ...args, '--runtime', runtime]);
    expect(report.verdict).toBe('not_healthy');
    expect(report.unresolved[0]?.stage).toBe('lifespan');
    expect(JSON.stringify(report).length).toBeLessThan(1_000_000);
  });

  test('hostile code gets nowhere', async () => {
    await using desk = await openDesk();
    const { tree, args } = await layScenario('hostile', desk.folder);
    const { stderr } = await bootCheck(desk, [tree, ...args, '--runtime', runtime, '--verbose']);
    expect(stderr).not.toContain('SUCCEEDED');
    const { readOut } = await import('./command.ts');
    const log = await readOut(desk, 'boot-01.log');
    expect(log).toContain('hostile ');
    expect(log).not.toContain('SUCCEEDED');
  });
});
