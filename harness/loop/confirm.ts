/**
 * The last word: a fresh place, the user's own command, nothing of ours loaded into it; then a restart on the same database.
 * Only what passes here is called healthy or healed.
 */
import type { Judge } from './attempt.ts';
import { isHealthy } from './session.ts';
import type { Session, State } from './session.ts';
import type { BootRecord } from '../types.ts';

/** Judges a tree by the confirmation: the first boot that is not healthy, or the restart when both are. */
export function confirming(session: Session): Judge {
  const seen = new Map<string, BootRecord>();
  return {
    name: 'confirm',
    seen,
    boot: async (state) => {
      const record = await confirm(session, state);
      seen.set(state.key, record);
      return record;
    },
  };
}

async function confirm(session: Session, state: State): Promise<BootRecord> {
  const { deps, options } = session;
  options.signal.throwIfAborted();
  await using place = await deps.openConfirmation({ source: state.source, texts: state.texts }, options.signal);
  const boot = (purpose: 'confirm' | 'restart'): Promise<BootRecord> => session.record(purpose, state, (number) =>
    place.boot({ number, purpose, source: state.source, texts: state.texts }, options.signal));
  const first = await boot('confirm');
  // Awaited here: the place must not be closed while the restart runs in it.
  return isHealthy(first) ? await boot('restart') : first;
}
