/**
 * The search for fixes: choose, try, and at a dead end take kept fixes back in reverse order until one of them has an alternative that
 * was not tried. Ends `healthy`, `stuck` (nothing left to try) or `limit`.
 */
import { endsInPackage } from '../../scenarios/mechanisms/faults.ts';
import { fingerprint } from '../../scenarios/types.ts';
import { attempt } from './attempt.ts';
import type { Judge, Run, Step } from './attempt.ts';
import { applicable, chooseNext } from './choose.ts';
import type { Choice } from './choose.ts';
import { reach, stalled } from './judge.ts';
import { isHealthy } from './session.ts';
import { askOutside } from './outside.ts';
import { attemptTogether } from './together.ts';
import type { State } from './session.ts';
import type { BootRecord } from '../types.ts';

export async function search(run: Run, by: Judge): Promise<'healthy' | 'stuck' | 'limit'> {
  const { options } = run.session;
  const floor = run.steps.length;
  const tried = new Set<string>();
  const nameOf = (state: State, { finding, fix }: Choice): string => `${state.key} ${fingerprint(finding)} ${fix.title}`;
  const asks = new Map<string, number>();
  let forced: Choice | undefined;
  for (;;) {
    if (!run.record) throw new Error('search begins after the first boot');
    if (isHealthy(run.record)) return 'healthy';
    const choice = forced ?? chooseNext(run.record, (one) => tried.has(nameOf(run.state, one)), options);
    forced = undefined;
    if (choice) {
      if (run.session.left() <= 0) return end(run, 'limit');
      if (await attemptTogether(run, choice, by)) continue;
      tried.add(nameOf(run.state, choice));
      const kept = await attempt(run, choice, by);
      const step = run.steps.at(-1);
      if (kept && step && stalled(step.before, step.after)) await contest(run, step, by, { has: (one) => tried.has(nameOf(step.from, one)), add: (one) => tried.add(nameOf(step.from, one)) });
      continue;
    }
    remember(run);
    const untried = (step: Step, spares: boolean): Choice | undefined =>
      alternative(step, (one) => (one.fix.spare === true && !spares) || tried.has(nameOf(step.from, one)), options);
    const wayBack = (spares: boolean): number => run.steps.findLastIndex((step, at) => at >= floor && (step.group !== undefined || untried(step, spares) !== undefined));
    const plain = wayBack(false);
    // A version that installs and cannot run shows itself only here: then the further versions are no spares any more.
    const last = run.record.evidence.faults.find(({ chain }) => chain.length > 0)?.chain.at(-1);
    const spares = plain < 0 && last !== undefined && endsInPackage(last);
    const back = spares ? wayBack(true) : plain;
    const target = run.steps[back];
    if (!target) {
      returnToBest(run);
      forced = run.session.left() > 0 ? await askOutside(run, asks) : undefined;
      if (!forced) return 'stuck';
      continue;
    }
    if (run.takenBack >= options.maxTakeBacks) return end(run, 'limit');
    if (target.group !== undefined) {
      await dissolve(run, target.group);
      continue;
    }
    forced = untried(target, spares);
    await takeBackTo(run, back);
  }
}

interface Tried {
  has(choice: Choice): boolean;
  add(choice: Choice): void;
}

/**
 * A kept fix after which the boot stops at the same place under another name may be no cure. The other candidates are tried as well; the
 * first that gets further takes its place, and when none does it stays.
 */
async function contest(run: Run, first: Step, by: Judge, tried: Tried): Promise<void> {
  const { session } = run;
  const { steps, best } = run;
  const returnTo = (to: readonly Step[], state: State, record: BootRecord): void => {
    Object.assign(run, { steps: to, state, record });
  };
  // An interrupt in between must not lose what is proven already.
  run.best = { state: first.to, record: first.after, steps };
  for (let rival = alternative(first, tried.has, session.options); rival && session.left() > 0; rival = alternative(first, tried.has, session.options)) {
    tried.add(rival);
    returnTo(steps.slice(0, -1), first.from, first.before);
    if (!(await attempt(run, rival, by))) continue;
    const second = run.steps.at(-1);
    if (second && !stalled(second.before, second.after)) {
      abandon(run, [first], `Another fix got further: ${second.fix.title}.`);
      run.best = best;
      return;
    }
    if (second) abandon(run, [second], 'It got no further than the candidate before it.');
  }
  returnTo(steps, first.to, first.after);
  run.best = best;
  await session.deps.write(first.to.texts);
}

function alternative(step: Step, skip: (choice: Choice) => boolean, options: { readonly safeOnly: boolean }): Choice | undefined {
  return applicable(step.finding, options).map((fix) => ({ finding: step.finding, fix })).find((choice) => !skip(choice));
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

/** A group led to a dead end: it is taken back whole, and from there one fix is tried at a time. */
async function dissolve(run: Run, group: symbol): Promise<void> {
  for (const step of run.steps) if (step.group === group) run.doubted.add(fingerprint(step.finding));
  await takeBackTo(run, run.steps.findIndex((step) => step.group === group));
  run.rejected = run.rejected.filter(({ finding }) => !run.doubted.has(fingerprint(finding)));
}

function abandon(run: Run, steps: readonly Step[], why: string): void {
  for (const { finding, fix, before, after } of steps.toReversed()) {
    run.session.emit({ type: 'take-back', fingerprint: fingerprint(finding), title: fix.title, before: before.number, after: after.number, seconds: 0, why });
    run.rejected = [...run.rejected, { finding, fix, boot: after.number, why }];
  }
}

/** The first dead end of those that came as far: later ones came from second choices. */
function remember(run: Run): void {
  if (!run.record) return;
  if (run.best && reach(run.record) <= reach(run.best.record)) return;
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
