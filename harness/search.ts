/**
 * The search for fixes: choose, apply, boot, keep or put back; at a dead end kept fixes are taken back in reverse order until one
 * of them has an alternative that was not tried. Ends `healthy`, `stuck` (nothing left to try) or `limit`.
 */
import { stageRank } from '../parsers/boot-output.ts';
import { fingerprint } from '../scenarios/types.ts';
import type { Finding, Fix } from '../scenarios/types.ts';
import type { Edit } from '../source/types.ts';
import { amputates, declaredBy, shrunk } from './amputation.ts';
import type { Known, Standing } from './amputation.ts';
import { applyFix } from './apply.ts';
import { applicable, chooseNext } from './choose.ts';
import type { Choice } from './choose.ts';
import { judge } from './judge.ts';
import type { Verdict } from './judge.ts';
import { isHealthy } from './session.ts';
import type { Session, State } from './session.ts';
import type { BootRecord, RejectedFix } from './types.ts';

/** A kept fix with the trees and boots around it, in discovery order. */
export interface Step {
  readonly finding: Finding;
  readonly fix: Fix;
  /** The fix as laid over `from`; the fix's own edits unless other fixes were dropped below it. */
  readonly edits: readonly Edit[];
  readonly from: State;
  readonly to: State;
  readonly before: BootRecord;
  readonly after: BootRecord;
  /** Done for tidiness: not needed to start, so never dropped for that. */
  readonly tidy: boolean;
}

/** Where the run stands. Kept up to date at every moment, so that an interrupt loses nothing that was proven. */
export interface Run {
  readonly session: Session;
  readonly standing: Standing;
  state: State;
  /** The boot of `state`; undefined before the first. */
  record: BootRecord | undefined;
  steps: readonly Step[];
  rejected: readonly RejectedFix[];
  takenBack: number;
  /** The furthest point so far: where a run ends that finds no way out. */
  best: { readonly state: State; readonly record: BootRecord; readonly steps: readonly Step[] } | undefined;
  minimal: { proven: boolean; boots: number };
  /** The boot that shows what happens without a needed fix. */
  readonly without: Map<Fix, BootRecord>;
  readonly hides: Map<string, Set<string>>;
}

/** How a tree is judged: by an instrumented boot, or by the user's own command in a fresh place. */
export interface Judge {
  readonly name: 'attempt' | 'confirm';
  /** Boots of this judge by State.key. */
  readonly seen: Map<string, BootRecord>;
  boot(state: State): Promise<BootRecord>;
}

export async function search(run: Run, by: Judge): Promise<'healthy' | 'stuck' | 'limit'> {
  const { options } = run.session;
  const floor = run.steps.length;
  const tried = new Set<string>();
  const nameOf = (state: State, { finding, fix }: Choice): string => `${state.key} ${fingerprint(finding)} ${fix.title}`;
  let forced: Choice | undefined;
  for (;;) {
    if (!run.record) throw new Error('search begins after the first boot');
    if (isHealthy(run.record)) return 'healthy';
    const choice = forced ?? chooseNext(run.record, (one) => tried.has(nameOf(run.state, one)), options);
    forced = undefined;
    if (choice) {
      if (run.session.left() <= 0) return end(run, 'limit');
      tried.add(nameOf(run.state, choice));
      await attempt(run, choice, by);
      continue;
    }
    remember(run);
    const back = run.steps.findLastIndex((step, at) => at >= floor && alternative(step, (one) => tried.has(nameOf(step.from, one)), options));
    const target = run.steps[back];
    if (!target) return end(run, 'stuck');
    if (run.takenBack >= options.maxTakeBacks) return end(run, 'limit');
    forced = alternative(target, (one) => tried.has(nameOf(target.from, one)), options);
    await takeBackTo(run, back);
  }
}

function alternative(step: Step, skip: (choice: Choice) => boolean, options: { readonly safeOnly: boolean }): Choice | undefined {
  return applicable(step.finding, options).map((fix) => ({ finding: step.finding, fix })).find((choice) => !skip(choice));
}

/** One fix, from the text in memory to the verdict of a boot. */
export async function attempt(run: Run, { finding, fix }: Choice, by: Judge, tidy = false): Promise<boolean> {
  const { session } = run;
  const before = run.record;
  if (!before) throw new Error('a fix is tried after a boot');
  const began = session.elapsed();
  const name = { fingerprint: fingerprint(finding), title: fix.title };
  session.emit({ type: 'try', ...name, safety: fix.safety, edits: fix.edits });
  const refuse = (why: string, boot: number | null): false => {
    run.rejected = [...run.rejected, { finding, fix, boot, why }];
    session.emit({ type: 'take-back', ...name, before: before.number, after: boot, seconds: session.elapsed() - began, why });
    return false;
  };

  const applied = await applyFix(run.state, fix, session.deps.syntaxProblem);
  if ('problem' in applied) return refuse(applied.problem, null);
  const to = await session.stateOf(applied.texts);
  const twin = by.seen.get(to.key);
  if (twin) return refuse(`Boot ${twin.number} already showed what this very tree does.`, null);
  const files = [...new Set(fix.edits.map((edit) => edit.file))];
  const amputation = amputates(run.state.source, to.source, files, run.standing);
  if (amputation) return refuse(amputation, null);

  const after = await by.boot(to);
  const verdict = verdictOn(run, finding, before, after);
  if (!verdict.keep) {
    await session.deps.write(run.state.texts);
    return refuse(verdict.why, after.number);
  }
  keep(run, { finding, fix, edits: fix.edits, from: run.state, to, before, after, tidy });
  session.emit({ type: 'keep', ...name, before: before.number, after: after.number, seconds: session.elapsed() - began, why: verdict.why });
  return true;
}

function verdictOn(run: Run, finding: Finding, before: BootRecord, after: BootRecord): Verdict {
  const verdict = judge(finding, before, after);
  const loss = verdict.keep ? shrunk(knownOf(run), after) : undefined;
  return loss ? { keep: false, why: loss } : verdict;
}

function keep(run: Run, step: Step): void {
  const hidden = run.hides.get(fingerprint(step.finding)) ?? new Set<string>();
  const seenBefore = new Set(run.session.boots.filter((boot) => boot.number < step.after.number).flatMap((boot) => boot.findings.map(fingerprint)));
  for (const found of step.after.findings.map(fingerprint)) if (!seenBefore.has(found)) hidden.add(found);
  run.hides.set(fingerprint(step.finding), hidden);
  run.steps = [...run.steps, step];
  run.state = step.to;
  run.record = step.after;
}

/** What the loaded app declared at the baseline and after each kept fix: the measure for the next one. */
export function knownOf(run: Run): readonly Known[] {
  const records = [...run.session.boots.slice(0, 1), ...run.steps.map((step) => step.after)];
  return records.flatMap((record) => {
    const names = declaredBy(record);
    return names ? [{ stage: record.evidence.stage, names }] : [];
  });
}

/** Takes back the steps from the last down to `index`, newest first. */
async function takeBackTo(run: Run, index: number): Promise<void> {
  const why = `Led to a dead end: ${run.record?.findings[0]?.what ?? 'nothing was left to try'}`;
  const first = run.steps[index];
  if (!first) return;
  run.takenBack += 1;
  abandon(run, run.steps.slice(index), why);
  run.state = first.from;
  run.record = first.before;
  run.steps = run.steps.slice(0, index);
  await run.session.deps.write(run.state.texts);
}

function abandon(run: Run, steps: readonly Step[], why: string): void {
  for (const { finding, fix, before, after } of steps.toReversed()) {
    run.session.emit({ type: 'take-back', fingerprint: fingerprint(finding), title: fix.title, before: before.number, after: after.number, seconds: 0, why });
    run.rejected = [...run.rejected, { finding, fix, boot: after.number, why }];
  }
}

/** The first dead end of the furthest stage: later ones of the same stage came from second choices. */
function remember(run: Run): void {
  if (!run.record) return;
  if (run.best && stageRank(run.record.evidence.stage) <= stageRank(run.best.record.evidence.stage)) return;
  run.best = { state: run.state, record: run.record, steps: run.steps };
}

/** Ends at the furthest point that was seen. */
function end<T extends 'stuck' | 'limit'>(run: Run, how: T): T {
  returnToBest(run);
  return how;
}

export function returnToBest(run: Run): void {
  remember(run);
  if (!run.best || run.best.state === run.state || (run.record && isHealthy(run.record))) return;
  run.session.emit({ type: 'note', text: `No way out was found; the furthest point is put back, boot ${run.best.record.number} (${run.best.record.evidence.stage}).` });
  const { steps: best } = run.best;
  abandon(run, run.steps.filter((step) => !best.includes(step)), `Led no further than ${run.record?.evidence.stage ?? 'the start'}.`);
  run.state = run.best.state;
  run.record = run.best.record;
  run.steps = run.best.steps;
  const kept = new Set(run.steps.map((step) => `${fingerprint(step.finding)} ${step.fix.title}`));
  run.rejected = run.rejected.filter((one) => !kept.has(`${fingerprint(one.finding)} ${one.fix.title}`));
}
