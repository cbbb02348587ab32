import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { createFixture } from 'fs-fixture';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { audit } from '../../harness/audit/audit.ts';
import type { AuditEnd } from '../../harness/audit/audit.ts';
import { renderAudit } from '../../harness/audit/screen.ts';
import { phaseReports } from '../../harness/audit/report.ts';
import type { PhaseReport } from '../../harness/report/schema.ts';
import { auditReportJsonSchema, issueJsonSchema } from '../../harness/report/schema.ts';

const BUNDLE = join(import.meta.dirname, '../../scenarios/bases/auth-backend');
const PHASES = ['dependency_issues.json', 'import_issues.json', 'database_issues.json', 'entrypoint_issues.json'];

/** Nothing is installed. */
async function audited(dir: string, out: string, more: { readonly app?: string; readonly python?: string } = {}): Promise<AuditEnd> {
  return audit({ dir, out, root: null, app: more.app ?? null, factory: false, python: more.python ?? '3.14', manifest: null }, async () => undefined);
}

async function auditedTree(files: Readonly<Record<string, string>>): Promise<AuditEnd> {
  await using fixture = await createFixture(files);
  await using out = await createFixture({});
  return await audited(fixture.path, join(out.path, 'out'));
}

const issuesOf = ({ report }: AuditEnd): readonly string[] => report.issues.filter(({ severity }) => severity === 'CRITICAL' || severity === 'HIGH').map(({ kind, file_path, line_number }) => `${kind} ${file_path}:${line_number ?? ''}`);

describe('the bundled backend, with nothing installed', async () => {
  await using out = await createFixture({});
  const end = await audited(BUNDLE, join(out.path, 'out'));
  const { report } = end;
  const documents = await Promise.all(PHASES.map(async (name) => JSON.parse(await readFile(join(out.path, 'out', name), 'utf8')) as PhaseReport));
  const written = JSON.parse(await readFile(join(out.path, 'out/audit_report.json'), 'utf8')) as typeof report;

  test('shows all its faults with file and line, in the order to fix them', () => {
    expect(report.issues.map(({ severity, category, file_path, line_number }) => [severity, category, file_path, line_number])).toEqual([
      ['CRITICAL', 'DEPENDENCY', 'requirements.txt', 7],
      ['CRITICAL', 'IMPORT', 'src/core/database.py', 7],
      ['CRITICAL', 'IMPORT', 'src/core/database.py', 18],
      ['CRITICAL', 'DATABASE', 'src/core/database.py', 29],
      ['CRITICAL', 'DATABASE', '.env', 1],
      ['MEDIUM', 'IMPORT', 'src/services/auth_service.py', 3],
    ]);
    expect(report.fix_order.map(({ id }) => id)).toEqual(['CRITICAL-001', 'CRITICAL-002', 'CRITICAL-003', 'CRITICAL-004', 'CRITICAL-005', 'MEDIUM-001']);
    expect(end.exitCode).toBe(1);
  });

  test('and which fault hides the next', () => {
    const hides = report.dependency_graph.map(({ from, to }) => `${from} ${to}`);
    // A start meets the import first, then the engine, its URL and its driver, and the sessions last.
    expect(hides).toEqual(expect.arrayContaining(['IMPORT-001 IMPORT-002', 'IMPORT-002 DATABASE-002', 'DATABASE-002 DEPENDENCY-001', 'DEPENDENCY-001 DATABASE-001']));
    expect(hides).not.toContain('DATABASE-001 DATABASE-002');
  });

  test('claims no boot', () => {
    expect(report).toMatchObject({ verdict: 'not_booted', boots: 0, minimal: { proven: false, boots: 0 }, unresolved: [] });
    expect(report.issues.every(({ applied, verified }) => !applied && verified === null)).toBe(true);
    expect(Object.values(report.checks).every(({ ok }) => !ok)).toBe(true);
  });

  test('the phases add up to the report, and all keep to their schemas', () => {
    expect(written).toEqual(JSON.parse(JSON.stringify(report)));
    const parts = documents.flatMap(({ issues }) => issues.map(({ id }) => id));
    expect(parts.toSorted()).toEqual(report.issues.map(({ id }) => id).toSorted());
    expect(documents.map(({ phase }) => phase)).toEqual(['dependency_audit', 'import_scan', 'database_verification', 'entrypoint_validation']);
    const ajv = new Ajv({ strict: true });
    expect(ajv.validate(auditReportJsonSchema(), written)).toBe(true);
    for (const issue of documents.flatMap(({ issues }) => issues)) expect(ajv.validate(issueJsonSchema(), issue)).toBe(true);
  });

  test('no password of the tree leaves it', () => {
    expect(JSON.stringify(report)).not.toContain('not-a-real-password');
  });

  test('one screen says it', () => {
    const text = renderAudit(report, { width: 100, color: false, live: false, unicode: true } as never, { out: '/tmp/out', cwd: '/tmp' });
    expect(text).toContain('5 faults would stop or break it');
    expect(text).toContain('requirements.txt:7');
    expect(text).toContain('While it stands');
  });
});

test('many remarks of one kind are one on the screen, and no line is wider than it', async () => {
  const files = Object.fromEntries(['a', 'b', 'c', 'd'].map((name) => [`app/${name}.py`, 'import os\nimport json\nX = json.dumps(1)\n']));
  const { report } = await auditedTree({ 'requirements.txt': 'fastapi\nuvicorn\n', 'main.py': 'from fastapi import FastAPI\nfrom app import a, b, c, d\napp = FastAPI()\nprint(a, b, c, d)\n', ...files });
  const lines = renderAudit(report, { width: 60, color: false, live: false, unicode: true } as never, { out: '/tmp/out', cwd: '/tmp' }).split('\n');
  expect(lines.join(' ').replace(/\s+/g, ' ')).toContain('The same in app/b.py:1, app/c.py:1 and app/d.py:1.');
  expect(lines.filter((line) => line.includes('does not use it'))).toHaveLength(1);
  expect(lines.filter((line) => line.length > 60)).toEqual([]);
});

describe('what is judged without an installation', () => {
  const MAIN = 'from fastapi import FastAPI\napp = FastAPI()\n\n@app.get("/health")\ndef health():\n    return {}\n';

  test('a healthy tree: nothing that blocks, exit 0', async () => {
    const end = await auditedTree({ 'requirements.txt': 'fastapi\nuvicorn\n', 'main.py': MAIN });
    expect([issuesOf(end), end.exitCode]).toEqual([[], 0]);
  });

  test('a module that another package brings is no missing one', async () => {
    expect(issuesOf(await auditedTree({ 'requirements.txt': 'fastapi\nuvicorn\n', 'main.py': `import starlette, pydantic, anyio, click\n${MAIN}` }))).toEqual([]);
    expect(issuesOf(await auditedTree({ 'requirements.txt': 'fastapi\nuvicorn\n', 'main.py': `import jwt\n${MAIN}` }))).toEqual(['import-name-differs requirements.txt:']);
  });

  test('a package that nobody knows could bring it: then it is only noted', async () => {
    const end = await auditedTree({ 'requirements.txt': 'fastapi\nuvicorn\nsome-company-toolkit\n', 'main.py': `import jwt\nimport some_company_toolkit\nimport another_thing\n${MAIN}` });
    expect(issuesOf(end)).toEqual([]);
    expect(end.report.issues.map(({ kind, severity }) => `${severity} ${kind}`)).toContain('MEDIUM import-name-differs');
    expect(end.report.recommendations[0]?.description).toContain('some-company-toolkit');
  });

  test('a pin from before this Python cannot be installed, on that Python only', async () => {
    const files = { 'requirements.txt': 'fastapi\nuvicorn\npydantic==2.5.0\n', 'main.py': MAIN };
    expect(issuesOf(await auditedTree(files))).toEqual(['source-build-fails requirements.txt:3']);
    await using fixture = await createFixture(files);
    await using out = await createFixture({});
    expect(issuesOf(await audited(fixture.path, join(out.path, 'out'), { python: '3.11' }))).toEqual([]);
  });

  test('a fix of one issue fits the tree as it is', async () => {
    await using out = await createFixture({});
    const { report } = await audited(BUNDLE, join(out.path, 'out'));
    for (const { exact_fix, further_edits } of report.issues) {
      for (const { file_path, old_code } of [exact_fix, ...further_edits]) {
        const text = await readFile(join(BUNDLE, file_path), 'utf8');
        expect(text.split(old_code).length, `${file_path}: ${old_code}`).toBe(2);
      }
    }
  });
});

test('the contract names the phases and files that are written', async () => {
  const contract = parseYaml(await readFile(join(import.meta.dirname, '../../contracts/audit-execution.yaml'), 'utf8')) as { name: string; version: string; phases: { name: string; agent: string; inputs: string[]; outputs: string[] }[] };
  await using out = await createFixture({});
  const { report } = await audited(BUNDLE, join(out.path, 'out'));
  expect(contract.phases.map(({ name, outputs }) => [name, ...outputs])).toEqual([...[...phaseReports(report)].map(([file, { phase }]) => [phase, file]), ['consolidation', 'audit_report.json']]);
  expect(contract.phases.every(({ agent, inputs }) => agent !== '' && inputs.length > 0)).toBe(true);
});
