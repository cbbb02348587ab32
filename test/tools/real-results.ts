/** What `npm run real` keeps of each backend: one line of NDJSON, and the table made from all lines. */
import { appendFile, readFile } from 'node:fs/promises';
import type { AuditReport } from '../../harness/report/schema.ts';

export interface RealResult {
  readonly repo: string;
  readonly commit: string;
  /** When it ended. */
  readonly at: string;
  readonly exitCode: number;
  readonly root?: string;
  readonly app?: string;
  readonly health?: string;
  readonly before?: string;
  readonly after?: string;
  readonly verdict: string;
  /** Kinds of what was fixed, in fix order. */
  readonly fixed: readonly string[];
  /** Number of edits in the tree. */
  readonly edits: number;
  /** `kind: what a person reads` */
  readonly left: readonly string[];
  readonly boots: number;
  readonly seconds: number;
  /** Of the judge apart: what it saw. Absent when it was not asked. */
  readonly judge?: { readonly agrees: boolean; readonly saw: string };
  /** An error of ours or of the machine: what and why. */
  readonly error?: string;
}

/** From the report, or from the error document that stands in its place. */
export function resultOf(backend: { readonly repo: string; readonly commit: string }, exitCode: number, text: string, seconds: number): RealResult {
  const base = { repo: backend.repo, commit: backend.commit, at: new Date().toISOString(), exitCode, seconds: Math.round(seconds) };
  const report = parsed(text);
  if (report === undefined || 'error' in report) {
    const why = report === undefined ? 'no report' : `${report.error.what} ${report.error.why}`;
    return { ...base, verdict: 'error', fixed: [], edits: 0, left: [], boots: 0, error: why };
  }
  const applied = report.issues.filter((issue) => issue.applied);
  const inOrder = report.fix_order.flatMap(({ issue_id }) => applied.find((issue) => issue.id === issue_id)?.kind ?? []);
  return {
    ...base, root: report.backend.root, app: report.backend.app + (report.backend.factory ? '()' : ''), health: report.backend.health_path,
    before: report.stage_before, after: report.stage_after, verdict: report.verdict, fixed: inOrder,
    edits: applied.reduce((sum, issue) => sum + 1 + issue.further_edits.length, 0),
    left: report.unresolved.map((each) => `${each.kind}: ${each.problem_description}`), boots: report.boots,
  };
}

function parsed(text: string): AuditReport | { readonly error: { readonly what: string; readonly why: string } } | undefined {
  try {
    return JSON.parse(text) as AuditReport;
  } catch {
    return undefined;
  }
}

export async function keep(file: string, result: RealResult): Promise<void> {
  await appendFile(file, `${JSON.stringify(result)}\n`);
}

/** By repository; the last line of each counts. */
export async function readResults(file: string): Promise<ReadonlyMap<string, RealResult>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const results = text.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as RealResult);
  return new Map(results.map((result) => [result.repo, result]));
}

const HEADINGS = ['Repository', 'Found', 'Before', 'After', 'Verdict', 'Fixed', 'Boots', 'Seconds', 'Judge', 'What is left'];

/** A Markdown table of the results, with a line of sums above it. */
export function renderTable(results: readonly RealResult[]): string {
  const rows = results.map((result) => [
    `${result.repo} \`${result.commit.slice(0, 8)}\``, result.app === undefined ? '' : `\`${result.root}\` \`${result.app}\` ${result.health}`, result.before ?? '', result.after ?? '',
    result.verdict.replaceAll('_', ' '), result.fixed.join(', '), String(result.boots), String(result.seconds), result.judge === undefined ? '' : result.judge.agrees ? 'agrees' : `disagrees: ${result.judge.saw}`,
    result.error ?? result.left.join('; '),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replace(/\s+/g, ' ')).join(' | ')} |`;
  return [sums(results), '', line(HEADINGS), line(HEADINGS.map(() => '---')), ...rows.map(line), ''].join('\n');
}

function sums(results: readonly RealResult[]): string {
  const count = (verdict: string): number => results.filter((result) => result.verdict === verdict).length;
  const times = results.map(({ seconds }) => seconds).toSorted((a, b) => a - b);
  const at = (share: number): number => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return `${results.length} backends: ${count('healthy')} healthy, ${count('healed')} healed, ${count('not_healthy')} not healthy, ${count('error')} errors. `
    + `Seconds: median ${at(0.5)}, 95th percentile ${at(0.95)}.`;
}
