/** Environment for the first boot: what the user and the tree say, and a harmless value for every required variable that nobody sets (R21). */
import type { Source } from './types.ts';

export interface EnvironmentRow {
  readonly name: string;
  readonly required: boolean;
  readonly default: string | null;
  /** null when nobody sets it. The plain value: reporters mask secrets (`secret`). */
  readonly value: string | null;
  readonly source: 'user' | 'tree' | 'generated';
  /** `src/core/config.py:12` */
  readonly read_at: readonly string[];
  /** The value is the user's or the tree's and looks secret: never print it. */
  readonly secret: boolean;
}

export interface EnvironmentPlan {
  /** What to set in the process. Values of `.env` that the app reads by itself are not repeated here. */
  readonly env: Readonly<Record<string, string>>;
  readonly rows: readonly EnvironmentRow[];
}

export function planEnvironment(_source: Source): EnvironmentPlan { throw new Error('not yet'); }

/** A value that satisfies the variable's type and name; null when there is nothing sensible. */
export function harmlessValue(_source: Source, _name: string, _type: string): string { throw new Error('not yet'); }

/** True for names and values that must not be printed. */
export function looksSecret(_name: string, _value: string): boolean { throw new Error('not yet'); }
