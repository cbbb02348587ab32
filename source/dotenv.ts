/** `.env` files as python-dotenv reads them, with spans for editing. */
import type { SourceFile } from './types.ts';

export interface DotenvEntry {
  readonly name: string;
  /** Unquoted and unescaped; interpolation is left as written. null for a bare `NAME` line. */
  readonly value: string | null;
  readonly line: number;
  /** Of the value as written, quotes included; equal offsets when empty. */
  readonly start: number;
  readonly end: number;
  readonly quote: '' | '"' | "'";
}

export function dotenvEntries(_text: string): readonly DotenvEntry[] { throw new Error('not yet'); }

/** Name → value; later lines win. */
export function dotenvOf(_file: Pick<SourceFile, 'text'>): ReadonlyMap<string, string> { throw new Error('not yet'); }
