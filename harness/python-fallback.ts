/**
 * `--python-fallback`: does the tree, as it is, start on an older Python? The newest one that boots is a finding beside the fixes for the wanted
 * one; it never turns a run healthy (R9). Each Python gets one boot in a place of its own.
 */
import { HarnessError } from '../agent/errors.ts';
import type { Runtime } from '../agent/runtime.ts';
import type { Finding } from '../scenarios/types.ts';
import { manifestOf } from '../scenarios/mechanisms/distributions.ts';
import { loopDeps } from './loop-deps.ts';
import type { LoopDepsFacts } from './loop-deps.ts';
import type { RunUi } from './options.ts';
import type { Recommendation } from './report/schema.ts';
import type { LoopResult } from './types.ts';

/** Older Pythons that are tried, the newest first. */
const OLDER = ['3.13', '3.12', '3.11'] as const;

export interface Fallback {
  /** `3.13.0` */
  readonly python: string;
  readonly runtime: Runtime['facts']['name'];
}

/** The newest older Python on which the original tree is healthy; undefined when there is none among those that can be had here. */
export async function findFallback(
  wanted: string, facts: Omit<LoopDepsFacts, 'runtime'>, openRuntime: (python: string) => Promise<Runtime>, signal: AbortSignal,
): Promise<Fallback | undefined> {
  for (const python of OLDER.filter((older) => minorOf(older) < minorOf(wanted))) {
    facts.ui.step(`trying Python ${python}`);
    const runtime = await openRuntime(python).catch((error: unknown) => {
      if (!(error instanceof HarnessError)) throw error;
      facts.ui.note(`Python ${python} was not tried: ${error.message} ${error.why}`);
    });
    // The embedded runtime takes another Python where the wanted one is missing.
    if (runtime === undefined || minorOf(runtime.facts.python) !== minorOf(python)) continue;
    const stage = await stageOn(runtime, facts, signal);
    facts.ui.note(`On Python ${runtime.facts.python} the backend as it is ${stage === 'healthy' ? 'starts' : `stops at ${stage}`}.`);
    if (stage === 'healthy') return { python: runtime.facts.python, runtime: runtime.facts.name };
  }
  return undefined;
}

async function stageOn(runtime: Runtime, facts: Omit<LoopDepsFacts, 'runtime'>, signal: AbortSignal): Promise<string> {
  await using deps = await loopDeps({ ...facts, runtime, ui: onlyWords(facts.ui), journal: () => undefined }, signal);
  await deps.write(new Map());
  const output = await deps.boot({ number: 0, purpose: 'baseline', source: facts.source, texts: new Map() }, signal);
  return deps.parse(output).stage;
}

/** These boots are none of the run's numbered ones. */
function onlyWords(ui: RunUi): RunUi {
  return { ...ui, bootStarted: () => undefined, bootEnded: () => undefined, progress: () => undefined, journal: () => undefined };
}

function minorOf(version: string): number {
  return Number(version.split('.')[1] ?? 0);
}

/** The result with the finding, where the wanted Python stays unhealthy; it says what a person can choose instead. */
export function withFallback(result: LoopResult, wanted: string, { python }: Fallback): LoopResult {
  const older = python.split('.').slice(0, 2).join('.');
  const finding: Finding = {
    kind: 'older-python-boots', stage: result.stageBefore, severity: 'CRITICAL', category: 'DEPENDENCY', file: manifestOf(result.source),
    facts: { wanted, python: older },
    what: `The backend as it is starts on Python ${older}, and not on ${wanted}.`,
    why: `The very same files and requirements were booted on Python ${python} and were healthy there: what stops them is Python ${wanted}, or what can be installed on it.`,
    todo: `Either run it on Python ${older} for now (for instance from the image python:${older}-slim), or make it ready for ${wanted} with what is listed above.`,
    candidates: [],
  };
  return { ...result, unresolved: [...result.unresolved, finding] };
}

/** The same, beside a heal: a person chooses. */
export function fallbackAdvice(wanted: string, { python }: Fallback): Recommendation {
  const older = python.split('.').slice(0, 2).join('.');
  return {
    priority: 'LOW', description: `The backend as it is, without any fix, starts on Python ${older}.`,
    impact: `Staying on ${older} needs no change now; the fixes above make it start on ${wanted}.`,
  };
}
