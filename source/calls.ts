/** Calls, definitions and uses of names in one file. */
import type { Node } from 'web-tree-sitter';
import { originOf } from './imports.ts';
import { ancestors, isPython, lineOf, nodesOf, scopeOf, spanOf } from './syntax.ts';
import type { Span } from './syntax.ts';
import type { SourceFile } from './types.ts';

export interface Argument extends Span {
  /** Keyword; absent for positional ones. */
  readonly name?: string;
  /** The value as written. */
  readonly value: string;
  readonly valueSpan: Span;
  readonly valueNode: Node;
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
  /** From `(` to `)`, both included. */
  readonly argumentsSpan: Span;
  readonly arguments: readonly Argument[];
  /** Qualified name of the enclosing function or class; empty at module level. */
  readonly scope: string;
  /** Name the result is assigned to (`engine = create_engine(…)`), as written. */
  readonly assignedTo?: string;
  readonly awaited: boolean;
  readonly node: Node;
}

export interface Definition extends Span {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  readonly kind: 'class' | 'function' | 'value' | 'import';
  readonly async: boolean;
  /** For classes: base classes as dotted origins. */
  readonly bases: readonly string[];
  readonly node: Node;
}

const cache = new WeakMap<SourceFile, readonly Call[]>();

/** All calls; with `callees`, only those whose dotted origin (or its last part, for a bare name) is one of them. */
export function callsOf(file: SourceFile, callees?: readonly string[]): readonly Call[] {
  if (!isPython(file)) return [];
  const calls = cache.get(file) ?? nodesOf(file, 'call').flatMap((node) => callAt(file, node));
  cache.set(file, calls);
  if (!callees) return calls;
  const wanted = new Set(callees);
  return calls.filter((call) => wanted.has(call.callee) || wanted.has(call.callee.slice(call.callee.lastIndexOf('.') + 1)));
}

function callAt(file: SourceFile, node: Node): readonly Call[] {
  const callee = node.childForFieldName('function');
  const list = node.childForFieldName('arguments');
  if (!callee || list?.type !== 'argument_list') return [];
  const written = callee.text;
  const { awaited, assignedTo } = useOf(node);
  return [{
    file: file.path, line: lineOf(node), ...spanOf(node), node, written, callee: originOf(file, written), calleeSpan: spanOf(callee), argumentsSpan: spanOf(list),
    arguments: list.namedChildren.flatMap((child) => (child && child.type !== 'comment' ? [argumentAt(child)] : [])),
    scope: scopeOf(node), awaited, ...(assignedTo === undefined ? {} : { assignedTo }),
  }];
}

function argumentAt(node: Node): Argument {
  if (node.type === 'keyword_argument') {
    const value = node.childForFieldName('value') ?? node;
    return { ...spanOf(node), name: node.childForFieldName('name')?.text ?? '', value: value.text, valueSpan: spanOf(value), valueNode: value, splat: false };
  }
  const splat = node.type === 'list_splat' || node.type === 'dictionary_splat';
  return { ...spanOf(node), value: node.text, valueSpan: spanOf(node), valueNode: node, splat };
}

function useOf(node: Node): { awaited: boolean; assignedTo?: string } {
  let awaited = false;
  for (const up of ancestors(node)) {
    if (up.type === 'await') awaited = true;
    else if (up.type === 'assignment' || up.type === 'named_expression') {
      const left = up.childForFieldName('left') ?? up.childForFieldName('name');
      return left ? { awaited, assignedTo: left.text } : { awaited };
    } else if (up.type !== 'parenthesized_expression') break;
  }
  return { awaited };
}

const defined = new WeakMap<SourceFile, readonly Definition[]>();

/** Names bound at module level, also in `if`, `try` and `with` blocks. */
export function definitionsOf(file: SourceFile): readonly Definition[] {
  const known = defined.get(file);
  if (known !== undefined) return known;
  const root = isPython(file) ? file.syntax?.rootNode : undefined;
  const found = root ? blockDefinitions(file, root) : [];
  defined.set(file, found);
  return found;
}

const BLOCKS = new Set(['if_statement', 'try_statement', 'with_statement', 'for_statement', 'block', 'else_clause', 'elif_clause', 'except_clause', 'finally_clause']);

function blockDefinitions(file: SourceFile, block: Node): readonly Definition[] {
  return block.namedChildren.flatMap((node): readonly Definition[] => {
    if (!node) return [];
    if (BLOCKS.has(node.type)) return blockDefinitions(file, node);
    if (node.type === 'decorated_definition') return define(file, node.childForFieldName('definition') ?? node);
    if (node.type === 'expression_statement') return node.namedChildren.flatMap((child) => (child?.type === 'assignment' ? assigned(file, child) : []));
    return define(file, node);
  });
}

function define(file: SourceFile, node: Node): readonly Definition[] {
  const base = { file: file.path, line: lineOf(node), ...spanOf(node), node };
  const name = node.childForFieldName('name')?.text ?? '';
  if (node.type === 'function_definition') return [{ ...base, name, kind: 'function', async: node.text.startsWith('async'), bases: [] }];
  if (node.type === 'class_definition') return [{ ...base, name, kind: 'class', async: false, bases: basesOf(file, node) }];
  if (node.type === 'type_alias_statement') return [{ ...base, name: node.childForFieldName('left')?.text ?? '', kind: 'value', async: false, bases: [] }];
  if (!node.type.startsWith('import')) return [];
  return node.childrenForFieldName('name').flatMap((each) => {
    if (!each) return [];
    const local = each.childForFieldName('alias')?.text ?? (node.type === 'import_statement' ? each.text.split('.')[0] : each.text) ?? '';
    return [{ ...base, name: local, kind: 'import' as const, async: false, bases: [] }];
  });
}

function basesOf(file: SourceFile, node: Node): readonly string[] {
  return (node.childForFieldName('superclasses')?.namedChildren ?? [])
    .flatMap((child) => (child && ['identifier', 'attribute', 'subscript'].includes(child.type) ? [originOf(file, child.text.replace(/\[[\s\S]*$/, ''))] : []));
}

function assigned(file: SourceFile, node: Node): readonly Definition[] {
  const left = node.childForFieldName('left');
  if (!left) return [];
  const names = left.type === 'identifier' ? [left] : left.descendantsOfType('identifier');
  // `a = b = value` nests the second assignment on the right.
  const right = node.childForFieldName('right');
  const nested = right?.type === 'assignment' ? assigned(file, right) : [];
  if (left.type === 'attribute' || left.type === 'subscript') return nested;
  return [...names.flatMap((name) => (name ? [{ file: file.path, line: lineOf(node), ...spanOf(node), node, name: name.text, kind: 'value' as const, async: false, bases: [] }] : [])), ...nested];
}

/** Every place a bare name is read or written, imports excluded. */
export function nameUses(file: SourceFile, name: string): readonly (Span & { readonly line: number })[] {
  const root = file.syntax?.rootNode;
  if (!root) return [];
  const found: (Span & { line: number })[] = [];
  for (let at = file.text.indexOf(name); at !== -1; at = file.text.indexOf(name, at + name.length)) {
    const node = root.descendantForIndex(at, at + name.length);
    if (node?.type === 'identifier' && node.startIndex === at && node.text === name && isUse(node)) found.push({ ...spanOf(node), line: lineOf(node) });
  }
  return found;
}

function isUse(node: Node): boolean {
  const up = node.parent;
  if (up?.type === 'attribute' && up.childForFieldName('attribute')?.startIndex === node.startIndex) return false;
  if (up?.type === 'keyword_argument' && up.childForFieldName('name')?.startIndex === node.startIndex) return false;
  for (const each of ancestors(node)) if (each.type.startsWith('import') || each.type === 'aliased_import') return false;
  return true;
}
