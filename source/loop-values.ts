/** What the names of a loop stand for, pass by pass: `for router, prefix in ROUTERS:` where ROUTERS is a list in the tree. */
import type { Node } from 'web-tree-sitter';
import { definitionsOf } from './calls.ts';
import { importedNames } from './imports.ts';
import { treeFile } from './static-values.ts';
import { ancestors } from './syntax.ts';
import type { SourceFile } from './types.ts';

type Files = ReadonlyMap<string, SourceFile>;

/** One pass: name → expression, and the file in which it is written. */
export interface Pass {
  readonly file: SourceFile;
  readonly values: ReadonlyMap<string, Node>;
}

/** Passes of the innermost loop around a node whose list is known; one pass without names when there is none. */
export function passesAround(files: Files, file: SourceFile, node: Node): readonly Pass[] {
  for (const up of ancestors(node)) {
    const clause = up.type === 'for_statement' ? up : /comprehension|generator_expression/.test(up.type) ? up.namedChildren.find((each) => each?.type === 'for_in_clause') ?? undefined : undefined;
    const names = (clause?.childForFieldName('left')?.text ?? '').split(',').map((name) => name.replace(/[()\s]/g, ''));
    const list = clause ? listAt(files, file, clause.childForFieldName('right'), 0) : undefined;
    if (list && names[0] !== '') return list.items.map((item) => ({ file: list.file, values: valuesOf(names, item) }));
  }
  return [{ file, values: new Map() }];
}

function valuesOf(names: readonly string[], item: Node): ReadonlyMap<string, Node> {
  const parts = names.length > 1 && /^(tuple|list)$/.test(item.type) ? item.namedChildren : [item];
  return new Map(names.flatMap((name, index) => (parts[index] ? [[name, parts[index]] as const] : [])));
}

/** A list or tuple as written, or the name of one, here or where it is imported from. */
function listAt(files: Files, file: SourceFile, node: Node | null, depth: number): { readonly file: SourceFile; readonly items: readonly Node[] } | undefined {
  if (!node || depth > 3) return undefined;
  if (/^(list|tuple|set)$/.test(node.type)) return { file, items: node.namedChildren.filter((each) => each !== null && each.type !== 'comment') };
  if (node.type === 'dictionary') return undefined;
  const written = node.text;
  if (!/^[\w.]+$/.test(written)) return undefined;
  const own = definitionsOf(file).findLast((each) => each.name === written && each.kind === 'value');
  if (own) return listAt(files, file, own.node.childForFieldName('right'), depth + 1);
  const [head = '', ...rest] = written.split('.');
  const origin = importedNames(file).get(head);
  if (origin === undefined) return undefined;
  const dotted = [origin, ...rest].join('.');
  const other = treeFile(files, dotted.slice(0, dotted.lastIndexOf('.')));
  const name = dotted.slice(dotted.lastIndexOf('.') + 1);
  const there = other && definitionsOf(other).findLast((each) => each.name === name && each.kind === 'value');
  return other && there ? listAt(files, other, there.node.childForFieldName('right'), depth + 1) : undefined;
}
