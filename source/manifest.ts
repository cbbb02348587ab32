/** Which packages are to be installed, read from whatever manifest the tree has (R19). */
import type { Edit, InstallPlan, Source, SourceFile } from './types.ts';

export interface InstallChoice {
  readonly policy: 'locked' | 'newest';
  /** `--manifest FILE` */
  readonly manifest?: string;
}

/** One requirement as declared in a file that a person edits (never a lock file). */
export interface DeclaredRequirement {
  /** Normalised (PEP 503): `psycopg2-binary`. */
  readonly name: string;
  /** The requirement as written, comment excluded; PEP 508 except in Poetry tables. */
  readonly text: string;
  /** `>=2.9.9`, empty when unpinned. Poetry's own syntax is translated to PEP 440. */
  readonly specifier: string;
  readonly extras: readonly string[];
  readonly marker?: string;
  readonly file: string;
  readonly line: number;
  readonly start: number;
  readonly end: number;
  /** Part of what is installed to start the server (false for dev groups). */
  readonly main: boolean;
}

/** Never throws: a broken manifest gives a plan that names the file, so that the installer says what is wrong. */
export function readInstallPlan(_files: ReadonlyMap<string, SourceFile>, _choice: InstallChoice): InstallPlan { throw new Error('not yet'); }

export function declaredRequirements(_source: Pick<Source, 'files' | 'install'>): readonly DeclaredRequirement[] { throw new Error('not yet'); }

/** Adds a PEP 508 line to the manifest (creating `requirements.txt` when there is none). Empty when the same name is declared. */
export function addRequirement(_source: Pick<Source, 'files' | 'install'>, _requirement: string): readonly Edit[] { throw new Error('not yet'); }

/** Replaces the declared requirement of that name, wherever it stands; comment, marker and neighbours are kept. Empty when not declared. */
export function replaceRequirement(_source: Pick<Source, 'files' | 'install'>, _name: string, _requirement: string): readonly Edit[] { throw new Error('not yet'); }

export function removeRequirement(_source: Pick<Source, 'files' | 'install'>, _name: string): readonly Edit[] { throw new Error('not yet'); }

/** PEP 503: `Psycopg2_Binary` → `psycopg2-binary`. */
export function normaliseName(_name: string): string { throw new Error('not yet'); }
