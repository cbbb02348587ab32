/** What this room says when it cannot go on. */
import { HarnessError } from '../agent/errors.ts';
import type { Backend } from '../source/find-root.ts';
import { named } from './found.ts';

export function noBackend(dir: string): HarnessError {
  return new HarnessError({
    code: 'no-backend', what: `No Python ASGI backend was found in ${dir}.`,
    why: 'No file in it makes an app (FastAPI, Starlette, Litestar, Quart, Django) and no start command names one.',
    hint: 'Name the app (--app src.main:app) or the folder it lies in (--root backend).', exitCode: 2,
  });
}

/** A guess would be a coin toss, and what it healed might be the wrong one. */
export function severalBackends(dir: string, { root, targets, others }: Backend): HarnessError {
  const [first] = targets;
  const all = [...(first === undefined ? [] : [{ ...first, root, from: root === '.' ? first.from : first.from.replace(/^code /, `code ${root}/`) }]), ...others];
  const [example = ''] = others.map((other) => (other.root === root ? `--app ${other.target}` : `--root ${other.root}`));
  return new HarnessError({
    code: 'several-backends', what: `${dir} holds several backends that look alike: ${all.map(named).join(', ')}.`,
    why: 'No Dockerfile, compose file, Procfile, script or README says which one is meant, and neither does the code.',
    hint: `Name one of them, for example ${example}.`, exitCode: 2,
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
