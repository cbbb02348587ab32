/** Reads a tree once; everything derived from it is computed on first use. */
import type { DatabaseIdentity, Source } from './types.ts';

/** What the command line said, or what findBackend found out; absent parts are detected. */
export interface RunOptions {
  readonly app?: string;
  readonly factory?: boolean;
  readonly cwd?: string;
  readonly pythonPath?: readonly string[];
  readonly health?: string;
  readonly port?: number;
  readonly command?: readonly string[];
  /** `--env` and `--env-file`, merged. */
  readonly env?: Readonly<Record<string, string>>;
  readonly database?: DatabaseIdentity;
  readonly policy?: 'locked' | 'newest';
  readonly manifest?: string;
}

/** Reads all text files below `root` (an absolute path). Unreadable, large (over 1 MB) and non-UTF-8 files are `opaque`. */
export function readSource(_root: string, _options: RunOptions): Promise<Source> { throw new Error('not yet'); }

/** The same from memory: path → text. */
export function sourceOf(_files: Readonly<Record<string, string>>, _options?: RunOptions): Promise<Source> { throw new Error('not yet'); }

/** The source after edits: path → new text (null removes the file). Only these files are parsed again. `run` overrides facts. */
export function withFiles(_source: Source, _changed: ReadonlyMap<string, string | null>, _run?: Partial<Source['run']>): Source { throw new Error('not yet'); }
