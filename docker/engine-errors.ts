/** Turns what an engine answers when it breaks into one clear sentence. */
import { HarnessError } from '../agent/errors.ts';
import type { Engine } from './engine.ts';

const GONE = /ECONNREFUSED|ENOENT|ECONNRESET|EPIPE|socket hang up|other side closed/i;
const FULL = /no space left on device|ENOSPC|disk quota exceeded/i;

/** Runs one piece of work on the engine; what goes wrong in it leaves as a HarnessError, an abort as it is. */
export async function onEngine<Value>(engine: Engine, what: string, work: () => Promise<Value>): Promise<Value> {
  try {
    return await work();
  } catch (error) {
    throw await explain(engine, what, error);
  }
}

async function explain(engine: Engine, what: string, error: unknown): Promise<unknown> {
  const { statusCode, code, name, message } = error as { statusCode?: number; code?: string; name?: string; message?: string };
  const text = `${code ?? ''} ${message ?? String(error)}`;
  if (name === 'AbortError' || name === 'TimeoutError') return error;
  if (FULL.test(text)) return diskFull(what, error);
  // An agent that was lost is only a sign: what killed it may be the engine's own end.
  const sign = error instanceof HarnessError ? error.code === 'agent-lost' : statusCode === undefined && GONE.test(text);
  if (sign && !await answers(engine)) return engineLost(engine, what, error);
  if (error instanceof HarnessError || statusCode === undefined) return error;
  return new HarnessError({
    code: 'engine-refused', what: `The container engine could not ${what}.`, why: (message ?? '').trim(),
    hint: 'Run `boot-check doctor` to see what this engine can do.', exitCode: 3, cause: error,
  });
}

/** Does the engine still answer? */
export async function answers(engine: Engine): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), 3_000);
  return Promise.race([engine.docker.ping().then(() => true, () => false), late.promise]).finally(() => clearTimeout(timer));
}

function engineLost(engine: Engine, what: string, cause: unknown): HarnessError {
  return new HarnessError({
    code: 'engine-lost', what: `The container engine went away while it was to ${what}.`, why: `Nothing answers at ${engine.address} any more.`,
    hint: 'Start it again (`npm run setup`), then repeat the run.', exitCode: 3, cause,
  });
}

function diskFull(what: string, cause: unknown): HarnessError {
  return new HarnessError({
    code: 'disk-full', what: `The disk is full: could not ${what}.`, why: 'The engine or the cache folder has no space left.',
    hint: 'Free some space (`docker system prune` removes what no run needs), then repeat the run.', exitCode: 3, cause,
  });
}
