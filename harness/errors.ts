/** What this room says when it cannot go on. */
import { HarnessError } from '../agent/errors.ts';

export function noBackend(dir: string): HarnessError {
  return new HarnessError({
    code: 'no-backend', what: `No Python ASGI backend was found in ${dir}.`,
    why: 'No file in it makes an app (FastAPI, Starlette, Litestar, Quart, Django) and no start command names one.',
    hint: 'Name the app (--app src.main:app) or the folder it lies in (--root backend).', exitCode: 2,
  });
}

/** The run broke off in the middle: the cause in its own words, which may quote the app and so pass the run's masks, and where the proven part lies. */
export function bootFailed(cause: unknown, out: string, text: (text: string) => string): HarnessError {
  if (cause instanceof HarnessError) {
    return new HarnessError({
      code: cause.code, what: text(cause.message), why: text(cause.why), hint: `${text(cause.hint)} What was proven until then is in ${out}.`,
      exitCode: cause.exitCode, cause,
    });
  }
  return new HarnessError({
    code: 'internal', what: `boot-check broke off: ${text(cause instanceof Error ? cause.message : String(cause))}.`,
    why: 'This is our bug, not yours.', hint: `What was proven until then is in ${out}. Please send us its journal.ndjson.`, exitCode: 70, cause,
  });
}
