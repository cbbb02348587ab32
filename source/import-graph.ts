/** Which of the tree's modules load which, in the order Python would. */
import type { ImportStatement, Source } from './types.ts';

export interface ImportEdge {
  readonly from: string;
  readonly to: string;
  readonly statement: ImportStatement;
}

export interface ImportGraph {
  /** Files reached from the start by eager imports, in the order they finish loading. */
  readonly order: readonly string[];
  readonly edges: readonly ImportEdge[];
  /** Each cycle as its edges; the last leads back to the first. */
  readonly cycles: readonly (readonly ImportEdge[])[];
}

/** Files, not modules; `start` is a file. */
export function importGraph(_source: Source, _start: string): ImportGraph { throw new Error('not yet'); }

/** File of the app's module (`src.main:app` → `src/main.py`); undefined when there is none. */
export function targetFile(_source: Source, _target?: string): string | undefined { throw new Error('not yet'); }
