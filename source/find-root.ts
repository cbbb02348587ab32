/** Finds the backend in a tree (R20): its root, its target, where it is started and what is on its import path. */
import type { AppTarget } from './types.ts';
import type { RunOptions } from './read.ts';

export interface Backend {
  /** Folder of the manifest that owns the target, relative to the tree, `.` for the tree itself. */
  readonly root: string;
  /** To be passed to readSource together with the root's absolute path. */
  readonly options: RunOptions;
  /** All targets found, best first; empty when the tree holds no backend. */
  readonly targets: readonly AppTarget[];
}

/** `root` is `--root`, relative to `tree`. */
export function findBackend(_tree: string, _options: RunOptions & { readonly root?: string }): Promise<Backend> { throw new Error('not yet'); }
