/** A test of your own project that proves its backend really starts. Run it with Vitest; `npm i -D boot-check vitest` is all it needs. */
import { fileURLToPath } from 'node:url';
import { bootCheck } from 'boot-check';
import { expect, test } from 'vitest';

const BACKEND = process.env['BACKEND'] ?? fileURLToPath(new URL('../backend', import.meta.url));

test('the backend starts as it is committed', { timeout: 300_000 }, async ({ signal }) => {
  const { verdict, report, out } = await bootCheck({ dir: BACKEND, out: 'boot-report', signal });

  // A start that only works with fixes is a red test; the page says which, and fixes.patch has them.
  expect(verdict, `see ${out}/report.html`).toBe('healthy');
  expect(report.checks.database_engine).toMatchObject({ ok: true });
  expect(report.issues.filter(({ severity }) => severity === 'HIGH')).toEqual([]);
});
