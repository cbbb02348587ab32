/** Who was killed for want of memory: the engine knows it too, where the agent cannot read it (control groups of the first version). */
import { text } from 'node:stream/consumers';

import type { Exit } from '../parsers/boot-output.ts';
import type { Engine } from './engine.ts';

/** The kernel's news reaches the engine a moment after the process is dead. */
const LATE_SECONDS = 0.5;

/**
 * The exit with `oom` set when the engine saw the container run out of memory.
 * @param seconds how long ago the boot began
 */
export async function withOom(engine: Engine, container: string, exit: Exit | null, seconds: number): Promise<Exit | null> {
  if (exit?.signal !== 'SIGKILL' || exit.oom === true) return exit;
  const now = Date.now() / 1000;
  const events = await engine.docker.getEvents({
    since: now - seconds, until: now + LATE_SECONDS, filters: { container: [container], event: ['oom'] },
  });
  return (await text(events)).trim() === '' ? exit : { ...exit, oom: true };
}
