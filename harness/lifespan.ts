/**
 * Whether an app speaks ASGI's lifespan protocol at all. Attempts are started with `--lifespan on`, because `auto` hides what breaks in
 * it; but a framework without lifespan (Django) refuses the message by raising, which the specification allows, and runs well.
 */
import type { BootOutput } from '../parsers/boot-output.ts';
import { parse } from '../parsers/parse.ts';

/** uvicorn's `--lifespan` values that attempts are started with. */
export type Lifespan = 'on' | 'auto';

/** `ERROR:    Exception in 'lifespan' protocol`: it raised before it answered. A start-up that fails is answered, and says otherwise. */
const RAISED = /Exception in 'lifespan' protocol/;

/** True when a package refused the message itself. Where a frame of the user's own code took part, it is a fault of that code. */
export function refusesLifespan(output: BootOutput): boolean {
  if (!output.lines.some(({ text }) => RAISED.test(text))) return false;
  const raised = parse(output).faults.filter((fault) => fault.form === 'exception' && fault.during === 'start');
  const frames = raised.flatMap(({ chain }) => chain.flatMap((exception) => exception.frames));
  return frames.length > 0 && frames.every(({ owner }) => owner !== 'tree');
}
