/** Masks for everything that leaves the run. */
import { mask, maskValues } from '../parsers/mask.ts';

export interface Masking {
  /** For prose, logs and diffs: known values and whatever looks like a secret. */
  text(text: string): string;
  /**
   * For code that must replay byte for byte: known values only. A generated `SECRET_KEY=…` that a fix adds looks like a secret and
   * is none; masking it would make the report wrong.
   */
  code(text: string): string;
}

export function maskingFor(secrets: readonly string[]): Masking {
  const values = secrets.filter(isWorthMasking);
  return {
    text: (text) => mask(maskValues(text, values)),
    code: (text) => maskValues(text, values),
  };
}

/**
 * A password `postgres` is a word of every second line; masking it by value would destroy the text (`***ql://`) and protect nothing.
 * Where it stands as a password, in a URL or an assignment, `mask` still takes it out.
 */
function isWorthMasking(value: string): boolean {
  return !/^(?:[a-z]{1,10}|\d{1,5})$/i.test(value.trim());
}

/** The same value with every string in it masked. */
export function maskDeep<Value>(value: Value, text: (text: string) => string): Value {
  return JSON.parse(JSON.stringify(value), (_key, each: unknown) => (typeof each === 'string' ? text(each) : each)) as Value;
}
