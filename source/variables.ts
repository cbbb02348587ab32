/** Environment variables that the code reads. */
import type { Source, SourceFile, VariableRead } from './types.ts';
import type { Span } from './python.ts';

export interface SettingsField extends Span {
  readonly field: string;
  /** Environment names that set it, first wins; upper case unless case-sensitive. */
  readonly names: readonly string[];
  readonly line: number;
  readonly type: string;
  readonly required: boolean;
  /** As written in Python; absent when required. */
  readonly defaultText?: string;
}

/** One class below pydantic's BaseSettings. */
export interface SettingsClass extends Span {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  /** Where BaseSettings was imported from: `pydantic_settings` or `pydantic`. */
  readonly origin: string;
  readonly prefix: string;
  /** `env_file` as written, relative to the working directory. */
  readonly envFiles: readonly string[];
  readonly fields: readonly SettingsField[];
}

export function settingsClasses(_source: Pick<Source, 'files'>): readonly SettingsClass[] { throw new Error('not yet'); }

export function variablesOf(_files: ReadonlyMap<string, SourceFile>): readonly VariableRead[] { throw new Error('not yet'); }
