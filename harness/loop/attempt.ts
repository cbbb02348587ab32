/** One fix: laid over the tree in memory, refused there or booted, kept or put back. And what a run knows at any moment. */
import { fingerprint } from '../../scenarios/types.ts';
import type { Finding, Fix } from '../../scenarios/types.ts';
import type { Edit, PackageIndex } from '../../source/types.ts';
import { amputates, declaredBy, shrunk } from './amputation.ts';
import type { Known, Standing } from './amputation.ts';
import { applyFix } from './apply.ts';
import type { Choice } from './choose.ts';
import { judge } from './judge.ts';
import type { Verdict } from './judge.ts';
import { withMoves } from './mend.ts';
import type { Session, State } from './session.ts';
import type { Change } from './uncovered.ts';
import { knownInVain } from './version-search.ts';
import type { BootRecord, RejectedFix } from '../types.ts';

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
  /** Kept together with others in one boot; equal for all of them. */
  readonly group?: symbol;
  /** Of a group: line of the finding in `from`, where `finding.line` is the one before the group. */
  readonly lineThere?: number;
  /** Of a group: fingerprints that were foreseen to come behind this one. */
  readonly hides?: readonly string[];
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
  /** Packages as the last boot had them. */
  readonly packages: { index: PackageIndex | undefined };
  /** What was foreseen for the tree as it came; undefined before the first boot, or when nobody foresees. */
  foreseen: readonly Finding[] | undefined;
  /** Foreseen faults, by fingerprint, that a boot did not agree to fix unseen. */
  readonly doubted: Set<string>;
  /** Rules whose crash was told already. */
  readonly crashed: Set<string>;
  /** The boot that shows what happens without a needed fix. */
  readonly without: Map<Fix, BootRecord>;
}

/** How a tree is judged: by an instrumented boot, or by the user's own command in a fresh place. */
export interface Judge {
  readonly name: 'attempt' | 'confirm';
  /** Boots of this judge by State.key. */
  readonly seen: Map<string, BootRecord>;
  boot(state: State): Promise<BootRecord>;
}

/** One fix, from the text in memory to the verdict of a boot; once more with the pins moved that a package of it excludes. */
export async function attempt(run: Run, choice: Choice, by: Judge, tidy = false): Promise<boolean> {
  const { kept, mended } = await attemptOnce(run, choice, by, tidy);
  return kept || (mended !== undefined && run.session.left() > 0 && (await attemptOnce(run, { ...choice, fix: mended }, by, tidy)).kept);
}

async function attemptOnce(run: Run, { finding, fix }: Choice, by: Judge, tidy: boolean): Promise<{ readonly kept: boolean; readonly mended?: Fix | undefined }> {
  const { session } = run;
  const before = run.record;
  if (!before) throw new Error('a fix is tried after a boot');
  const began = session.elapsed();
  const name = { fingerprint: fingerprint(finding), title: fix.title };
  session.emit({ type: 'try', ...name, safety: fix.safety, edits: fix.edits });
  const refuse = (why: string, boot: number | null): { readonly kept: false } => {
    run.rejected = [...run.rejected, { finding, fix, boot, why }];
    session.emit({ type: 'take-back', ...name, before: before.number, after: boot, seconds: session.elapsed() - began, why });
    return { kept: false };
  };

  const vain = knownInVain({ finding, fix }, run.rejected, session.boots);
  if (vain !== undefined) return refuse(vain, null);
  const applied = await applyFix(run.state, fix, session.deps.syntaxProblem);
  if ('problem' in applied) return refuse(applied.problem, null);
  const to = await session.stateOf(applied.texts);
  const twin = by.seen.get(to.key);
  if (twin) return refuse(`Boot ${twin.number} already showed what this very tree does.`, null);
  const files = [...new Set(fix.edits.map((edit) => edit.file))];
  const amputation = amputates(run.state.source, to.source, files, run.standing);
  if (amputation) return refuse(amputation, null);

  const after = await by.boot(to);
  const verdict = verdictOn(run, finding, { before, after, change: { from: run.state.source, to: to.source } });
  if (!verdict.keep) {
    await session.deps.write(run.state.texts);
    return { ...refuse(verdict.why, after.number), mended: await withMoves(session, { finding, fix, from: run.state, to, before, after }) };
  }
  keep(run, { finding, fix, edits: fix.edits, from: run.state, to, before, after, tidy });
  session.emit({ type: 'keep', ...name, before: before.number, after: after.number, seconds: session.elapsed() - began, why: verdict.why });
  return { kept: true };
}

function verdictOn(run: Run, finding: Finding, { before, after, change }: { readonly before: BootRecord; readonly after: BootRecord; readonly change: Change }): Verdict {
  const verdict = judge(finding, before, after, change);
  const loss = verdict.keep ? shrunk(knownOf(run), after) : undefined;
  return loss ? { keep: false, why: loss } : verdict;
}

function keep(run: Run, step: Step): void {
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
