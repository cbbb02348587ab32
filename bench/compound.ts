/** Ten faults that hide each other, healed: what all its attempts cost, in cold starts of the healthy app. */
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { SHORT_SETTLE } from '../harness/boot-request.ts';
import type { AuditReport } from '../harness/report/schema.ts';
import { lay } from './lay.ts';

/** The app as it is when it is healed, and what lies over it. */
export const BENEATH = ['bases/factory-nested'];
const FAULTS = 'compounds/faults-10-03/overlay';

export interface Compound {
  readonly fixes: number;
  readonly attempts: number;
  /** Seconds of the boots themselves, without the settle windows. */
  readonly searching: number;
  readonly drops: number;
  readonly minimising: number;
  /** Seconds, wall clock of the command. */
  readonly total: number;
}

/** @throws Error when it is not healed */
export async function measureCompound(runtime: string, folder: string, signal: AbortSignal): Promise<Compound> {
  const tree = join(folder, 'ten-faults');
  await lay([...BENEATH, FAULTS], tree);
  const began = performance.now();
  const { stdout, stderr, exitCode } = await execa(
    process.execPath, [join(import.meta.dirname, '../harness/main.ts'), tree, '--runtime', runtime, '--json', '--out', join(folder, 'out')],
    { reject: false, cancelSignal: signal },
  );
  const total = (performance.now() - began) / 1000;
  if (exitCode !== 0) throw new Error(`${FAULTS} was not healed (exit ${exitCode}): ${stderr.slice(-2000)}${stdout.slice(0, 500)}`);
  const report = JSON.parse(stdout) as AuditReport;
  const attempts = report.timings.boots.filter(({ purpose }) => purpose === 'attempt');
  const drops = report.timings.boots.filter(({ purpose }) => purpose === 'minimise');
  return {
    fixes: report.issues.filter(({ applied }) => applied).length, attempts: attempts.length, searching: spent(attempts), drops: drops.length,
    minimising: spent(drops), total,
  };
}

function spent(boots: AuditReport['timings']['boots']): number {
  return boots.reduce((all, { seconds, stage }) => all + seconds - (stage === 'healthy' ? SHORT_SETTLE : 0), 0);
}
