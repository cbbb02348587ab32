/** Runs `boot-check` on a tree as a user would, in a process of its own, and says in short what came of it. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import type { AuditReport } from '../../harness/report/schema.ts';

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

const MAIN = join(import.meta.dirname, '..', '..', 'harness', 'main.ts');

export async function tryTree(tree: string, out: string, args: readonly string[]): Promise<Outcome> {
  const began = performance.now();
  const { stdout, stderr, exitCode } = await execa(process.execPath, [MAIN, tree, '--json', '--out', out, ...args], { reject: false, stdin: 'ignore', timeout: 600_000 });
  const seconds = (performance.now() - began) / 1000;
  try {
    return { ...summary(JSON.parse(stdout) as AuditReport, await firstSeen(out)), seconds };
  } catch {
    return {
      verdict: 'crashed', stageBefore: '', stageAfter: '', first: undefined, issues: [], unresolved: [], minimal: false, boots: 0, seconds,
      why: `exit ${exitCode}: ${(stderr || stdout).trim().slice(-600)}`,
    };
  }
}

function summary(report: AuditReport, first: string | undefined): Omit<Outcome, 'seconds'> {
  const issues = report.issues.map((issue) => ({
    kind: issue.kind, category: issue.category, file: issue.file_path, line: issue.line_number, applied: issue.applied, severity: issue.severity,
  }));
  const unresolved = report.unresolved.map((left) => ({
    kind: left.kind, category: left.category, file: left.file_path ?? '', line: left.line_number, applied: false, severity: 'CRITICAL',
  }));
  return {
    verdict: report.verdict, stageBefore: report.stage_before, stageAfter: report.stage_after, issues, unresolved,
    first: [...issues, ...unresolved].find(({ kind }) => kind === first), minimal: report.minimal.proven, boots: report.boots,
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
