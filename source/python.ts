/** Python as data: one door to syntax, imports, calls, definitions and module names. */
export { callsOf, definitionsOf, nameUses } from './calls.ts';
export type { Argument, Call, Definition } from './calls.ts';
export { importedNames, importsOf, originOf } from './imports.ts';
export { fileOf, moduleOf } from './modules.ts';
export { loadPython, sourceFile, syntaxFaults } from './syntax.ts';
export type { Span, SyntaxFault } from './syntax.ts';
