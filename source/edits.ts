/**
 * Edits: text in, text out. Every function here returns replacements of exact spans; bytes outside them stay as they are,
 * line endings included. Offsets refer to the text of the file that was passed in.
 */
import type { Edit, SourceFile } from './types.ts';
import type { Call, Span } from './python.ts';

/**
 * Texts of the changed files after all edits. Offsets of all edits refer to the files as given, so edits of one file must not overlap.
 * An empty `old` inserts at `at`, or creates the file when there is none.
 * @throws Error when `old` is not found at `at` or edits overlap: a bug of the caller.
 */
export function applyEdits(_files: ReadonlyMap<string, { readonly text: string }>, _edits: readonly Edit[]): ReadonlyMap<string, string> { throw new Error('not yet'); }

/** One edit that creates a file. */
export function newFile(_path: string, _text: string): Edit { throw new Error('not yet'); }

/** Replaces a span. Empty when nothing would change. */
export function replaceSpan(_file: SourceFile, _span: Span, _text: string): readonly Edit[] { throw new Error('not yet'); }

/** The edits that turn `before` into `after`: one per changed stretch, none larger than it must be. */
export function editsBetween(_path: string, _before: string, _after: string): readonly Edit[] { throw new Error('not yet'); }

/** Runs edits after one another on one file (each sees the result of the one before) and returns them as edits of the file as given. */
export function inSequence(_file: SourceFile, ..._steps: readonly ((file: SourceFile) => readonly Edit[])[]): readonly Edit[] { throw new Error('not yet'); }

/** Adds `name` to the `from module import …` there is, else inserts a line behind the file's imports. Empty when it is imported already. */
export function importName(_file: SourceFile, _module: string, _name: string, _alias?: string): readonly Edit[] { throw new Error('not yet'); }

/** Takes `name` out of `from module import …`, and the whole statement when it was its only name. */
export function dropImportedName(_file: SourceFile, _module: string, _name: string): readonly Edit[] { throw new Error('not yet'); }

/** `from a import X, y` → `from a import y` + `from b import X`; an alias is kept. `toName` renames what is imported, not its uses. */
export function moveImportedName(_file: SourceFile, _name: string, _fromModule: string, _toModule: string, _toName?: string): readonly Edit[] { throw new Error('not yet'); }

/** Replaces the module of one import statement, as written: `from models import X` → `from src.models import X`. */
export function replaceImportedModule(_file: SourceFile, _line: number, _module: string, _toModule: string): readonly Edit[] { throw new Error('not yet'); }

export function replaceCallee(_file: SourceFile, _call: Call, _newName: string): readonly Edit[] { throw new Error('not yet'); }

/** `text` is what stands between the parentheses. */
export function replaceCallArguments(_file: SourceFile, _call: Call, _text: string): readonly Edit[] { throw new Error('not yet'); }

/** Sets, adds (behind the last) or, with `null`, removes one keyword argument; others keep their bytes. */
export function setKeyword(_file: SourceFile, _call: Call, _name: string, _value: string | null): readonly Edit[] { throw new Error('not yet'); }

/** Appends NAME=value, or replaces the value where the variable is set. `file` may be `{path: '.env', text: ''}` to create it. */
export function setVariable(_file: SourceFile, _name: string, _value: string): readonly Edit[] { throw new Error('not yet'); }

/** Replaces one value, quotes and comment kept. Empty when the variable is not there. */
export function replaceValue(_file: SourceFile, _name: string, _value: string): readonly Edit[] { throw new Error('not yet'); }

/**
 * Replacements whose `old` occurs exactly once in `before` and that, applied one after the other as plain text, give `after` (R13).
 * Far-apart changes give several. No `old` contains one of `secrets` unless the change itself lies inside it.
 */
export function minimalUniqueSpan(_before: string, _after: string, _secrets?: readonly string[]): readonly { readonly old: string; readonly new: string }[] { throw new Error('not yet'); }
