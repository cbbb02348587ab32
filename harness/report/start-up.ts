/** How long the start took and on what, and what the declared GET routes answered: from the boots of the tree as it was left. */
import type { Finding } from '../../scenarios/types.ts';
import { SLOW_START } from '../../parsers/slow-start.ts';
import type { BootRecord, LoopResult } from '../types.ts';
import { finalBoot } from './checks.ts';
import type { AuditReport, Recommendation } from './schema.ts';

type Profile = NonNullable<AuditReport['profile']>;
type Answer = NonNullable<AuditReport['routes']>[number];

export function profileOf(result: Pick<LoopResult, 'boots' | 'kept' | 'final'>): Profile | undefined {
  const boot = finalBoot(result);
  const { import: loading, lifespan, health } = boot?.output.timings ?? {};
  if (boot === undefined || loading === undefined) return undefined;
  const start = loading + (lifespan ?? 0);
  // A machine that is busy with something else makes one start slow, and not the other.
  const quickest = Math.min(...result.boots.filter((one) => (one.purpose === 'confirm' || one.purpose === 'restart') && one.output.timings.import !== undefined)
    .map(({ output: { timings } }) => (timings.import ?? 0) + (timings.lifespan ?? 0)), start);
  return {
    boot: boot.number, start_seconds: round(start), import_seconds: round(loading), lifespan_seconds: lifespan === undefined ? null : round(lifespan), health_seconds: health === undefined ? null : round(health),
    slow: quickest > SLOW_START, ...spentOn(result.boots),
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

/** The finding about a slow start: of the last boot that was looked into, because a confirmation runs without anything of ours. */
export function slowStart(profile: Profile | undefined, boots: readonly BootRecord[]): readonly Finding[] {
  if (profile?.slow !== true) return [];
  const found = boots.flatMap(({ findings }) => findings.filter(({ kind }) => kind === 'slow-start'));
  const best = found.findLast(({ line }) => line !== undefined) ?? found.at(-1);
  return best === undefined ? [] : [best];
}

/** What is left to say of a slow start whose time no boot could lay to anything that could be moved. */
export function unexplainedStart(profile: Profile | undefined, found: readonly Finding[]): readonly Recommendation[] {
  return profile?.slow !== true || found.length > 0 ? [] : [{
    priority: 'LOW', description: `The start takes ${profile.start_seconds} s, and no line of the backend and no heavy package takes most of it: look at the profile in the report, and start it once on an idle machine.`,
    impact: `The server answers nothing in the first ${SLOW_START} s and more.`,
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
