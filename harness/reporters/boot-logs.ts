/** boot-NN.log: what the server printed in each boot, line by line with its time and stream, secrets masked. */
import { maskingFor } from '../report/masking.ts';
import { stacksOf } from '../report/run-view.ts';
import type { BootRecord } from '../types.ts';

/** File name → content. */
export function renderBootLogs(boots: readonly BootRecord[], secrets: readonly string[]): ReadonlyMap<string, string> {
  const masking = maskingFor(secrets);
  return new Map(boots.map((boot) => [logName(boot.number), masking.text(renderBootLog(boot))]));
}

export function logName(number: number): string {
  return `boot-${String(number).padStart(2, '0')}.log`;
}

function renderBootLog({ number, purpose, output, evidence }: BootRecord): string {
  const header = [
    `# boot ${number} (${purpose}) reached ${evidence.stage} in ${output.timings.total.toFixed(2)} s; Python ${output.python}; ${ending(output.exit)}`,
    `# ${output.command.join(' ')}`,
  ];
  const lines = output.lines.map(({ at, stream, text }) => `${at.toFixed(3).padStart(8)} ${stream === 'stderr' ? 'err' : 'out'} | ${text}`);
  const dropped = output.dropped > 0 ? [`# ${output.dropped} lines in between were not kept`] : [];
  const probes = output.probes.map((probe) => `# ${probe.at.toFixed(3)} s ${probe.method} ${probe.path} from ${probe.from}: ${probe.status ?? probe.error ?? 'no answer'}`);
  const stacks = stacksOf(evidence);
  const dump = stacks === '' ? [] : ['# What every thread and task was doing:', ...stacks.split('\n').map((line) => `# ${line}`)];
  return `${[...header, ...lines, ...dropped, ...probes, ...dump].join('\n')}\n`;
}

function ending(exit: BootRecord['output']['exit']): string {
  if (exit === null) return 'was alive until it was stopped';
  if (exit.oom) return 'was killed for lack of memory';
  if (exit.signal !== undefined) return `was ended by ${exit.signal}`;
  return exit.code === undefined ? 'ended' : `ended with exit code ${exit.code}`;
}
