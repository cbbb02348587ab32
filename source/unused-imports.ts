/** Imports whose name the file never uses: what ruff calls F401, for trees that no sandbox has looked into. */
import { definitionsOf, nameUses } from './calls.ts';
import { importNodes } from './imports.ts';
import { isPython, nodesOf, stringValue, syntaxFaults } from './syntax.ts';
import type { PackageIndex, Source, SourceFile } from './types.ts';

export function unusedImports(source: Pick<Source, 'files'>): PackageIndex['unusedImports'] {
  return [...source.files.values()].filter((file) => isPython(file) && !file.path.endsWith('__init__.py')).flatMap(inFile);
}

function inFile(file: SourceFile): PackageIndex['unusedImports'] {
  const nodes = importNodes(file).filter((node) => node.written !== '__future__' && !node.wildcard && !node.guarded && node.topLevel);
  const found = nodes.flatMap((node) => node.names.flatMap(({ name, alias, start, end }) => {
    const local = alias ?? name.split('.')[0] ?? name;
    // `import a.b` and `import a.c` bind the same name, and `X as X` means to hand it on.
    if (alias === name || occurrences(file.text, local) > occurrences(file.text.slice(start, end), local) && isUsed(file, local)) return [];
    if (/#\s*noqa/i.test(lineText(file.text, node.start)) || (!node.from && name.includes('.'))) return [];
    return [{ file: file.path, line: node.line, name: written(node.from ? node.written : '', name, alias) }];
  }));
  return found.length === 0 || definitionsOf(file).some(({ name }) => name === '__all__') || syntaxFaults(file).length > 0 ? [] : found;
}

/** A first look at the text: most names occur again at once. */
function occurrences(text: string, word: string): number {
  return text.split(word).length - 1;
}

function isUsed(file: SourceFile, name: string): boolean {
  return nameUses(file, name).length > 0 || nodesOf(file, 'string').some((node) => new RegExp(`\\b${name}\\b`).test(stringValue(node) ?? ''));
}

function lineText(text: string, at: number): string {
  const end = text.indexOf('\n', at);
  return text.slice(text.lastIndexOf('\n', at - 1) + 1, end === -1 ? undefined : end);
}

/** As ruff writes it: `typing.Optional`, `numpy as np`. */
function written(module: string, name: string, alias: string | undefined): string {
  const whole = module === '' ? name : `${module}${module.endsWith('.') ? '' : '.'}${name}`;
  return alias === undefined ? whole : `${whole} as ${alias}`;
}
