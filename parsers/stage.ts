/**
 * How far the boot came, and which fault stopped it. The stage that the runtime saw is coarse (markers alone); the faults say more.
 * `healthy` is said only when the server is up, every condition of `health.ts` holds and the process still lives.
 */
import { beforeFault, failedBefore } from './before-faults.ts';
import type { BeforeRun, BootOutput, Stage } from './boot-output.ts';
import { isDatabaseAway, phaseOf, saysNoConnection, stageOf } from './classify.ts';
import type { Fault, ServerFacts } from './evidence.ts';
import { bySureness } from './found-fault.ts';
import type { FoundFault } from './found-fault.ts';
import { factsOf, healthFaults, healthNotes } from './health.ts';
import { exitFault, hangFault, lastWords } from './line-faults.ts';
import type { Timeline } from './timeline.ts';

export interface Judgement {
  readonly stage: Stage;
  /** The one that stopped the boot first, the rest in printed order. */
  readonly faults: readonly Fault[];
}

/** Judges a boot that came past the installation. */
export function judge(output: BootOutput, found: readonly FoundFault[], timeline: Timeline): Judgement {
  const failed = failedBefore(output);
  if (failed !== undefined) return judgeBefore(output, found, timeline, failed);
  return isUp(output, timeline) ? judgeRunning(output, found, timeline) : judgeStart(output, found, timeline);
}

/**
 * What the project runs before its server failed, and its own start would have ended there. The server was tried all the same: where it does
 * not come up either, its own stage is said, so that a cure of the one is no step back for the other.
 */
function judgeBefore(output: BootOutput, found: readonly FoundFault[], timeline: Timeline, failed: BeforeRun): Judgement {
  const own: Fault = beforeFault(output, failed);
  if (!isUp(output, timeline)) {
    const { stage, faults } = judgeStart(output, found, timeline);
    return { stage, faults: [...faults, own] };
  }
  const earlier = found.filter(({ fault }) => fault.during !== 'request' && (timeline.waiting === -1 || fault.from < timeline.waiting));
  const [first] = earlier.toSorted(bySureness);
  const cause = first === undefined ? own : asStart(first.fault);
  const away = cause.form === 'exception' ? stageOf(cause.chain, 'lifespan') === 'connect' : saysNoConnection(cause.text);
  return { stage: away ? 'connect' : 'lifespan', faults: firstly(cause, [...others(found, first?.fault), ...(cause === own ? [] : [own])]) };
}

/** With `--reload` a parent listens while its child is dead, so only the startup line or an answer counts. */
function isUp(output: BootOutput, timeline: Timeline): boolean {
  return output.markers.complete || timeline.complete !== -1 || output.probes.some((probe) => probe.status !== undefined);
}

function judgeStart(output: BootOutput, found: readonly FoundFault[], timeline: Timeline): Judgement {
  const silent = [exitFault(output), hangFault(output)].filter((one) => one !== null);
  const spoken = found.filter((one) => one.fault.during === 'start' && one.weight >= 0);
  const [first] = [...spoken, ...silent].sort(bySureness);
  const background = found.filter((one) => one !== first).map((one) => one.fault);
  const rest = [...background, ...silent.filter((one) => one !== first && (one.weight > 0 || first === undefined)).map((one) => one.fault)];
  if (!first) return { stage: coarse(output, timeline), faults: [unknownFault(output), ...rest] };
  const stage = startStage(output, first.fault, timeline);
  return { stage: stage === 'lifespan' && isGivenUp(first.fault, found) ? 'connect' : stage, faults: [first.fault, ...rest] };
}

/** The code raised an error of its own after its attempts to reach the database were logged: `RuntimeError: the database never came up`. */
function isGivenUp(fault: Fault, found: readonly FoundFault[]): boolean {
  const ownWords = fault.form !== 'exception' || fault.chain.at(-1)?.frames.at(-1)?.owner === 'tree';
  return ownWords && found.some((one) => one.fault !== fault && one.fault.during === 'start' && isDatabaseAway(one.fault));
}

const SERVER_STAGES: Readonly<Partial<Record<ServerFacts['problem'], Stage>>> = { bind: 'bind', alembic: 'lifespan' };

function startStage(output: BootOutput, fault: Fault, timeline: Timeline): Stage {
  const waited = timeline.waiting !== -1 && (fault.from === -1 || fault.from >= timeline.waiting);
  if (fault.form === 'exception') return stageOf(fault.chain, phaseOf(fault.chain, waited));
  if (saysNoConnection(fault.text) && fault.form !== 'exit') return 'connect';
  if (fault.form === 'server') return SERVER_STAGES[fault.server?.problem ?? 'usage'] ?? 'import';
  if (fault.form === 'hang' && /\/(?:asyncpg|psycopg2?|aiomysql|redis|motor|pymongo)\//.test(fault.text)) return 'connect';
  return coarse(output, timeline);
}

/** What the markers alone say, for faults that say nothing themselves. */
function coarse(output: BootOutput, timeline: Timeline): Stage {
  if (output.markers.waiting || timeline.waiting !== -1) return 'lifespan';
  return output.stage === 'healthy' || output.stage === 'health' || output.stage === 'settle' ? 'health' : output.stage === 'bind' || output.stage === 'lifespan' ? output.stage : 'import';
}

function unknownFault(output: BootOutput): Fault {
  const summary = 'The server did not start, and nothing says why';
  const text = [summary, ...lastWords(output)].join('\n');
  return { form: 'log', during: 'start', chain: [], validation: [], summary, text, from: -1, to: -1 };
}

function judgeRunning(output: BootOutput, found: readonly FoundFault[], timeline: Timeline): Judgement {
  const bind = found.find((one) => one.fault.server?.problem === 'bind');
  if (bind) return { stage: 'bind', faults: firstly(asStart(bind.fault), others(found, bind.fault)) };
  if (output.exit) return judgeDeath(output, found);
  const broken = healthFaults(output, found, timeline);
  const notes = healthNotes(output).filter((note) => !broken.some((fault) => fault.http?.path === note.http?.path));
  const known = found.map((one) => one.fault);
  // A reloader outlives its dead worker: no exit, no failed answer, and still nobody there when the settle window ended.
  if (broken.length === 0 && output.stage === 'settle') return judgeDeath(output, found);
  if (broken.length === 0) return { stage: 'healthy', faults: [...known.filter((fault) => fault.server?.problem !== 'factory-detected'), ...notes] };
  // Who did not answer in time was asked where it waits; that says more than the silence.
  const hang = hangFault(output);
  const told = [...(hang ? [hang.fault] : []), ...withProbe(broken, output)];
  const cause = causeOf(told, found) ?? told[0];
  const rest = [...known, ...told].filter((fault) => !isSame(fault, cause));
  return { stage: 'health', faults: firstly(cause ?? unknownFault(output), [...unique(rest), ...notes]) };
}

/** Up once, dead now. What was printed as background before is the cause when the interpreter printed it on its way out. */
function judgeDeath(output: BootOutput, found: readonly FoundFault[]): Judgement {
  const exit = exitFault(output)?.fault;
  const [cause] = found.filter((one) => one.fault.during !== 'request' && (one.weight >= 2 || one.fault.during === 'shutdown')).sort(bySureness);
  const first = cause ? asStart(cause.fault) : (exit ?? unknownFault(output));
  const stage = first.form === 'exception' && stageOf(first.chain, 'lifespan') === 'bind' ? 'bind' : 'settle';
  return { stage, faults: firstly(first, [...others(found, cause?.fault), ...(exit && exit !== first ? [exit] : [])]) };
}

function asStart(fault: Fault): Fault {
  return fault.during === 'background' ? { ...fault, during: 'start' } : fault;
}

/** An exception while answering belongs to the probe that failed. */
function withProbe(broken: readonly Fault[], output: BootOutput): Fault[] {
  const failing = output.probes.findLast((probe) => (probe.status ?? 0) >= 500 && probe.purpose === 'health') ?? output.probes.findLast((probe) => (probe.status ?? 0) >= 500);
  return broken.map((fault) => (fault.form === 'exception' && fault.during === 'request' && failing ? { ...fault, http: factsOf(failing) } : fault));
}

/** The exception says more than the status it led to; what the database said more than that its access does not work. */
function causeOf(broken: readonly Fault[], found: readonly FoundFault[]): Fault | undefined {
  if (broken[0]?.form === 'hang') return broken[0];
  const raised = broken.find((fault) => fault.form === 'exception' && fault.during === 'request') ?? broken.find((fault) => fault.form === 'exception');
  if (raised) return raised;
  if (broken[0]?.form !== 'database') return broken[0];
  return broken.find((fault) => fault.form === 'log' && fault.from !== -1) ?? found.find((one) => one.fault.form === 'exception' && one.fault.during === 'background' && stageOf(one.fault.chain, 'lifespan') === 'connect')?.fault ?? broken[0];
}

function others(found: readonly FoundFault[], but: Fault | undefined): Fault[] {
  return found.map((one) => one.fault).filter((fault) => fault !== but);
}

function firstly(first: Fault, rest: readonly Fault[]): Fault[] {
  return [first, ...rest];
}

function isSame(a: Fault, b: Fault | undefined): boolean {
  return a === b || (b !== undefined && a.from !== -1 && a.from === b.from && a.form === b.form && a.summary === b.summary);
}

function unique(faults: readonly Fault[]): Fault[] {
  return faults.filter((fault, at) => faults.findIndex((other) => isSame(other, fault)) === at);
}
