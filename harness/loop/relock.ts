/**
 * The lock file follows the manifest: where kept fixes changed pyproject.toml and uv.lock lies beside it, uv writes the lock anew, a boot installs from
 * it, and its changes become part of the last of those fixes. First all that is locked and allowed stays, then the versions of the healthy boot are
 * locked. When uv gives none, or no boot is healthy, the lock stays and the fix says the command.
 */
import { editsBetween } from '../../source/edits.ts';
import { readLock } from '../../source/lock-files.ts';
import { normaliseName } from '../../source/manifest.ts';
import type { Edit, PackageIndex } from '../../source/types.ts';
import { isHealthy } from './session.ts';
import type { Judge, Run } from './attempt.ts';
import type { State } from './session.ts';
import type { BootRecord } from '../types.ts';

const LOCK = 'uv.lock';

export async function relock(run: Run, by: Judge): Promise<void> {
  const { session, state } = run;
  const old = state.source.files.get(LOCK);
  const step = run.steps.findLast(({ edits }) => edits.some(({ file }) => file === 'pyproject.toml'));
  // What the confirmation asked for comes later; a lock that was written for the manifest as it is stays.
  if (step?.edits.some(({ file }) => file === LOCK)) return;
  if (old === undefined || step === undefined || session.deps.relock === undefined || session.left() <= 0 || state.source.install.manifest !== 'pyproject.toml') return;
  const proven = provenOf(await session.deps.lookup([], state.source, session.options.signal), old.text);
  const locked = await lockedWith(run, by, old.text, []) ?? (proven.length > 0 ? await lockedWith(run, by, old.text, proven) : undefined);
  if (locked === undefined) {
    await session.deps.write(state.texts);
    return;
  }
  const { text, changes, to, record } = locked;
  session.emit({ type: 'note', text: `uv wrote uv.lock anew for the changed pyproject.toml; boot ${record.number} is healthy with it.` });
  // From its explanation goes the command that makes the lock fit: it was run.
  const fix = { ...step.fix, explanation: step.fix.explanation.replace(/ Then run `uv lock[^`]*`, so that uv\.lock fits again\./, ` ${LOCK} was written anew by uv.`) };
  const shown = run.without.get(step.fix);
  if (shown !== undefined) run.without.set(fix, shown);
  const after = await session.stateOf(new Map([...step.to.texts, [LOCK, text]]));
  run.steps = run.steps.map((one) => (one === step ? { ...one, fix, edits: [...one.edits, ...changes], to: after } : one));
  run.state = to;
  run.record = record;
}

interface Locked {
  readonly text: string;
  readonly changes: readonly Edit[];
  readonly to: State;
  readonly record: BootRecord;
}

/** The lock as uv writes it, when a boot that installs from it is healthy. */
async function lockedWith(run: Run, by: Judge, old: string, proven: readonly string[]): Promise<Locked | undefined> {
  const { session, state } = run;
  if (session.deps.relock === undefined || session.left() <= 0) return undefined;
  const text = await session.deps.relock(state.source, proven, session.options.signal);
  if (text === null || text === old || sourcesOf(text).some((one) => !sourcesOf(old).includes(one))) return undefined;
  const to = await session.stateOf(new Map([...state.texts, [LOCK, text]]));
  const record = by.seen.get(to.key) ?? await by.boot(to);
  if (isHealthy(record)) return { text, changes: editsBetween(LOCK, old, text), to, record };
  session.emit({ type: 'note', text: `With uv.lock as uv writes it${proven.length === 0 ? '' : ', and the versions of the healthy boot,'} boot ${record.number} stopped at ${record.evidence.stage}.` });
  return undefined;
}

/**
 * Versions that the healthy boot had and the lock has otherwise: uv alone would keep what is locked and still allowed, though it may be what did not
 * install.
 */
function provenOf({ distributions }: PackageIndex, lock: string): readonly string[] {
  const locked = Map.groupBy(readLock(LOCK, lock) ?? [], ({ name }) => name);
  return distributions.flatMap(({ name, version }) => {
    const [one, ...more] = locked.get(normaliseName(name)) ?? [];
    return one === undefined || more.length > 0 || one.local || one.url !== undefined || one.version === version ? [] : [`${normaliseName(name)}==${version}`];
  });
}

/** Hosts that a lock names: a machine with a package index of its own must not write that into somebody's lock file. */
function sourcesOf(text: string): readonly string[] {
  return [...new Set([...text.matchAll(/"https?:\/\/(?<host>[^/"]+)/g)].map((match) => match.groups?.['host'] ?? ''))];
}
