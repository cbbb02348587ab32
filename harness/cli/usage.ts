/** Errors of the command as typed, and the nearest thing that was probably meant. */
import { closest, distance } from 'fastest-levenshtein';
import { HarnessError } from '../../agent/errors.ts';

/** @returns the error to throw; exit code 2 */
export function usageError(what: string, why: string, hint: string, code = 'usage'): HarnessError {
  return new HarnessError({ code, what, why, hint, exitCode: 2 });
}

/** The known word nearest to `word`, when it is near enough to be a slip of the keyboard. */
export function nearest(word: string, known: readonly string[]): string | null {
  if (known.length === 0) return null;
  const found = closest(word, known);
  const allowed = Math.max(1, Math.floor(Math.max(word.length, found.length) / 3));
  return distance(word, found) <= allowed ? found : null;
}
