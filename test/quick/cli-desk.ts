/** Runs the command line in this process, with captured output and a run that is scripted. */
import { Writable } from 'node:stream';
import { runCli } from '../../harness/cli.ts';
import type { CliIo } from '../../harness/cli/io.ts';
import type { Run, RunOptions } from '../../harness/options.ts';
import { buildReport } from '../../harness/report/report.ts';
import { healedRun } from './report-sample.ts';

export interface CliResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  /** What the run was asked to do; null when it was not started. */
  readonly options: RunOptions | null;
}

export interface CliSetting {
  readonly cwd?: string;
  readonly env?: CliIo['env'];
  readonly signal?: AbortSignal;
  readonly run?: Run;
}

function capture(): Writable & { text(): string } {
  const chunks: string[] = [];
  const stream = new Writable({ write: (chunk, _encoding, done) => { chunks.push(String(chunk)); done(); } });
  return Object.assign(stream, { text: () => chunks.join('') });
}

/** Ends healed, after saying a little on the way. */
export const healingRun: Run = async (_options, ui) => {
  const { result, facts } = await healedRun();
  ui.step('starting Postgres');
  ui.bootStarted({ number: 1, purpose: 'baseline', why: 'as it is' });
  ui.progress({ type: 'stage', stage: 'import', what: 'importing src.main' });
  const [first] = result.boots;
  if (first) ui.bootEnded(first);
  return { report: buildReport(result, facts), exitCode: 0 };
};

export async function cli(argv: readonly string[], { cwd = import.meta.dirname, env = {}, signal = new AbortController().signal, run = healingRun }: CliSetting = {}): Promise<CliResult> {
  const stdout = capture();
  const stderr = capture();
  let options: RunOptions | null = null;
  const exitCode = await runCli(argv, { stdout, stderr, env, cwd, signal }, async (asked, ui, interrupted) => {
    options = asked;
    return run(asked, ui, interrupted);
  });
  return { exitCode, stdout: stdout.text(), stderr: stderr.text(), options };
}
