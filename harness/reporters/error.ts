/** How an error of ours looks: what, why, what to do. */
import { HarnessError } from '../../agent/errors.ts';
import { mask } from '../../parsers/mask.ts';
import type { Look } from './look.ts';
import { painter } from './look.ts';

/** Any thrown value as a HarnessError: what is not one is a bug of ours, with its stack in `why`. */
export function asHarnessError(error: unknown): HarnessError {
  if (error instanceof HarnessError) return error;
  const stack = error instanceof Error ? error.stack ?? error.message : String(error);
  return new HarnessError({
    code: 'bug', what: 'boot-check itself failed: this is our bug.', why: stack,
    hint: 'Nothing of yours was changed. Please report it with the lines above.', exitCode: 70, cause: error,
  });
}

/** For people, on stderr. */
export function renderError(error: HarnessError, look: Look): string {
  const paint = painter(look);
  const lines = [`${paint('red', paint('bold', 'error'))}  ${error.message}`];
  if (error.why) lines.push(...indented('why', error.why, paint));
  if (error.hint) lines.push(...indented('do', error.hint, paint));
  return mask(`${lines.join('\n')}\n`);
}

/** For programs, on stdout: exits 2, 3 and 70 under `--json`. */
export function renderErrorJson(error: HarnessError): string {
  const { code, message, why, hint } = error;
  return `${JSON.stringify({ error: { code, what: mask(message), why: mask(why), hint: mask(hint) } }, null, 2)}\n`;
}

function indented(label: string, text: string, paint: ReturnType<typeof painter>): string[] {
  const [first = '', ...rest] = text.split('\n');
  return [`${paint('dim', label.padStart(5))}  ${first}`, ...rest.map((line) => `       ${line}`)];
}
