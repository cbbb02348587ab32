/**
 * 1-minimal, proven: each kept fix is dropped in turn and the rest booted. What is not needed is dropped for good, and the round
 * begins again, because a fix can be needed only beside another. A tree that was booted before is not booted again: its boot is the proof.
 */
import { fingerprint } from '../../scenarios/types.ts';
import type { Edit } from '../../source/types.ts';
import { applyEdits } from '../../source/edits.ts';
import { asIn } from '../report/lines.ts';
import { shrunk } from './amputation.ts';
import { newlyBroken } from './apply.ts';
import { rebase } from './rebase.ts';
import { knownOf } from './attempt.ts';
import type { Judge, Run, Step } from './attempt.ts';
import { isHealthy } from './session.ts';
import type { Session, State } from './session.ts';
import type { BootRecord } from '../types.ts';

/** Leaves run.steps minimal and run.minimal honest: `proven` is false when the limit came first. */
export async function minimise(run: Run, by: Judge): Promise<void> {
  const proofs = new Set<number>();
  const needed = new Set<Step>();
  run.minimal = { proven: false, boots: 0 };
  for (;;) {
    const step = run.steps.findLast((one) => !one.tidy && !needed.has(one));
    if (!step) break;
    const rest = await without(run, step);
    const record = by.seen.get(rest.state.key) ?? (run.session.left() > 0 ? await by.boot(rest.state) : undefined);
    if (!record) return;
    proofs.add(record.number);
    run.minimal = { proven: false, boots: proofs.size };
    const stays = !isHealthy(record) || shrunk(knownOf(run), record) !== undefined;
    run.session.emit({ type: 'minimise', fingerprint: fingerprint(step.finding), title: step.fix.title, boot: record.number, needed: stays });
    if (stays) {
      needed.add(step);
      run.without.set(step.fix, record);
      continue;
    }
    needed.clear();
    dropTo(run, rest, record);
    await run.session.deps.write(run.state.texts);
  }
  await run.session.deps.write(run.state.texts);
  run.minimal = { proven: true, boots: proofs.size };
}

interface Rest {
  readonly state: State;
  readonly steps: readonly Step[];
}

function dropTo(run: Run, rest: Rest, record: BootRecord): void {
  const left = new Set(rest.steps.map((step) => step.fix));
  const gone = run.steps.filter((step) => !left.has(step.fix));
  run.rejected = [...run.rejected, ...gone.map(({ finding, fix }) => ({ finding, fix, boot: record.number, why: 'Not needed: the server is healthy without it.' }))];
  run.steps = rest.steps;
  run.state = rest.state;
  run.record = record;
}

/** The tree without one fix. Fixes that were written on top of its text cannot stand without it and go with it. */
async function without(run: Run, dropped: Step): Promise<Rest> {
  const { session } = run;
  const first = run.steps[0];
  let state = first ? first.from : run.state;
  const steps: Step[] = [];
  for (const step of run.steps) {
    if (step === dropped) continue;
    const moved = await carry(session, step, state);
    if (!moved) continue;
    steps.push(moved);
    state = moved.to;
  }
  return { state, steps };
}

async function carry(session: Session, step: Step, onto: State): Promise<Step | undefined> {
  if (step.from.key === onto.key) return step;
  const edits: Edit[] = [];
  for (const file of new Set(step.edits.map((edit) => edit.file))) {
    const own = step.edits.filter((edit) => edit.file === file);
    const base = step.from.source.files.get(file)?.text;
    const now = onto.source.files.get(file)?.text;
    const moved = base === undefined || now === undefined ? (base === now ? own : undefined) : rebase(own, base, now);
    if (!moved) return undefined;
    edits.push(...moved);
  }
  const texts = applyEdits(onto.source.files, edits);
  for (const [file, text] of texts) if (await newlyBroken(onto.source, file, text, session.deps.syntaxProblem)) return undefined;
  const to = await session.stateOf(new Map([...onto.texts, ...texts]));
  return { ...step, edits, from: onto, to, ...placed(step, onto) };
}

/** Its line, in the tree that it now lies on. */
function placed(step: Step, { source: { files } }: State): Pick<Step, 'finding' | 'lineThere'> {
  const { finding, from, lineThere } = step;
  if (step.group === undefined) return { finding: asIn(files, from.source.files, finding) };
  const line = asIn(files, from.source.files, { ...finding, ...(lineThere === undefined ? {} : { line: lineThere }) }).line;
  return { finding, ...(line === undefined ? {} : { lineThere: line }) };
}
