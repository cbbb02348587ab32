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
  return {
    boot: boot.number, start_seconds: round(start), import_seconds: round(loading), lifespan_seconds: lifespan === undefined ? null : round(lifespan), health_seconds: health === undefined ? null : round(health),
    slow: start > SLOW_START, ...spentOn(result.boots),
  };
}

/** Times of less than this say more about the machine than about the app. */
const WORTH_NAMING = 0.05;
const MOST_NAMED = 10;

/** On what, as the last boot showed that was looked into. A fork has packages imported already: what imports take, only a cold start tells. */
function spentOn(boots: readonly BootRecord[]): Pick<Profile, 'imports' | 'lines' | 'connect_seconds' | 'migrations_seconds' | 'sampled_boot'> {
  const sampled = boots.filter(({ output }) => output.samples !== undefined);
  const boot = sampled.findLast(({ output }) => output.start?.how !== 'fork') ?? sampled.at(-1);
  const samples = boot?.output.samples;
  if (boot === undefined || samples === undefined) return {};
  const tree = `${boot.output.paths.tree.replace(/\/$/, '')}/`;
  const lines = samples.lines.filter(({ file, seconds }) => file.startsWith(tree) && seconds >= WORTH_NAMING).map(({ file, line, seconds }) => ({ file_path: file.slice(tree.length), line_number: line, seconds: round(seconds) }));
  return {
    ...(boot.output.start?.how === 'fork' ? {} : { imports: samples.imports.filter(({ seconds }) => seconds >= WORTH_NAMING).slice(0, MOST_NAMED).map(({ name, seconds }) => ({ package: name, seconds: round(seconds) })) }),
    lines: lines.slice(0, MOST_NAMED), connect_seconds: round(samples.connect ?? 0), migrations_seconds: round(samples.migrations ?? 0), sampled_boot: boot.number,
  };
}

/** The part that takes longest, and what could move where. Blocking calls that the rules saw are named by line. */
export function slowStart(profile: Profile | undefined, notes: readonly Finding[]): readonly Recommendation[] {
  if (profile === undefined || !profile.slow) return [];
  const blocking = notes.filter(({ kind }) => kind === 'blocking-call-in-startup').map(({ file, line, facts }) => `${file}:${line ?? ''} (${facts['call'] ?? ''})`);
  const loading = profile.import_seconds >= (profile.lifespan_seconds ?? 0);
  const seen = (profile.lines ?? []).filter(({ seconds }) => seconds >= 1).slice(0, 3).map((line) => `${line.file_path}:${line.line_number} (${line.seconds} s)`);
  const placeOf = (said: string): string => said.split(' ')[0] ?? said;
  const waits = [...seen, ...blocking.filter((one) => !seen.some((other) => placeOf(other) === placeOf(one)))];
  const named = waits.length === 0 ? '' : ` The time goes to ${waits.join(', ')}.`;
  const heavy = (profile.imports ?? []).slice(0, 3).map((one) => `${one.package} (${one.seconds} s)`);
  const most = heavy.length === 0 ? '' : `, most of it ${heavy.join(', ')}`;
  return [{
    priority: 'MEDIUM',
    description: loading
      ? `Loading the modules takes ${profile.import_seconds} of ${profile.start_seconds} s${most}: import what is heavy where it is used, and move what is computed at module level into the lifespan.${named}`
      : `The lifespan takes ${profile.lifespan_seconds ?? 0} of ${profile.start_seconds} s: start what requests do not need as a task of its own, and hand what blocks to a thread.${named}`,
    impact: `The start takes more than ${SLOW_START} s, in which the server answers nothing; the profile in the report says on which packages and lines the time is spent.`,
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
