import { readFile, readdir, writeFile, cp } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { bootCheck, copyInto, openDesk, readOut, repository, runtimes } from './command.ts';
import { replay } from './replay.ts';

const bundle = join(repository, 'scenarios', 'bases', 'auth-backend');

/** Every file below a folder, by path, as bytes in latin1 so that a difference is readable. */
async function bytesBelow(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes('__pycache__'));
  const pairs = await Promise.all(files.map(async (entry) => {
    const path = join(entry.parentPath, entry.name);
    return [relative(folder, path), await readFile(path, 'latin1')] as const;
  }));
  return Object.fromEntries(pairs.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

describe.each(runtimes)('the bundled backend, %s runtime', (runtime) => {
  test('is healed: the listed faults in the listed order, nothing else, and the report replays', async () => {
    await using desk = await openDesk();
    const { exitCode, report } = await bootCheck(desk, [bundle, '--runtime', runtime]);

    expect(report.verdict).toBe('healed');
    expect(exitCode).toBe(0);
    expect(report.unresolved).toEqual([]);
    expect(report.stage_before).toBe('import');
    expect(report.stage_after).toBe('healthy');
    expect(report.backend).toMatchObject({ root: '.', app: 'src.main:app', factory: false, health_path: '/health', runtime });
    expect(report.minimal.proven).toBe(true);
    for (const check of Object.values(report.checks)) expect(check).toMatchObject({ ok: true });

    const issues = report.fix_order.map(({ id, issue_id }) => {
      const issue = report.issues.find((candidate) => candidate.id === issue_id);
      return { order: id, category: issue?.category, file: issue?.file_path, severity: issue?.severity, applied: issue?.applied };
    });
    expect(new Set(report.fix_order.map(({ issue_id }) => issue_id)).size).toBe(report.issues.length);
    const critical = issues.filter(({ severity }) => severity === 'CRITICAL');
    expect(critical.map(({ category, file }) => `${category} ${file}`).filter((each, at, all) => each !== all[at - 1])).toEqual([
      'DEPENDENCY requirements.txt', 'IMPORT src/core/database.py', 'DATABASE src/core/database.py', 'DATABASE .env',
    ]);
    expect(critical.every(({ applied }) => applied)).toBe(true);
    expect(issues.filter(({ severity }) => severity !== 'CRITICAL')).toEqual([
      { order: 'MEDIUM-001', category: 'IMPORT', file: 'src/services/auth_service.py', severity: 'MEDIUM', applied: false },
    ]);
    const lines = report.issues.filter(({ applied }) => applied).map(({ file_path, line_number }) => `${file_path}:${line_number}`);
    expect(lines).toContain('requirements.txt:7');
    expect(lines).toContain('src/core/database.py:7');
    expect(lines).toContain('src/core/database.py:29');
    expect(lines).toContain('.env:1');
    for (const issue of report.issues.filter(({ applied }) => applied)) {
      expect(issue.verified?.before).toBeLessThan(issue.verified?.after ?? 0);
    }

    const replayed = await copyInto(desk, bundle, 'replayed');
    await replay(report, replayed);
    const healed = await bytesBelow(join(desk.out, 'healed'));
    expect(await bytesBelow(replayed)).toEqual(healed);
    const original = await bytesBelow(bundle);
    const changed = Object.keys(healed).filter((path) => healed[path] !== original[path]);
    expect(changed.toSorted()).toEqual(['.env', '.env.example', 'requirements.txt', 'src/core/database.py']);
    expect(Object.keys(healed)).toEqual(Object.keys(original));
    expect(healed['requirements.txt']).not.toContain('psycopg2');
    expect(healed['src/core/database.py']).toContain('async_sessionmaker(engine, class_=AsyncSession, expire_on_commit=False)');

    const text = JSON.stringify(report) + await readOut(desk, 'journal.ndjson');
    expect(text).not.toContain('not-a-real-password');
    expect(text).not.toContain('made-up-value-for-a-demo');

    await writeFile(join(replayed, 'selfcheck.py'), await readFile(join(import.meta.dirname, 'selfcheck.py')));
    await using second = await openDesk();
    const again = await bootCheck(second, [replayed, '--runtime', runtime, '--app', 'selfcheck:app', '--health', '/selfcheck',
      '--command', 'uvicorn selfcheck:app --host 0.0.0.0 --port 8080']);
    expect(again.report).toMatchObject({ verdict: 'healthy', unresolved: [] });
    expect(again.report.issues.filter(({ applied }) => applied)).toEqual([]);
  });

  test('--tidy also removes the unused imports, proven by a boot', async () => {
    await using desk = await openDesk();
    const { report } = await bootCheck(desk, [bundle, '--runtime', runtime, '--tidy']);
    expect(report.verdict).toBe('healed');
    const tidied = report.issues.find(({ file_path }) => file_path === 'src/services/auth_service.py');
    expect(tidied).toMatchObject({ severity: 'MEDIUM', applied: true });
    const replayed = await copyInto(desk, bundle, 'replayed');
    await replay(report, replayed);
    expect(await bytesBelow(replayed)).toEqual(await bytesBelow(join(desk.out, 'healed')));
  });

  test('the healthy variant is left alone: one boot, a confirmation with a restart, no edit', async () => {
    await using desk = await openDesk();
    await using healed = await openDesk();
    const overlay = join(repository, 'scenarios', 'overlays', 'auth-backend-healthy', 'overlay');
    const tree = await copyInto(healed, bundle);
    await cp(overlay, tree, { recursive: true });
    const { exitCode, report } = await bootCheck(desk, [tree, '--runtime', runtime]);
    expect(report).toMatchObject({ verdict: 'healthy', boots: 3, issues: [], unresolved: [], stage_before: 'healthy' });
    expect(exitCode).toBe(0);
    expect(report.timings.boots.map(({ purpose }) => purpose)).toEqual(['baseline', 'confirm', 'restart']);
    expect(await readOut(desk, 'fixes.patch')).toBe('');
  });
});
