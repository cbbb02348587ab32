/** Runs `boot-check` on a tree as a user would, and says in short what came of it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { Writable } from 'node:stream';
import { runCli } from '../../harness/cli.ts';
import type { AuditReport } from '../../harness/report/schema.ts';
import { declarationsOf, lost } from './declarations.ts';

export interface Outcome {
  /** `crashed`: there is no report; `why` says what was printed. */
  readonly verdict: AuditReport['verdict'] | 'crashed';
  readonly stageBefore: string;
  readonly stageAfter: string;
  /** What the first boot was found to suffer from, the one that blocks first. */
  readonly first: Diagnosis | undefined;
  readonly issues: readonly Diagnosis[];
  readonly unresolved: readonly Diagnosis[];
  readonly minimal: boolean;
  /** Routes and tables that the files declared before and the healed copy does not. */
  readonly lost: readonly string[];
  /** Paths of the GET routes without parameters that the started app has. */
  readonly routes: readonly string[];
  readonly boots: number;
  readonly seconds: number;
  readonly why: string;
}

export interface Diagnosis {
  readonly kind: string;
  readonly category: string;
  readonly file: string;
  readonly line: number | undefined;
  readonly applied: boolean;
  readonly severity: string;
}

const TIME_OUT_MS = 600_000;

/** The whole command line in this process: hundreds of runs pay for the start of Node and the reading of the rules once. */
export async function tryTree(tree: string, out: string, args: readonly string[]): Promise<Outcome> {
  const began = performance.now();
  const [stdout, stderr] = [collected(), collected()];
  const exitCode = await runCli([tree, '--json', '--out', out, ...args], {
    stdout: stdout.stream, stderr: stderr.stream, env: process.env, cwd: process.cwd(), signal: AbortSignal.timeout(TIME_OUT_MS),
  }, async (...asked) => (await import('../../harness/run.ts')).run(...asked));
  const seconds = (performance.now() - began) / 1000;
  try {
    const report = JSON.parse(stdout.text()) as AuditReport;
    const gone = report.verdict === 'healed' ? lost(await declarationsOf(tree), await declarationsOf(join(out, 'healed'))) : [];
    return { ...summary(report, await firstSeen(out)), lost: gone, seconds };
  } catch {
    return {
      verdict: 'crashed', stageBefore: '', stageAfter: '', first: undefined, issues: [], unresolved: [], minimal: false, lost: [], routes: [], boots: 0, seconds,
      why: `exit ${exitCode}: ${(stderr.text() || stdout.text()).trim().slice(-600)}`,
    };
  }
}

function collected(): { readonly stream: Writable; readonly text: () => string } {
  const chunks: string[] = [];
  const stream = new Writable({ decodeStrings: false, write: (chunk, _encoding, done) => { chunks.push(String(chunk)); done(); } });
  return { stream, text: () => chunks.join('') };
}

function summary(report: AuditReport, first: string | undefined): Omit<Outcome, 'lost' | 'seconds'> {
  const issues = report.issues.map((issue) => ({
    kind: issue.kind, category: issue.category, file: issue.file_path, line: issue.line_number, applied: issue.applied, severity: issue.severity,
  }));
  const unresolved = report.unresolved.map((left) => ({
    kind: left.kind, category: left.category, file: left.file_path ?? '', line: left.line_number, applied: false, severity: 'CRITICAL',
  }));
  return {
    verdict: report.verdict, stageBefore: report.stage_before, stageAfter: report.stage_after, issues, unresolved,
    first: [...issues, ...unresolved].find(({ kind }) => kind === first), minimal: report.minimal.proven, routes: (report.routes ?? []).map(({ path }) => path), boots: report.boots,
    why: report.unresolved.map((left) => left.problem_description).join(' '),
  };
}

/** Kind of the first finding of the first boot, from the journal. */
async function firstSeen(out: string): Promise<string | undefined> {
  const journal = await readFile(join(out, 'journal.ndjson'), 'utf8').catch(() => '');
  for (const line of journal.split('\n')) {
    if (!line.includes('"type":"boot"')) continue;
    const { findings } = JSON.parse(line) as { readonly findings: readonly string[] };
    return findings[0]?.split(' ')[0];
  }
  return undefined;
}
