/** Puts the files of one run into the output folder. */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HarnessError } from '../../agent/errors.ts';
import { packageVersion } from '../package-version.ts';
import type { AuditReport } from '../report/schema.ts';
import { reportViolations } from '../report/validate.ts';
import { maskingFor } from '../report/masking.ts';
import { runView } from '../report/run-view.ts';
import type { OriginalFiles } from '../report/lines.ts';
import type { BootRecord, JournalEvent } from '../types.ts';
import { renderBootLogs } from './boot-logs.ts';
import { renderHtml } from './html/page.ts';
import { renderJson } from './json.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import { renderPatch } from './patch.ts';
import type { FileChange } from './patch.ts';
import { renderSarif } from './sarif.ts';

export interface RunFiles {
  readonly report: AuditReport;
  readonly boots: readonly BootRecord[];
  readonly changes: readonly FileChange[];
  readonly journal: readonly JournalEvent[];
  /** The untouched tree, by path relative to the backend root. */
  readonly original: OriginalFiles;
  readonly secrets: readonly string[];
}

/**
 * Writes the reports, fixes.patch and boot-NN.log; logs of an earlier run are removed. The folder is made ready before the run.
 * @throws HarnessError with exit code 70 when the report breaks its own schema; it is saved all the same.
 */
export async function writeRunFiles(out: string, { report, boots, changes, journal, original, secrets }: RunFiles): Promise<void> {
  await mkdir(out, { recursive: true });
  const old = (await readdir(out)).filter((name) => /^boot-\d+\.log$/.test(name));
  await Promise.all(old.map((name) => rm(join(out, name))));
  await writeFile(join(out, 'audit_report.json'), renderJson(report));
  await writeFile(join(out, 'fixes.patch'), renderPatch(changes));
  for (const [name, text] of renderBootLogs(boots, secrets)) await writeFile(join(out, name), text);
  const view = runView(report, boots, journal, original, maskingFor(secrets));
  await writeFile(join(out, 'report.html'), renderHtml(view));
  await writeFile(join(out, 'report.md'), renderMarkdown(view));
  await writeFile(join(out, 'report.sarif'), renderSarif(report, original, await packageVersion()));
  await writeFile(join(out, 'junit.xml'), renderJunit(report));
  assertValid(report, out);
}

function assertValid(report: AuditReport, out: string): void {
  const violations = reportViolations(report);
  if (violations.length > 0) throw reportInvalid(violations, out);
}

/** Our own report breaks its schema. */
export function reportInvalid(violations: readonly string[], out: string): HarnessError {
  return new HarnessError({
    code: 'report-invalid',
    what: `The report breaks its own schema: ${violations.slice(0, 3).join('; ')}.`,
    why: 'boot-check made a record that other programs could not read; this is our bug, not yours.',
    hint: `The report was saved all the same: ${join(out, 'audit_report.json')}. Please send it to us.`,
    exitCode: 70,
  });
}
