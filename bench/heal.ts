/** One healed run of the bundled backend as a user would start it, split by what its time was spent on. */
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import type { AuditReport } from '../harness/report/schema.ts';

const root = join(import.meta.dirname, '..');
const bundle = join(root, 'scenarios', 'bases', 'auth-backend');

/** The command line's default, said explicitly because it is a row of the table. Seconds. */
const SETTLE = 4;

export interface Heal {
  readonly python: string;
  readonly boots: number;
  /** Seconds, wall clock of the command. */
  readonly total: number;
  /** Add up to `total`. */
  readonly parts: readonly { readonly what: string; readonly seconds: number }[];
}

/** The first run fills the caches, the second is measured. @throws Error when a run does not heal */
export async function measureHeal(runtime: string, folder: string, signal: AbortSignal): Promise<Heal> {
  await heal(runtime, join(folder, 'warm-up'), signal);
  const began = performance.now();
  const report = await heal(runtime, join(folder, 'measured'), signal);
  const total = (performance.now() - began) / 1000;
  const parts = split(report.timings.boots, total);
  return { python: report.backend.python, boots: report.timings.boots.length, total, parts };
}

async function heal(runtime: string, out: string, signal: AbortSignal): Promise<AuditReport> {
  const { stdout, stderr, exitCode } = await execa(
    process.execPath, [join(root, 'harness', 'main.ts'), bundle, '--runtime', runtime, '--settle', String(SETTLE), '--json', '--out', out], { reject: false, cancelSignal: signal },
  );
  if (exitCode !== 0) throw new Error(`The bundled backend was not healed (exit ${exitCode}): ${stderr.slice(-2000)}${stdout.slice(0, 500)}`);
  return JSON.parse(stdout) as AuditReport;
}

type Boots = AuditReport['timings']['boots'];

function split(boots: Boots, total: number): Heal['parts'] {
  const sum = (of: (boot: Boots[number]) => number | null, which: Boots = boots): number => which.reduce((all, boot) => all + (of(boot) ?? 0), 0);
  const install = sum((boot) => boot.install_seconds);
  const steps = [
    { what: 'install', seconds: install },
    { what: 'start to loaded app (imports)', seconds: sum((boot) => boot.import_seconds) },
    { what: 'lifespan', seconds: sum((boot) => boot.lifespan_seconds) },
    { what: 'health', seconds: sum((boot) => boot.health_seconds) },
    { what: `settle window of the confirmation (${SETTLE} s)`, seconds: SETTLE * boots.filter(({ purpose, stage }) => purpose === 'confirm' && stage === 'healthy').length },
  ];
  const inBoots = sum((boot) => boot.seconds);
  const known = steps.reduce((all, { seconds }) => all + seconds, 0);
  return [
    ...steps,
    { what: 'rest of the boots (starts that failed, process ends, routes)', seconds: Math.max(0, inBoots - known) },
    { what: 'outside of boots (opening places, reading, choosing, reporting)', seconds: Math.max(0, total - Math.max(inBoots, known)) },
  ];
}
