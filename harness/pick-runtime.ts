/** `--runtime auto`: a container engine that answers, else the embedded runtime. `boot-check doctor` explains the same choice. */
import type { Runtime } from '../agent/runtime.ts';
import { findEngine } from '../docker/engine.ts';
import { dockerRuntime } from '../docker/runtime.ts';
import { localRuntime } from '../local/runtime.ts';
import type { RunOptions, RunUi } from './options.ts';

/** @throws HarnessError exit 3 when the runtime that was asked for cannot be had */
export async function pickRuntime(
  { runtime, python }: Pick<RunOptions, 'runtime' | 'python'>, ui: Pick<RunUi, 'step' | 'note'>, signal: AbortSignal,
): Promise<Runtime> {
  const docker = (): Promise<Runtime> => dockerRuntime({ python, report: (line) => ui.step(line) }, signal);
  const local = (): Promise<Runtime> => localRuntime({ python }, signal);
  if (runtime === 'docker') return docker();
  if (runtime === 'local') return local();
  const search = await findEngine();
  if (search.found) return docker();
  ui.note(`No container engine answers (${search.why}): booting with the embedded runtime. \`boot-check setup\` readies containers.`);
  return local();
}
