/** Who else in the tree needs a module, a driver or a distribution. */
import type { Source } from './types.ts';

export interface Use {
  readonly file: string;
  readonly line: number;
  readonly how: 'import' | 'url' | 'setting';
}

/** Imports of a module or anything below it, tests and guarded ones included. */
export function usesOfModule(_source: Source, _module: string): readonly Use[] { throw new Error('not yet'); }

/** Imports of the driver and database URLs that select it (`postgresql://` selects psycopg2), Alembic's included. */
export function usesOfDriver(_source: Source, _driver: 'asyncpg' | 'psycopg2' | 'psycopg' | 'aiosqlite' | 'pg8000' | 'aiopg'): readonly Use[] { throw new Error('not yet'); }
