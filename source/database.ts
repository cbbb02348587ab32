/** Which Postgres the app asks for, and where it says so (R22). */
import type { DatabaseIdentity, Source } from './types.ts';

/** One database URL written in the tree. */
export interface DatabaseUrl {
  readonly url: string;
  /** `postgresql+asyncpg` */
  readonly scheme: string;
  readonly file: string;
  readonly line: number;
  /** Of the URL itself, quotes excluded. */
  readonly start: number;
  readonly end: number;
  readonly where: 'dotenv' | 'example' | 'code' | 'ini' | 'compose';
  /** Variable it is the value or default of. */
  readonly variable?: string;
}

/** Missing parts are filled as libpq would: localhost, 5432, postgres, no password, database named as the user. Undefined when it is no Postgres URL. */
export function identityOfUrl(_url: string): DatabaseIdentity | undefined { throw new Error('not yet'); }

export function databaseUrls(_source: Source): readonly DatabaseUrl[] { throw new Error('not yet'); }

/** Every Postgres address that settings and code ask for under `env`, without duplicates; the default one when only a driver is used. */
export function databaseIdentities(_source: Source, _env: Readonly<Record<string, string>>): readonly DatabaseIdentity[] { throw new Error('not yet'); }

export function usesDatabase(_source: Source): boolean { throw new Error('not yet'); }
