/** Masks for everything that leaves the run. */
import { mask, maskValues } from '../../parsers/mask.ts';

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
  const values = secrets.filter((value) => !isPublicDefault(value));
  const words = values.filter((value) => /^[a-z]+$/i.test(value));
  const known = (text: string): string => maskValues(words.length === 0 ? text : text.replace(wholeWords(words), '***'), values.filter((value) => !words.includes(value)));
  return { text: (text) => mask(known(text)), code: known };
}

/**
 * Passwords that every tutorial has. They are words of every second line as well: masking them by value would destroy the text
 * (`***ql://`) and protect nothing. Where one stands as a password, in a URL or an assignment, `mask` still takes it out.
 */
const PUBLIC_DEFAULT = /^(?:postgres|postgresql|password|root|admin|user|test|app|db|dev|local|localhost|example|\d{1,3})$/i;

export function isPublicDefault(value: string): boolean {
  return PUBLIC_DEFAULT.test(value.trim());
}

/** A secret made of letters is masked where it stands alone, not inside other words. */
function wholeWords(words: readonly string[]): RegExp {
  return new RegExp(`(?<!\\w)(?:${words.join('|')})(?!\\w)`, 'g');
}

/** The same value with every string in it masked. */
export function maskDeep<Value>(value: Value, text: (text: string) => string): Value {
  return JSON.parse(JSON.stringify(value), (_key, each: unknown) => (typeof each === 'string' ? text(each) : each)) as Value;
}
