/** `--reporter NAME`: which documents of a run go to stdout. All of them are written into the output folder anyway. */
import { appendFile, readFile, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { renderAnnotations } from '../reporters/github.ts';
import { renderJson } from '../reporters/json.ts';
import type { AuditReport } from '../report/schema.ts';
import type { CliIo } from './io.ts';
import { choice } from './option-values.ts';
import { isInside } from './folders.ts';
import { usageError } from './usage.ts';

const FILES = { markdown: 'report.md', sarif: 'report.sarif', junit: 'junit.xml', html: 'report.html' } as const;
export const REPORTERS = ['screen', 'github', 'markdown', 'sarif', 'junit', 'html', 'json'] as const;
export type ReporterName = (typeof REPORTERS)[number];

/** GitHub takes this much summary from one step. */
const SUMMARY_LIMIT = 1024 * 1024;

/** @throws HarnessError (usage) for a name that does not exist, or for two documents that would both own stdout */
export function chosenReporters(typed: readonly string[] | undefined, json: boolean): readonly ReporterName[] {
  const names = [...new Set((typed ?? []).map((name) => choice('--reporter', name, REPORTERS)))];
  const documents = names.filter((name) => name !== 'github');
  if (json && documents.some((name) => name !== 'json')) {
    throw usageError(
      `--json and --reporter ${documents.find((name) => name !== 'json')} cannot go together.`,
      'With --json, stdout holds the report and nothing else.',
      'Leave one of them out; every report is in the output folder as well.',
    );
  }
  if (json) return ['json', ...names.filter((name) => name === 'github')];
  // Annotations are lines among others: whoever wants only those still wants to see what happened.
  return documents.length === 0 ? ['screen', ...names] : names;
}

export interface Reported {
  readonly report: AuditReport;
  readonly dir: string;
  readonly out: string;
  readonly screen: () => string;
}

/** Writes what was asked for to stdout; annotations to stderr where stdout belongs to a program. */
export async function printReports(names: readonly ReporterName[], { report, dir, out, screen }: Reported, io: CliIo): Promise<void> {
  for (const name of names) {
    if (name === 'screen') io.stdout.write(screen());
    else if (name === 'github') await toGithub(report, dir, out, io, names.includes('json'));
    else if (name === 'json') io.stdout.write(renderJson(report));
    else io.stdout.write(await readFile(join(out, FILES[name]), 'utf8'));
  }
}

async function toGithub(report: AuditReport, dir: string, out: string, io: CliIo, quiet: boolean): Promise<void> {
  const checkout = io.env['GITHUB_WORKSPACE'] || io.cwd;
  const base = isInside(dir, checkout) ? relative(checkout, dir).split(sep).join('/') : '';
  (quiet ? io.stderr : io.stdout).write(renderAnnotations(report, base));
  const summary = io.env['GITHUB_STEP_SUMMARY'];
  if (!summary) return;
  const text = await readFile(join(out, FILES.markdown), 'utf8');
  const taken = await stat(summary).then(({ size }) => size, () => 0);
  // Over the limit the whole summary would be refused, what other programs wrote included.
  if (taken + Buffer.byteLength(text) < SUMMARY_LIMIT) await appendFile(summary, text);
}
