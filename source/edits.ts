/**
 * Edits: text in, text out. Every function returns replacements of exact spans; bytes outside them stay as they are, line endings
 * included. Offsets refer to the text of the file that was passed in.
 */
export { applyEdits, editsBetween, inSequence } from './splice.ts';
export { dropImportAt, dropImportedName, importModule, importName, moveImportedName, moveImportIntoFunctions, replaceImportedModule } from './import-edits.ts';
export { replaceCallArguments, replaceCallee, setKeyword } from './call-edits.ts';
export { replaceValue, setVariable } from './dotenv.ts';
export { minimalUniqueSpan } from './unique-span.ts';
export type { Replacement } from './unique-span.ts';
