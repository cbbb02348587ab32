import { execa } from 'execa';
import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createFixture } from 'fs-fixture';
import { describe, expect, test } from 'vitest';
import { addressesOf, environmentOf } from '../judge/said.ts';
import { renderTable, resultOf } from '../tools/real-results.ts';
import type { RealResult } from '../tools/real-results.ts';
import { layTree } from '../tools/real-trees.ts';
import { healedRun } from './report-sample.ts';
import { buildReport } from '../../harness/report/report.ts';

const { signal } = new AbortController();

describe('npm run real', () => {
  test('lays one commit of a repository, bare or not, links and rights included', async () => {
    await using fixture = await createFixture({ 'owner+name/app/main.py': 'one\n', 'owner+name/run.sh': '#!/bin/sh\n' });
    const git = (...words: string[]) => execa('git', ['-C', fixture.getPath('owner+name'), '-c', 'user.name=t', '-c', 'user.email=t@example.com', ...words]);
    await execa('chmod', ['+x', fixture.getPath('owner+name/run.sh')]);
    await execa('ln', ['-s', 'app/main.py', fixture.getPath('owner+name/link')]);
    await git('init', '--quiet');
    await git('add', '.');
    await git('commit', '--quiet', '-m', 'one');
    const { stdout: commit } = await git('rev-parse', 'HEAD');
    await execa('sh', ['-c', `echo two > ${fixture.getPath('owner+name/app/main.py')}`]);
    await execa('git', ['clone', '--quiet', '--bare', fixture.getPath('owner+name'), fixture.getPath('bare/name')]);
    for (const trees of [fixture.path, fixture.getPath('bare')]) {
      await using tree = await layTree({ repo: 'owner/name', commit }, trees, signal);
      expect(await readFile(join(tree.folder, 'app/main.py'), 'utf8')).toBe('one\n');
      expect(await readlink(join(tree.folder, 'link'))).toBe('app/main.py');
      await execa(join(tree.folder, 'run.sh'));
      expect(tree.missing).toEqual([]);
    }
    await expect(layTree({ repo: 'owner/other', commit }, fixture.path, signal)).rejects.toThrow(/owner\/other is not below/);
  });

  test('a result says what a report says, and what stood in its place', async () => {
    const { result, facts } = await healedRun();
    const report = buildReport(result, facts);
    const healed = resultOf({ repo: 'o/n', commit: 'abcdef0123456789' }, 0, JSON.stringify(report), 24.4);
    expect(healed).toMatchObject({ root: '.', app: 'src.main:app', verdict: 'healed', before: report.stage_before, after: 'healthy', left: [], boots: report.boots, seconds: 24 });
    expect(healed.fixed.length).toBe(report.issues.filter((issue) => issue.applied).length);
    expect(resultOf({ repo: 'o/n', commit: 'a' }, 2, '{"error":{"code":"x","what":"No app.","why":"None."}}', 1)).toMatchObject({ verdict: 'error', error: 'No app. None.' });
    expect(resultOf({ repo: 'o/n', commit: 'a' }, 70, 'Traceback', 1)).toMatchObject({ verdict: 'error', error: 'no report' });
  });

  test('the table counts what it shows', () => {
    const one: RealResult = { repo: 'o/a', commit: 'abcdef0123', at: '', exitCode: 0, root: '.', app: 'm:app', health: '/', before: 'import', after: 'healthy', verdict: 'healed', fixed: ['x', 'y'], edits: 2, left: [], boots: 7, seconds: 30, judge: { agrees: true, saw: '' } };
    const table = renderTable([one, { ...one, repo: 'o/b', verdict: 'not_healthy', left: ['k: a | b\nc'], seconds: 90, judge: { agrees: false, saw: 'no answer' } }]);
    expect(table).toContain('2 backends: 0 healthy, 1 healed, 1 not healthy, 0 errors. Seconds: median 90, 95th percentile 90.');
    expect(table).toContain('| o/a `abcdef01` | `.` `m:app` / | import | healthy | healed | x, y | 7 | 30 | agrees |  |');
    expect(table).toContain('| disagrees: no answer | k: a \\| b c |');
  });
});

describe('the judge', () => {
  test('exports what the report shows, and the secrets of the tree from its own .env', async () => {
    await using fixture = await createFixture({ 'api/.env': 'SECRET_KEY=from-the-file\nPORT=1\n' });
    const said = { verdict: 'healed', backend: { root: 'api', health_path: '/', python: '3.14.8', command: '' }, environment: [
      { name: 'SECRET_KEY', value: null, source: 'tree' as const }, { name: 'PORT', value: '2', source: 'tree' as const }, { name: 'TOKEN', value: 'made', source: 'generated' as const }, { name: 'UNSET', value: null, source: 'tree' as const },
    ] };
    expect(await environmentOf(said, fixture.getPath('api'), fixture.path)).toEqual({ SECRET_KEY: 'from-the-file', PORT: '1', TOKEN: 'made' });
  });

  test('knows every address that the tree speaks of', async () => {
    await using fixture = await createFixture({ 'db.py': 'URL = f"postgresql+asyncpg://u:p@ep-1.example.com/x"\n', 'settings.toml': 'cache = "redis://:pw@cache:6380/0"\n' });
    const { postgres, redis } = await addressesOf(fixture.path, { DB_HOST: 'db', DB_PORT: '5433', REDIS_HOST: 'broker' });
    expect(postgres).toEqual(expect.arrayContaining([{ redis: false, host: 'ep-1.example.com', port: 5432 }, { redis: false, host: 'db', port: 5433 }, { redis: false, host: 'localhost', port: 5432 }]));
    expect(redis).toEqual(expect.arrayContaining([{ redis: true, host: 'cache', port: 6380 }, { redis: true, host: 'broker', port: 6379 }]));
  });
});
