/**
 * boot-check as a library: `import { bootCheck } from 'boot-check'`. The same run as the command's, with the report as a value.
 *
 *   const { verdict, report } = await bootCheck({ dir: './backend', runtime: 'docker' });
 */
import './old-node.ts';
import { readdir, realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import process from 'node:process';
import { HarnessError } from '../agent/errors.ts';
import { DEFAULTS } from './cli/heal-options.ts';
import { parseRunOptions } from './cli/parse-options.ts';
import type { RawOptions } from './cli/parse-options.ts';
import { readSettings, withSettings } from './cli/settings.ts';
import { silentScreen } from './reporters/screen-live.ts';
import type { AuditReport } from './report/schema.ts';
import type { Stage } from '../parsers/boot-output.ts';

export type { AuditReport, Checks, CodeFix, EnvironmentVariable, FixOrderEntry, Issue, Recommendation, Unresolved } from './report/schema.ts';
export type { Stage } from '../parsers/boot-output.ts';
/** The machine, the options or boot-check are broken; a sick backend never throws. Has `code`, `why`, `hint` and `exitCode`. */
export { HarnessError as BootCheckError } from '../agent/errors.ts';

/** The options of the command line by their names; paths count from the working directory. What is left out has the command's defaults. */
export interface BootCheckOptions {
  /** Folder of the backend. Never written to unless `write`. */
  readonly dir: string;
  readonly runtime?: 'auto' | 'docker' | 'local';
  readonly python?: '3.11' | '3.12' | '3.13' | '3.14';
  readonly pythonFallback?: boolean;
  readonly policy?: 'locked' | 'newest';
  readonly manifest?: string;
  readonly root?: string;
  /** `src.main:app` */
  readonly app?: string;
  readonly factory?: boolean;
  readonly health?: string;
  readonly port?: number;
  readonly command?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly envFile?: string;
  readonly database?: string;
  readonly databaseInit?: string;
  readonly safeOnly?: boolean;
  readonly tidy?: boolean;
  readonly maxBoots?: number;
  /** Seconds. */
  readonly bootTimeout?: number;
  /** Seconds. */
  readonly settle?: number;
  readonly minimise?: boolean;
  readonly fixer?: string;
  readonly write?: boolean;
  readonly allowDirty?: boolean;
  /** Folder for reports, logs and the healed copy; default `.boot-check`. */
  readonly out?: string;
  /** Ends the run; what was proven until then is in the report. */
  readonly signal?: AbortSignal;
  /** Told of each boot as soon as it is judged. */
  readonly onBoot?: (boot: BootSummary) => void;
  /** Told what a person should know: isolation is off, an older Python was taken. */
  readonly onNote?: (text: string) => void;
}

export interface BootSummary {
  /** From 1; `verified` in the report refers to it. */
  readonly number: number;
  readonly purpose: 'baseline' | 'attempt' | 'minimise' | 'confirm' | 'restart';
  /** How far it came; `healthy` is the only success. */
  readonly stage: Stage;
  readonly seconds: number;
  /** The fault that stopped it, in one line; empty when healthy. */
  readonly summary: string;
}

export interface BootCheckResult {
  readonly verdict: AuditReport['verdict'];
  /** `healthy` or `healed`. */
  readonly ok: boolean;
  readonly report: AuditReport;
  /** Absolute folder with report.html, fixes.patch, healed/, logs and the other reports. */
  readonly out: string;
  /** 0 healthy or healed, 1 not healthy, 130 interrupted. */
  readonly exitCode: number;
}

/** @throws BootCheckError for options that make no sense (exitCode 2), a machine that cannot boot (3), or our own bug (70) */
export async function bootCheck(options: BootCheckOptions): Promise<BootCheckResult> {
  const { dir, signal = new AbortController().signal, onBoot, onNote, ...given } = options;
  const folder = await realpath(dir).catch(() => resolve(dir));
  if (!(await readdir(folder).catch(() => null))) {
    throw new HarnessError({ code: 'usage', what: `There is no folder ${folder}.`, why: '`dir` must be the folder of the backend to boot.', hint: 'Check the path; relative ones count from the working directory.', exitCode: 2 });
  }
  const raw = withSettings({ ...DEFAULTS, ...asTyped(given) } as RawOptions, await readSettings(folder), (name) => name in given);
  const parsed = await parseRunOptions(dir, raw, process.cwd(), []);
  const { run } = await import('./run.ts');
  const { report, exitCode } = await run(parsed, {
    ...silentScreen(),
    note: (text) => onNote?.(text),
    bootEnded: ({ number, purpose, output, evidence: { stage, faults } }) => onBoot?.({ number, purpose, stage, seconds: output.timings.total, summary: stage === 'healthy' ? '' : faults[0]?.summary ?? '' }),
  }, signal);
  return { verdict: report.verdict, ok: exitCode === 0, report, out: parsed.out, exitCode };
}

/** Values in the form the command line has them: text, checked there. */
function asTyped(given: Omit<BootCheckOptions, 'dir' | 'signal' | 'onBoot' | 'onNote'>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined).map(([name, value]) => [
    name, name === 'env' ? Object.entries(value as Record<string, string>).map((pair) => pair.join('=')) : typeof value === 'number' ? String(value) : value,
  ]));
}
