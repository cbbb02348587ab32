/** How long the start took and on what, and what the declared GET routes answered: from the boots of the tree as it was left. */
import type { Finding } from '../../scenarios/types.ts';
import type { BootRecord, LoopResult } from '../types.ts';
import { finalBoot } from './checks.ts';
import type { AuditReport, Recommendation } from './schema.ts';

type Profile = NonNullable<AuditReport['profile']>;
type Answer = NonNullable<AuditReport['routes']>[number];

/** Seconds from which on a start is worth a word. */
export const SLOW_START = 5;

export function profileOf(result: Pick<LoopResult, 'boots' | 'kept' | 'final'>): Profile | undefined {
  const boot = finalBoot(result);
  const { import: loading, lifespan, health } = boot?.output.timings ?? {};
  if (boot === undefined || loading === undefined) return undefined;
  const start = loading + (lifespan ?? 0);
  return { boot: boot.number, start_seconds: round(start), import_seconds: round(loading), lifespan_seconds: lifespan === undefined ? null : round(lifespan), health_seconds: health === undefined ? null : round(health), slow: start > SLOW_START };
}

/** The part that takes longest, and what could move where. Blocking calls that the rules saw are named by line. */
export function slowStart(profile: Profile | undefined, notes: readonly Finding[]): readonly Recommendation[] {
  if (profile === undefined || !profile.slow) return [];
  const blocking = notes.filter(({ kind }) => kind === 'blocking-call-in-startup').map(({ file, line, facts }) => `${file}:${line ?? ''} (${facts['call'] ?? ''})`);
  const loading = profile.import_seconds >= (profile.lifespan_seconds ?? 0);
  const named = blocking.length === 0 ? '' : ` It waits at ${blocking.join(', ')}.`;
  return [{
    priority: 'MEDIUM',
    description: loading
      ? `Loading the modules takes ${profile.import_seconds} of ${profile.start_seconds} s: import what is heavy where it is used, and move what is computed at module level into the lifespan.`
      : `The lifespan takes ${profile.lifespan_seconds ?? 0} of ${profile.start_seconds} s: start what requests do not need as a task of its own, and hand what blocks to a thread.${named}`,
    impact: `The start takes more than ${SLOW_START} s, in which the server answers nothing; \`python -X importtime\` says which packages the imports are spent on.`,
  }];
}

/** One row for each declared GET without parameters; what the fresh place answered counts most. */
export function routeAnswers({ boots }: Pick<LoopResult, 'boots'>): readonly Answer[] {
  const asked = boots.filter(({ purpose }) => purpose === 'confirm' || purpose === 'restart' || purpose === 'attempt' || purpose === 'baseline');
  const boot = asked.findLast((one) => routeProbes(one).length > 0);
  const rows = new Map<string, Answer>();
  for (const { path, status, error } of boot === undefined ? [] : routeProbes(boot)) {
    rows.set(path, { path, status: status ?? null, ok: status !== undefined && status < 500, ...(error === undefined ? {} : { error }), boot: boot?.number ?? 1 });
  }
  return [...rows.values()];
}

function routeProbes({ output }: BootRecord): BootRecord['output']['probes'] {
  return output.probes.filter(({ purpose }) => purpose === 'route');
}

function round(seconds: number): number {
  return Math.round(seconds * 1000) / 1000;
}
