import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { createFixture } from 'fs-fixture';
import { describe, expect, test } from 'vitest';
import { HarnessError } from '../../agent/errors.ts';
import { buildReport, changesOf } from '../../harness/report/report.ts';
import { renderBootLogs } from '../../harness/reporters/boot-logs.ts';
import { renderJson } from '../../harness/reporters/json.ts';
import { renderPatch } from '../../harness/reporters/patch.ts';
import type { FileChange } from '../../harness/reporters/patch.ts';
import { writeRunFiles } from '../../harness/reporters/write.ts';
import { BOOTS, PASSWORD, healedRun, replayed, textsBelow, BUNDLE } from './report-sample.ts';

/** Lays the files down, lets git apply the patch, and reads them again. */
async function gitApplied(changes: readonly FileChange[]): Promise<Record<string, string>> {
  const before = changes.filter((change) => change.before !== null).map(({ path, before }) => [path, before ?? '']);
  await using tree = await createFixture({ ...Object.fromEntries(before), 'fixes.patch': renderPatch(changes) });
  await execa('git', ['apply', '--whitespace=nowarn', 'fixes.patch'], { cwd: tree.path, env: { GIT_CEILING_DIRECTORIES: join(tree.path, '..') } });
  return Object.fromEntries(await Promise.all(changes.map(async ({ path }) => [path, await readFile(join(tree.path, path), 'utf8')])));
}

describe('fixes.patch', () => {
  test('applied by git gives the healed tree', async () => {
    const { result, facts } = await healedRun();
    const changes = changesOf(result, facts);
    const expected = Object.fromEntries(replayed(await textsBelow(BUNDLE), result.kept));
    expect(Object.keys(expected).toSorted()).toEqual(['.env', '.env.example', 'requirements.txt', 'src/core/database.py']);
    expect(await gitApplied(changes)).toEqual(expected);
  });

  test.each<[string, FileChange]>([
    ['CRLF', { path: 'a.py', before: 'one\r\ntwo\r\nthree\r\n', after: 'one\r\n2\r\nthree\r\n' }],
    ['no newline at the end, before', { path: 'a.py', before: 'one\ntwo', after: 'one\ntwo\nthree\n' }],
    ['no newline at the end, after', { path: 'a.py', before: 'one\n', after: 'one\ntwo' }],
    ['no newline at the end, both', { path: 'a.py', before: 'one\ntwo', after: 'one\n2' }],
    ['a new file', { path: 'src/__init__.py', before: null, after: 'x = 1\n' }],
    ['a new empty file', { path: 'src/__init__.py', before: null, after: '' }],
    ['a file that was empty', { path: 'a.py', before: '', after: 'x = 1\n' }],
    ['a name with spaces and other letters', { path: 'dossier é/a b.py', before: 'one\n', after: 'two\n' }],
  ])('%s', async (_, change) => {
    expect(await gitApplied([change])).toEqual({ [change.path]: change.after });
  });

  test('is empty when nothing changed', () => {
    expect(renderPatch([{ path: 'a.py', before: 'x', after: 'x' }])).toBe('');
  });
});

describe('boot logs', () => {
  test('one per boot, masked, with time and stream', () => {
    const boot = { ...BOOTS[0]!, output: { ...BOOTS[0]!.output, lines: [{ at: 0.5, stream: 'stderr' as const, text: `connecting to postgresql://u:${PASSWORD}@db/x` }], dropped: 12 } };
    const logs = renderBootLogs([boot, BOOTS[9]!], []);
    expect([...logs.keys()]).toEqual(['boot-01.log', 'boot-10.log']);
    expect(logs.get('boot-01.log')).toContain('   0.500 err | connecting to postgresql://u:***@db/x\n# 12 lines in between were not kept\n');
  });
});

describe('the output folder', () => {
  test('holds the files and forgets the logs of an earlier run', async () => {
    await using out = await createFixture({ 'boot-77.log': 'old', 'keep.txt': 'mine' });
    const { result, facts } = await healedRun();
    const report = buildReport(result, facts);
    await writeRunFiles(out.path, { report, boots: result.boots, changes: changesOf(result, facts), journal: [], original: facts.original, secrets: facts.secrets });
    expect((await out.readdir('.')).toSorted()).toEqual([
      'audit_report.json', ...BOOTS.map(({ number }) => `boot-${String(number).padStart(2, '0')}.log`), 'fixes.patch', 'junit.xml', 'keep.txt', 'report.html', 'report.md', 'report.sarif',
    ]);
    expect(await out.readFile('audit_report.json', 'utf8')).toBe(renderJson(report));
  });

  test('a report that breaks the schema is our bug, and is saved all the same', async () => {
    await using out = await createFixture({});
    const { result, facts } = await healedRun();
    const report = { ...buildReport(result, facts), boots: -1 };
    const error = await writeRunFiles(out.path, { report, boots: [], changes: [], journal: [], original: facts.original, secrets: [] }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(HarnessError);
    expect(error).toMatchObject({ code: 'report-invalid', exitCode: 70 });
    expect(JSON.parse(await out.readFile('audit_report.json', 'utf8'))).toMatchObject({ boots: -1 });
  });
});
