/**
 * The loop: boots a copy of a backend, fixes what stops it, and proves it.
 *
 *   baseline ─► healthy? ──yes──────────────────────────────────────► confirm ─► healthy
 *                  │no
 *                  ▼
 *      ┌─► choose ─► apply ─► parses? ─► boot ─► better? ─keep─┐      (search.ts, choose.ts, attempt.ts, judge.ts)
 *      │                │ no: refuse      │ no: put back       │
 *      └────────────────┴─────────────────┴────────────────────┘      What is foreseen behind the fault goes along when it is sure;
 *                                                                      when the boot disagrees, one at a time (together.ts)
 *                  │ healthy                    │ nothing left to try: take kept fixes back, newest first, try an alternative
 *                  ▼                            ▼
 *      minimise: drop each, boot the rest    stuck
 *                  ▼
 *      tidy (asked for only) ─► uv.lock anew, where a fix changed its manifest (relock.ts) ─► confirm in a fresh place with the user's own command, then restart ─► healed
 *                                  │ red: its findings are worked on like any other, judged by further confirmations; then uv.lock anew, where they changed its manifest
 *
 * It ends in one of six ways, and there is no other:
 *   healthy      the first boot was, and the confirmation too; nothing was edited
 *   healed       it was not, it is now, and the confirmation says so
 *   stuck        something blocks and no fix that is left works; what was proven stays applied
 *   gave-up      a limit was reached first (maxBoots, maxTakeBacks)
 *   interrupted  the signal fired; what was proven until then is in the result
 *   broken       the place, or we, broke: `cause` says how; what was proven until then is in the result
 *
 * A fix is kept when its fingerprint is gone and the stage is not earlier than before, and only if the app lost no route, table,
 * middleware or lifespan step by it. No tree is booted twice. Everything the loop touches comes in as an argument, so a test drives
 * it with a scripted boot and the composition root with a real one:
 *
 *   const result = await heal(deps, { signal, safeOnly, tidy, minimise, ...DEFAULT_LIMITS });
 */
import { fingerprint } from '../../scenarios/types.ts';
import type { Finding } from '../../scenarios/types.ts';
import { standingIn } from './amputation.ts';
import type { Standing } from './amputation.ts';
import { attempt } from './attempt.ts';
import type { Judge, Run } from './attempt.ts';
import { applicable } from './choose.ts';
import { confirming } from './confirm.ts';
import { minimise } from './minimise.ts';
import { foreseenIn } from './prediction.ts';
import { conclude, notesOf } from './result.ts';
import { relock } from './relock.ts';
import { returnToBest, search } from './search.ts';
import { isHealthy, openSession } from './session.ts';
import type { Session, State } from './session.ts';
import type { LoopDeps, LoopOptions, LoopResult, Outcome } from '../types.ts';

export const DEFAULT_LIMITS = { maxBoots: 60, maxTakeBacks: 10 } as const;

/**
 * Runs the loop to one of its six ends. Never throws for a sick app, an interrupt or a broken place.
 * @param standing what the code declares; tests may give their own
 * @throws what `deps.sourceWith` throws for the original tree: without a tree there is nothing to report
 */
export async function heal(deps: LoopDeps, options: LoopOptions, standing: Standing = standingIn): Promise<LoopResult> {
  const packages: Run['packages'] = { index: undefined };
  const lookup: LoopDeps['lookup'] = async (...asked) => (packages.index = await deps.lookup(...asked));
  const session = openSession({ ...deps, lookup }, options);
  const run = newRun(session, await session.stateOf(new Map()), standing, packages);
  const { outcome, cause } = await toTheEnd(run);
  const result = await conclude(run, outcome, cause);
  session.emit({ type: 'end', outcome: result.outcome, boots: session.boots.length, seconds: session.elapsed() });
  return result;
}

function newRun(session: Session, state: State, standing: Standing, packages: Run['packages']): Run {
  return {
    session, standing, state, record: undefined, steps: [], rejected: [], takenBack: 0, best: undefined,
    minimal: { proven: false, boots: 0 }, without: new Map(), packages, foreseen: undefined, doubted: new Set(), crashed: new Set(),
  };
}

async function toTheEnd(run: Run): Promise<{ readonly outcome: Outcome; readonly cause?: unknown }> {
  const { signal } = run.session.options;
  try {
    return { outcome: await phases(run) };
  } catch (error) {
    returnToBest(run);
    if (signal.aborted) return { outcome: 'interrupted' };
    run.session.emit({ type: 'note', text: `The run broke off: ${error instanceof Error ? error.message : String(error)}` });
    return { outcome: 'broken', cause: error };
  } finally {
    // The copy shows what was proven, whatever was being tried. A place that is broken may refuse even that.
    await run.session.deps.write(run.state.texts).catch(() => undefined);
  }
}

async function phases(run: Run): Promise<Outcome> {
  const { session } = run;
  run.record = await session.boot('baseline', run.state);
  if (session.deps.scan) run.foreseen = foreseenIn(run, run.state);
  const attempts: Judge = { name: 'attempt', seen: session.seen, boot: (state) => session.boot('attempt', state) };
  const drops: Judge = { ...attempts, boot: (state) => session.boot('minimise', state) };

  const found = await search(run, attempts);
  if (found !== 'healthy') return found === 'limit' ? 'gave-up' : 'stuck';
  if (session.options.minimise) await minimise(run, drops);
  if (session.options.tidy) await tidy(run, attempts);
  await relock(run, attempts);
  return confirmed(run);
}

/** Applies the safe fixes of what does not block, one boot each; every one changes the offsets of the rest, so notes are asked anew. */
async function tidy(run: Run, by: Judge): Promise<void> {
  const tried = new Set<string>();
  for (;;) {
    const notes: readonly Finding[] = await notesOf(run, { ask: true });
    const next = notes.find((finding) => !tried.has(fingerprint(finding)) && applicable(finding, { safeOnly: true }).length > 0);
    const fix = next && applicable(next, { safeOnly: true })[0];
    if (!next || !fix || run.session.left() <= 0) return;
    tried.add(fingerprint(next));
    await attempt(run, { finding: next, fix }, by, true);
  }
}

async function confirmed(run: Run): Promise<Outcome> {
  const by = confirming(run.session);
  run.record = await by.boot(run.state);
  if (!isHealthy(run.record)) {
    run.best = undefined;
    const found = await search(run, by);
    if (found !== 'healthy') return found === 'limit' ? 'gave-up' : 'stuck';
    if (run.session.options.minimise) await minimise(run, by);
    await relock(run, by);
  }
  return run.steps.length > 0 ? 'healed' : 'healthy';
}
