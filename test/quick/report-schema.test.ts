import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { buildReport } from '../../harness/report/report.ts';
import { reportViolations } from '../../harness/report/validate.ts';
import { generatedFiles } from '../tools/generate.ts';
import { healedRun } from './report-sample.ts';

const ROOT = join(import.meta.dirname, '../..');

describe('contracts', () => {
  test.each([...generatedFiles()])('%s is what the types say (npm run generate)', async (path, content) => {
    expect(await readFile(join(ROOT, path), 'utf8')).toBe(content);
  });
});

describe('issue.schema.json', async () => {
  const schema = JSON.parse(await readFile(join(ROOT, 'contracts/issue.schema.json'), 'utf8')) as Record<string, unknown>;
  const validate = new Ajv({ strict: true, allErrors: true }).compile(schema);
  const smallest = {
    id: 'IMPORT-001', severity: 'CRITICAL', category: 'IMPORT', file_path: 'src/main.py',
    problem_description: 'src/main.py imports a name that is not there.', root_cause: 'The name moved to another module.',
    exact_fix: { file_path: 'src/main.py', old_code: 'from a import b', new_code: 'from c import b', explanation: 'b lives in c.' },
  };

  test('is draft-07 with the agreed title and required fields', () => {
    expect(schema['$schema']).toBe('http://json-schema.org/draft-07/schema#');
    expect(schema['title']).toBe('Backend Audit Issue');
    expect(schema['required']).toEqual(['id', 'severity', 'category', 'file_path', 'problem_description', 'root_cause', 'exact_fix']);
  });

  test('takes the smallest record, and one of a run', async () => {
    expect(validate(smallest)).toBe(true);
    const { result, facts } = await healedRun();
    for (const issue of buildReport(result, facts).issues) expect(validate(issue)).toBe(true);
  });

  test.each([
    ['id', { id: 'import-1' }], ['severity', { severity: 'FATAL' }], ['category', { category: 'OTHER' }], ['line 0', { line_number: 0 }],
    ['half a line', { line_number: 1.5 }], ['a short text', { root_cause: 'because' }], ['half a fix', { exact_fix: { file_path: 'a', old_code: '', new_code: '' } }],
    ['a missing field', { file_path: undefined }],
  ])('refuses a wrong %s', (_, change) => {
    expect(validate(JSON.parse(JSON.stringify({ ...smallest, ...change })))).toBe(false);
  });
});

test('a report that breaks the schema is told where', async () => {
  const { result, facts } = await healedRun();
  const report = buildReport(result, facts);
  expect(reportViolations(report)).toEqual([]);
  const [first, ...rest] = report.issues;
  expect(reportViolations({ ...report, issues: [{ ...first!, root_cause: 'short' }, ...rest] })).toEqual(['/issues/0/root_cause must NOT have fewer than 10 characters']);
});
