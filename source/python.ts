/** Python as syntax trees: parsing, imports, calls and definitions as plain records with spans. */
import type { ImportStatement, SourceFile } from './types.ts';

/** Half-open range of UTF-16 offsets in a file's text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** What a file must be to be searched; SourceFile is one. */
export type PythonFile = SourceFile;

export interface SyntaxFault extends Span {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

export interface Argument extends Span {
  /** Keyword; absent for positional ones. */
  readonly name?: string;
  /** The value as written. */
  readonly value: string;
  readonly valueSpan: Span;
  /** `*args` and `**kwargs`. */
  readonly splat: boolean;
}

/** One call expression. */
export interface Call extends Span {
  readonly file: string;
  readonly line: number;
  /** As written: `create_engine`, `sa.create_engine`. */
  readonly written: string;
  /** Dotted origin after following the file's imports: `sqlmodel.create_engine`. Equal to `written` when it is no imported name. */
  readonly callee: string;
  readonly calleeSpan: Span;
  /** From `(` to `)`. */
  readonly argumentsSpan: Span;
  readonly arguments: readonly Argument[];
  /** Qualified name of the enclosing function or class; empty at module level. */
  readonly scope: string;
  /** Name the result is assigned to (`engine = create_engine(…)`), as written. */
  readonly assignedTo?: string;
  readonly awaited: boolean;
}

export interface Definition extends Span {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly kind: 'class' | 'function' | 'value' | 'import';
  readonly async: boolean;
  /** For classes: base classes as dotted origins. */
  readonly bases: readonly string[];
}

/** Loads the grammar once. Everything else here is synchronous and needs it to have been awaited. */
export function loadPython(): Promise<void> { throw new Error('not yet'); }

/** A file of the tree; `.py` and `.pyi` files get a `syntax` that is parsed on first access. */
export function sourceFile(_path: string, _text: string): SourceFile { throw new Error('not yet'); }

/** Places where the text is not Python; empty when it parses. */
export function syntaxFaults(_file: PythonFile): readonly SyntaxFault[] { throw new Error('not yet'); }

/** All import statements. Relative ones are resolved against the import roots (folders relative to the root, `.` for itself). */
export function importsOf(_file: PythonFile, _roots: readonly string[]): readonly ImportStatement[] { throw new Error('not yet'); }

/** Local name → dotted origin for every name the file imports: `create_engine` → `sqlmodel.create_engine`, `sa` → `sqlalchemy`. */
export function importedNames(_file: PythonFile): ReadonlyMap<string, string> { throw new Error('not yet'); }

/** All calls; with `callees`, only those whose dotted origin (or its last part, for a bare name) is one of them. */
export function callsOf(_file: PythonFile, _callees?: readonly string[]): readonly Call[] { throw new Error('not yet'); }

/** Names bound at module level. */
export function definitionsOf(_file: PythonFile): readonly Definition[] { throw new Error('not yet'); }

/** Every place a bare name is read or written, imports excluded. */
export function nameUses(_file: PythonFile, _name: string): readonly (Span & { readonly line: number })[] { throw new Error('not yet'); }

/** `src/core/database.py` → `src.core.database` under the first root that contains it; undefined for a file no root contains. */
export function moduleOf(_path: string, _roots: readonly string[]): string | undefined { throw new Error('not yet'); }

/** Module → its file, or its folder for a namespace package; undefined when the tree has no such module. */
export function fileOf(_module: string, _paths: { has(path: string): boolean; keys(): Iterable<string> }, _roots: readonly string[]): string | undefined { throw new Error('not yet'); }
