import { describe, expect, test } from 'vitest';
import { maskingFor } from '../../harness/report/masking.ts';
import { buildReport } from '../../harness/report/report.ts';
import { originalLine } from '../../harness/report/lines.ts';
import { reportViolations } from '../../harness/report/validate.ts';
import type { AuditReport } from '../../harness/report/schema.ts';
import type { LoopResult } from '../../harness/types.ts';
import { BOOTS, BUNDLE, PASSWORD, healedRun, stuckRun, textsBelow } from './report-sample.ts';

async function healedReport(change: Partial<LoopResult> = {}): Promise<AuditReport> {
  const { result, facts } = await healedRun();
  return buildReport({ ...result, ...change }, facts);
}

describe('the report of a healed run', () => {
  test('numbers issues by category and fixes by severity, in fix order', async () => {
    const report = await healedReport();
    expect(report.issues.map(({ id, severity, applied, verified }) => [id, severity, applied, verified])).toEqual([
      ['DEPENDENCY-001', 'CRITICAL', true, { before: 3, after: 4 }],
      ['IMPORT-001', 'CRITICAL', true, { before: 1, after: 2 }],
      ['DATABASE-001', 'CRITICAL', true, { before: 4, after: 5 }],
      ['DATABASE-002', 'CRITICAL', true, { before: 2, after: 3 }],
      ['IMPORT-002', 'MEDIUM', false, null],
    ]);
    expect(report.fix_order.map(({ id, issue_id }) => `${id} ${issue_id}`)).toEqual([
      'CRITICAL-001 DEPENDENCY-001', 'CRITICAL-002 IMPORT-001', 'CRITICAL-003 DATABASE-001', 'CRITICAL-004 DATABASE-002', 'MEDIUM-001 IMPORT-002',
    ]);
  });

  test('says which fault hides which', async () => {
    const report = await healedReport();
    expect(report.dependency_graph.map(({ from, to }) => `${from} ${to}`)).toEqual([
      'DEPENDENCY-001 DATABASE-001', 'IMPORT-001 DATABASE-002', 'DATABASE-002 DEPENDENCY-001',
    ]);
    expect(report.fix_order.find(({ issue_id }) => issue_id === 'IMPORT-001')?.unblocks).toEqual(['DATABASE-002']);
    // Neighbour in the graph, and the other issue of the same file.
    expect(report.issues[1]?.related_issues).toEqual(['DATABASE-001', 'DATABASE-002']);
  });

  test('gives lines of the original tree, in the record and in its sentences', async () => {
    const report = await healedReport();
    const factory = report.issues.find(({ kind }) => kind === 'session-factory-not-async');
    const lines = (await textsBelow(BUNDLE)).get('src/core/database.py')?.text.split('\n');
    expect(lines?.[(factory?.line_number ?? 0) - 1]).toContain('SessionLocal = sessionmaker(');
    expect(factory?.problem_description).toContain('src/core/database.py:29 makes sync sessions (line 29)');
  });

  test('counts: total = issues + unresolved, warnings = all that are not critical', async () => {
    const { result, facts } = await healedRun();
    const { summary } = buildReport(result, { ...facts, filesScanned: 16 });
    expect(summary).toEqual({ total_files_scanned: 16, total_issues_found: 5, critical_issues: 4, warning_issues: 1, audit_duration_seconds: 24.62 });
  });

  test('shows what the server printed, short', async () => {
    const report = await healedReport();
    expect(report.issues[1]?.evidence).toContain("src/core/database.py:7 in <module>\n    from sqlmodel.ext.asyncio.session import AsyncSession, AsyncEngine\nImportError: cannot import name 'AsyncEngine'");
    for (const { evidence } of report.issues) expect(evidence.length).toBeLessThanOrEqual(600);
  });

  test('passes the five checks with evidence of the last boots', async () => {
    const { checks } = await healedReport();
    expect(Object.values(checks).map(({ ok }) => ok)).toEqual([true, true, true, true, true]);
    expect(checks.health.evidence).toBe('Boot 10: GET /health answered 200 from inside and outside the sandbox: {"status":"ok"}');
    expect(checks.startup_complete.evidence).toContain('Application startup complete.');
  });

  test('holds no secret, and the edits all the same', async () => {
    const { result, facts } = await healedRun();
    const leaky = result.boots.map((boot) => ({
      ...boot, evidence: { ...boot.evidence, faults: boot.evidence.faults.map((fault) => ({ ...fault, chain: [], text: `${fault.text}\nDATABASE_URL=postgresql://auth_user:${PASSWORD}@localhost/db token ${PASSWORD}` })) },
    }));
    const report = buildReport({ ...result, boots: leaky }, facts);
    expect(JSON.stringify(report)).not.toContain(PASSWORD);
    expect(report.diff).toContain('+DATABASE_URL=postgresql+asyncpg://auth_user:***@localhost:5432/auth_db');
    expect(report.environment.map(({ name, value }) => [name, value])).toEqual([['DATABASE_URL', null], ['SECRET_KEY', expect.any(String)]]);
    expect(report.issues[3]?.exact_fix.new_code).toBe('DATABASE_URL=postgresql+asyncpg://');
  });

  test('a password that is a plain word does not destroy the code around it', async () => {
    const { result, facts } = await healedRun();
    const report = buildReport(result, { ...facts, secrets: ['postgres', PASSWORD] });
    expect(report.issues[3]?.exact_fix.old_code).toBe('DATABASE_URL=postgresql://');
  });

  test('lists a note with its exact fix, and one without an edit as advice', async () => {
    const { result, facts } = await healedRun();
    const health = { ...result.notes[0]!, kind: 'health-route-missing', facts: {}, candidates: [], todo: 'Add a route that answers /health.' };
    const report = buildReport({ ...result, notes: [...result.notes, health] }, facts);
    const note = report.issues.at(-1);
    expect(note?.exact_fix.old_code).toContain('import json\n');
    expect(facts.original.get('src/services/auth_service.py')?.text.split(note?.exact_fix.old_code ?? '')).toHaveLength(2);
    expect(report.recommendations.map(({ description }) => description)).toContain('Add a route that answers /health.');
  });
});

describe('the verdict', () => {
  test.each([
    ['healed', {}, 'healed', false],
    ['healthy as it is', { outcome: 'healthy', kept: [], notes: [] }, 'healthy', false],
    ['stuck', { outcome: 'stuck', stageAfter: 'import' }, 'not_healthy', false],
    ['nothing booted', { outcome: 'interrupted', boots: [], kept: [], notes: [] }, 'not_booted', true],
    ['interrupted before the confirmation', { outcome: 'interrupted', boots: BOOTS.slice(0, 6) }, 'not_healthy', true],
    ['interrupted after it', { outcome: 'interrupted' }, 'healed', true],
  ] as const)('%s', async (_, change, verdict, interrupted) => {
    const report = await healedReport(change as Partial<LoopResult>);
    expect([report.verdict, report.interrupted]).toEqual([verdict, interrupted]);
    expect(reportViolations(report)).toEqual([]);
  });
});

test('what has no fix that works is unresolved, with what was tried, and counts', async () => {
  const { result, facts } = await stuckRun();
  const report = buildReport(result, facts);
  expect(report.unresolved).toEqual([expect.objectContaining({
    kind: 'driver-module-missing', stage: 'import', category: 'DEPENDENCY', file_path: 'requirements.txt', line_number: 7,
    what_to_do: 'Add asyncpg to requirements.txt.', tried: [{ title: 'Install psycopg', boot: 3, why: 'the same module is still missing' }],
  })]);
  expect(report.summary.total_issues_found).toBe(report.issues.length + 1);
  expect(report.checks.health).toEqual({ ok: false, evidence: "Boot 3 stopped at import: ModuleNotFoundError: No module named 'asyncpg'" });
});

test('the checks speak of the tree as it was left, not of a boot that left a fix out', async () => {
  const { result, facts } = await healedRun();
  const report = buildReport({ ...result, outcome: 'interrupted', boots: BOOTS.slice(0, 9) }, facts);
  expect(report.checks.health).toMatchObject({ ok: true, evidence: expect.stringMatching(/^Boot 5: GET \/health answered 200/) as string });
});

test('a route that breaks is named, not the health path that answers', async () => {
  const { result, facts } = await healedRun();
  const boots = BOOTS.slice(0, 5).map((boot) => (boot.number < 5 ? boot : {
    ...boot, evidence: { ...boot.evidence, stage: 'health' as const },
    output: { ...boot.output, probes: [...boot.output.probes, { ...boot.output.probes[0]!, path: '/orders', purpose: 'route' as const, status: 500 }] },
  }));
  const report = buildReport({ ...result, outcome: 'stuck', boots, final: 5 }, facts);
  expect(report.checks.health).toEqual({ ok: false, evidence: 'Boot 5: GET /orders answered 500.' });
});

describe('originalLine', () => {
  test.each([
    ['a line behind an added one', 'a\nb\nc\n', 'a\nx\nb\nc\n', 4, 3],
    ['a line behind a removed one', 'a\nb\nc\n', 'a\nc\n', 2, 3],
    ['a rewritten line', 'a\nb\nc\n', 'a\nB\nc\n', 2, 2],
    ['an added line stands where it was put', 'a\nb\n', 'a\nx\nb\n', 2, 1],
    ['a line before all changes', 'a\nb\n', 'a\nx\n', 1, 1],
  ])('%s', (_, before, after, line, expected) => {
    expect(originalLine(before, after, line)).toBe(expected);
  });
});

describe('masks', () => {
  const { text, code } = maskingFor(['wrongpass', 'secret', 'postgres', 'p4ss-of-mine']);

  test('a password that is a word is masked where it stands alone, in prose and in code', () => {
    expect(text('user wrongpass was refused')).toBe('user *** was refused');
    expect(code('DB_LOGIN=app:secret\n')).toBe('DB_LOGIN=app:***\n');
    expect(code('SECRETLY secrets p4ss-of-mine')).toBe('SECRETLY secrets ***');
  });

  test('a default that everybody knows stays a word, and is masked only as a password', () => {
    expect(code('import postgres')).toBe('import postgres');
    expect(text('postgresql://postgres:postgres@localhost/db')).toBe('postgresql://postgres:***@localhost/db');
  });
});
