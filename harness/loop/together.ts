/**
 * Several fixes in one boot. The fault that the boot showed is cured first, in memory; what the boot showed besides, and what the rules
 * foresee behind it, is cured on top, as long as each fix is sure and fits the tree as the ones before left it. One boot judges them all.
 * When it disagrees, the first fix is tried alone, as if nobody had foreseen anything, and the others wait until a boot shows their fault.
 * Minimising then drops each one by itself: that is the proof of each, and without it nothing is taken together.
 */
import { fingerprint } from '../../scenarios/types.ts';
import { foretell } from '../audit/foretell.ts';
import { asIn } from '../report/lines.ts';
import { amputates, shrunk } from './amputation.ts';
import { applyFix } from './apply.ts';
import { knownOf } from './attempt.ts';
import type { Judge, Run, Step } from './attempt.ts';
import { applicable, blocks } from './choose.ts';
import type { Choice } from './choose.ts';
import { judge } from './judge.ts';
import { foreseenIn } from './prediction.ts';
import { isHealthy } from './session.ts';
import type { State } from './session.ts';

/** More would make a boot that disagrees say too little. */
const MOST = 8;

interface Member extends Choice {
  readonly from: State;
  readonly to: State;
}

/** Whether the group was booted and kept; false also when there was nobody to go with the first. */
export async function attemptTogether(run: Run, first: Choice, by: Judge): Promise<boolean> {
  const { session } = run;
  const before = run.record;
  if (!before || !session.options.minimise || by.name !== 'attempt' || session.left() < 2) return false;
  // One of several versions is a try: where it fails, those that went with it would be doubted for nothing.
  if (first.fix.release !== undefined) return false;
  const members = await gather(run, first);
  const last = members.at(-1);
  if (!last || members.length < 2 || by.seen.has(last.to.key)) return false;

  const began = session.elapsed();
  const hides = foretell(members.map(({ finding }) => finding), run.state.source).hides;
  for (const { finding, fix } of members) session.emit({ type: 'try', fingerprint: fingerprint(finding), title: fix.title, safety: fix.safety, edits: fix.edits });
  const after = await by.boot(last.to);
  const seconds = session.elapsed() - began;
  const verdict = judge(first.finding, before, after, { from: run.state.source, to: last.to.source });
  const left = members.filter(({ finding }) => after.findings.some((other) => fingerprint(other) === fingerprint(finding)));
  const loss = shrunk(knownOf(run), after);
  const why = !verdict.keep ? verdict.why : left.length > 0 ? `${left[0]?.finding.what ?? ''} It is still there.` : loss;
  if (why !== undefined) {
    for (const { finding } of members.slice(1)) run.doubted.add(fingerprint(finding));
    for (const { finding, fix } of members) session.emit({ type: 'take-back', fingerprint: fingerprint(finding), title: fix.title, before: before.number, after: after.number, seconds, why: `Taken together with ${members.length - 1} more: ${why}` });
    await session.deps.write(run.state.texts);
    return false;
  }
  const base = run.state;
  const group = Symbol(first.fix.title);
  const steps = members.map(({ finding, fix, from, to }, at): Step => ({
    finding: asIn(base.source.files, from.source.files, finding), fix, edits: fix.edits, from, to, before, after, tidy: false, group,
    ...(finding.line === undefined ? {} : { lineThere: finding.line }),
    hides: [...(at === 0 ? members.slice(1).map((other) => fingerprint(other.finding)).filter((name) => !before.findings.some((one) => fingerprint(one) === name)) : hides[fingerprint(finding)] ?? [])],
  }));
  run.steps = [...run.steps, ...steps];
  run.state = last.to;
  run.record = after;
  for (const { finding, fix } of members) session.emit({ type: 'keep', fingerprint: fingerprint(finding), title: fix.title, before: before.number, after: after.number, seconds, why: isHealthy(after) ? 'The server is healthy with it.' : `The fault is gone; the boot came to ${after.evidence.stage}.` });
  return true;
}

/** The first fix and those that go with it, each on the tree that the ones before it left. */
async function gather(run: Run, first: Choice): Promise<readonly Member[]> {
  const members: Member[] = [];
  const asked = new Set<string>();
  for (let next: Choice | undefined = first; next && members.length < MOST; next = companion(run, members, asked)) {
    asked.add(fingerprint(next.finding));
    const from: State = members.at(-1)?.to ?? run.state;
    const to = await laidOver(run, from, next);
    if (to !== undefined) members.push({ ...next, from, to });
    else if (members.length === 0) return [];
  }
  return members;
}

async function laidOver(run: Run, from: State, { fix }: Choice): Promise<State | undefined> {
  const applied = await applyFix(from, fix, run.session.deps.syntaxProblem);
  if ('problem' in applied) return undefined;
  const to = await run.session.stateOf(applied.texts);
  const files = [...new Set(fix.edits.map((edit) => edit.file))];
  return amputates(from.source, to.source, files, run.standing) === undefined ? to : undefined;
}

/** A fault that is foreseen in the tree as the group left it, and has a fix of which nobody needs to be asked. */
function companion(run: Run, members: readonly Member[], asked: ReadonlySet<string>): Choice | undefined {
  const state = members.at(-1)?.to;
  const shown = new Set(run.record?.findings.filter((finding) => blocks(finding)).map(fingerprint));
  if (state === undefined) return undefined;
  const open = foreseenIn(run, state).filter((finding) => !asked.has(fingerprint(finding)) && !run.doubted.has(fingerprint(finding)));
  // In the order in which the start would meet them: what is cured late can hide what was cured early.
  for (const finding of foretell(open, state.source).order) {
    const [fix] = applicable(finding, run.session.options);
    const sure = fix !== undefined && (fix.safety === 'safe' || shown.has(fingerprint(finding)));
    if (sure && finding.severity === 'CRITICAL' && !run.rejected.some((one) => fingerprint(one.finding) === fingerprint(finding))) return { finding, fix };
  }
  return undefined;
}
