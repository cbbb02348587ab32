/**
 * This night against the nights before. Pure. A regression is a scenario that was as wanted and is not any more, in every attempt of this
 * night; one that comes out now so, now so is flaky and says nothing about the change that is looked at.
 */
import { isOk, signature } from './result.ts';
import type { Change, NightResult, Row } from './result.ts';
import { keyOf } from './plan.ts';
import { slowness } from './statistics.ts';

/** @param history results of earlier nights of the same scenario and Python, newest first, by `keyOf` */
export function classify(results: readonly NightResult[], history: ReadonlyMap<string, readonly NightResult[]>): readonly Row[] {
  const groups = Map.groupBy(results, keyOf);
  return [...groups].map(([key, attempts]) => rowOf(attempts.toSorted((a, b) => a.attempt - b.attempt), history.get(key) ?? []));
}

/** Worse than before, for sure: what the exit code is about. */
export function isRegression({ change }: Pick<Row, 'change'>): boolean {
  return change === 'regressed' || change === 'changed';
}

function rowOf(attempts: readonly NightResult[], before: readonly NightResult[]): Row {
  const last = attempts.at(-1);
  if (!last) throw new Error('a group has an attempt');
  const samples = before.filter((one) => isOk(one) && signature(one) === signature(last)).map(({ seconds }) => seconds);
  return {
    ...last,
    change: changeOf(attempts, before),
    // The quickest of its attempts: a busy moment is no slowness.
    slower: isOk(last) ? slowness(Math.min(...attempts.map(({ seconds }) => seconds)), samples) : null,
    attempts: attempts.map(({ verdict }) => verdict),
  };
}

function changeOf(attempts: readonly NightResult[], before: readonly NightResult[]): Change {
  const same = new Set(attempts.map((one) => `${isOk(one)} ${signature(one)}`)).size === 1;
  if (!same) return 'flaky';
  const [now] = attempts;
  const [previous] = before;
  if (!now) return 'ok';
  if (!previous) return isOk(now) ? 'new' : 'new-failing';
  if (isOk(now)) {
    if (!isOk(previous)) return 'fixed';
    // A real tree has no wanted verdict: what is usual for it takes its place.
    return now.wants === null && signature(now) !== signature(previous) ? treeChange(now, before) : 'ok';
  }
  if (!isOk(previous)) return 'still-failing';
  return flipsOften(before) ? 'flaky' : 'regressed';
}

function treeChange(now: NightResult, before: readonly NightResult[]): Change {
  const good = ({ verdict }: NightResult): boolean => verdict === 'healthy' || verdict === 'healed';
  const [previous] = before;
  if (good(now) && previous && !good(previous)) return 'fixed';
  return good(now) ? 'ok' : flipsOften(before) ? 'flaky' : 'changed';
}

const RECENT = 10;

/** Two changes of outcome and more in the last ten nights. */
function flipsOften(before: readonly NightResult[]): boolean {
  const recent = before.slice(0, RECENT).map((one) => `${isOk(one)} ${one.verdict}`);
  return recent.filter((one, index) => index > 0 && one !== recent[index - 1]).length >= 2;
}
