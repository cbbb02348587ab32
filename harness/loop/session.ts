/** One run's boots: counts them, remembers which tree gave what, and turns each into a BootRecord. */
import { createHash } from 'node:crypto';
import type { BootOutput, Stage } from '../../parsers/boot-output.ts';
import type { Evidence } from '../../parsers/evidence.ts';
import { wantedNames } from '../../scenarios/mechanisms/wanted.ts';
import { fingerprint } from '../../scenarios/types.ts';
import type { Finding } from '../../scenarios/types.ts';
import type { Source } from '../../source/types.ts';
import { inChoosingOrder } from './choose.ts';
import type { BootPurpose, BootRecord, JournalBody, LoopDeps, LoopOptions, Texts } from '../types.ts';

/** The tree at one moment: what differs from the original, and everything read from it. */
export interface State {
  readonly texts: Texts;
  readonly source: Source;
  /** Equal for equal trees. */
  readonly key: string;
}

export interface Session {
  readonly deps: LoopDeps;
  readonly options: LoopOptions;
  readonly boots: BootRecord[];
  /** Instrumented boots by State.key: no tree is booted twice. */
  readonly seen: Map<string, BootRecord>;
  emit(event: JournalBody): void;
  /** Seconds since the run began. */
  elapsed(): number;
  /** Boots left under `maxBoots`; one confirmation and its restart do not count. */
  left(): number;
  stateOf(texts: Texts): Promise<State>;
  /** Writes the state to the copy, boots it, and records what came of it. */
  boot(purpose: BootPurpose, state: State): Promise<BootRecord>;
  /** Records the outcome of a boot that ran elsewhere; `run` gets the number it will have. */
  record(purpose: BootPurpose, state: State, run: (number: number) => Promise<BootOutput>): Promise<BootRecord>;
}

export function isHealthy(record: BootRecord): boolean {
  return record.evidence.stage === 'healthy';
}

export function openSession(deps: LoopDeps, options: LoopOptions): Session {
  const began = deps.clock();
  let original: Source | undefined;
  let mute = false;
  const session: Session = {
    deps,
    options,
    boots: [],
    seen: new Map(),
    elapsed: () => deps.clock() - began,
    emit: (event) => {
      if (mute) return;
      try {
        deps.journal({ at: deps.clock() - began, ...event });
      } catch (error) {
        // A journal that cannot be written ends the run once; the result is still told.
        mute = true;
        throw error;
      }
    },
    left: () => {
      const confirming = session.boots.filter((boot) => boot.purpose === 'confirm' || boot.purpose === 'restart').length;
      return options.maxBoots - (session.boots.length - Math.min(2, confirming));
    },
    stateOf: async (texts) => {
      original ??= await deps.sourceWith(new Map());
      // A file that is as it was is no change: equal trees must have equal keys.
      const files = original.files;
      const changed = new Map([...texts].filter(([file, text]) => files.get(file)?.text !== text));
      return { texts: changed, source: changed.size === 0 ? original : await deps.sourceWith(changed), key: keyOf(changed) };
    },
    boot: async (purpose, state) => {
      options.signal.throwIfAborted();
      await deps.write(state.texts);
      const record = await session.record(purpose, state, (number) =>
        deps.boot({ number, purpose, source: state.source, texts: state.texts }, options.signal));
      session.seen.set(state.key, record);
      return record;
    },
    record: (purpose, state, run) => recordBoot(session, purpose, state, run),
  };
  return session;
}

async function recordBoot(
  session: Session, purpose: BootPurpose, state: State, run: (number: number) => Promise<BootOutput>,
): Promise<BootRecord> {
  const { deps, options } = session;
  options.signal.throwIfAborted();
  const number = session.boots.length + 1;
  const output = await run(number);
  // A boot that was cut short says nothing about the app.
  options.signal.throwIfAborted();
  const evidence = deps.parse(output);
  const looked = await deps.lookup(wantedNames(evidence, state.source), state.source, options.signal);
  // A boot without a kept fix is red by design: nothing is to be found out about it.
  const index = purpose === 'minimise' ? looked : await deps.versions?.(evidence, state.source, looked, options.signal) ?? looked;
  options.signal.throwIfAborted();
  const detected = deps.detect(evidence, state.source, index);
  const findings = explain(evidence, detected.findings);
  const record: BootRecord = { number, purpose, output, evidence, findings };
  session.boots.push(record);
  deps.recorded?.(record);
  for (const crash of detected.crashes) session.emit({ type: 'rule-crashed', ...crash });
  session.emit({
    type: 'boot', number, purpose, stage: evidence.stage, seconds: output.timings.total, findings: findings.map((finding) => fingerprint(finding)),
    ...(output.start && { start: output.start }),
  });
  return record;
}

/** No red boot yields zero records: when every rule is silent or crashed, the fault itself is the finding. */
function explain(evidence: Evidence, findings: readonly Finding[]): readonly Finding[] {
  if (evidence.stage === 'healthy' || findings.length > 0) return inChoosingOrder(findings);
  const fault = evidence.faults[0];
  const innermost = fault?.chain.at(-1)?.frames.findLast((frame) => frame.owner === 'tree');
  return [{
    kind: 'unknown-failure',
    stage: evidence.stage,
    severity: 'CRITICAL',
    category: categoryOf(evidence.stage),
    file: innermost?.file ?? '',
    ...(innermost ? { line: innermost.line } : {}),
    facts: { summary: fault?.summary ?? `stopped at ${evidence.stage}` },
    what: fault?.summary ?? `The server stopped at the stage "${evidence.stage}" and printed no reason.`,
    why: 'No known failure kind matches what the server printed, so nothing was changed.',
    todo: 'Read the log of this boot; its first fault is the place to start.',
    candidates: [],
  }];
}

function categoryOf(stage: Stage): Finding['category'] {
  switch (stage) {
    case 'image': case 'install': return 'DEPENDENCY';
    case 'syntax': case 'import': return 'IMPORT';
    case 'config': return 'CONFIG';
    case 'connect': return 'DATABASE';
    default: return 'ENTRYPOINT';
  }
}

function keyOf(texts: Texts): string {
  const hash = createHash('sha256');
  for (const [file, text] of [...texts].toSorted(([a], [b]) => (a < b ? -1 : 1))) hash.update(JSON.stringify([file, text]));
  return hash.digest('hex');
}
