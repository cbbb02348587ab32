/** What an expression says without running it: literals, constants of the tree, defaults of settings. */
import type { Node } from 'web-tree-sitter';
import { definitionsOf } from './calls.ts';
import { importedNames } from './imports.ts';
import { fileOf } from './modules.ts';
import { isPython, nodesOf, stringValue } from './syntax.ts';
import type { SourceFile } from './types.ts';

type Files = ReadonlyMap<string, SourceFile>;

/** Text of a string expression; undefined as soon as one part of it is only known at run time. */
export function staticText(files: Files, file: SourceFile, node: Node | null, depth = 0): string | undefined {
  if (!node || depth > 5) return undefined;
  const literal = stringValue(node);
  if (literal !== undefined) return literal;
  if (node.type === 'string') return filledIn(files, file, node, depth);
  if (node.type === 'binary_operator' && node.childForFieldName('operator')?.text === '+') {
    const left = staticText(files, file, node.childForFieldName('left'), depth + 1);
    const right = staticText(files, file, node.childForFieldName('right'), depth + 1);
    return left === undefined || right === undefined ? undefined : left + right;
  }
  if (node.type === 'identifier') return constant(files, file, node.text, depth);
  if (node.type === 'attribute') return attribute(files, file, node, depth);
  return undefined;
}

/** f"{settings.API_PREFIX}/users" */
function filledIn(files: Files, file: SourceFile, node: Node, depth: number): string | undefined {
  const parts = node.namedChildren.map((part) => {
    if (part?.type === 'string_content') return part.text;
    if (part?.type === 'interpolation') return staticText(files, file, part.childForFieldName('expression') ?? part.namedChild(0), depth + 1);
    return '';
  });
  return parts.every((part) => part !== undefined) ? parts.join('') : undefined;
}

function constant(files: Files, file: SourceFile, name: string, depth: number): string | undefined {
  const own = definitionsOf(file).findLast((each) => each.name === name && each.kind === 'value');
  if (own) return staticText(files, file, own.node.childForFieldName('right'), depth + 1);
  const origin = importedNames(file).get(name);
  return origin === undefined ? undefined : imported(files, origin, depth);
}

function imported(files: Files, origin: string, depth: number): string | undefined {
  const cut = origin.lastIndexOf('.');
  const other = treeFile(files, origin.slice(0, cut));
  return other ? constant(files, other, origin.slice(cut + 1), depth + 1) : undefined;
}

const found = new WeakMap<Files, Map<string, SourceFile | undefined>>();

/** The tree's file of a module, also when the module is named from a folder further down. */
export function treeFile(files: Files, module: string): SourceFile | undefined {
  const known = found.get(files) ?? new Map<string, SourceFile | undefined>();
  found.set(files, known);
  if (!known.has(module)) known.set(module, lookUp(files, module));
  return known.get(module);
}

function lookUp(files: Files, module: string): SourceFile | undefined {
  const path = fileOf(module, files, ['.']);
  const exact = path === undefined ? undefined : files.get(path);
  if (exact) return exact;
  const tail = module.replaceAll('.', '/');
  for (const file of files.values()) if (file.path.endsWith(`/${tail}.py`) || file.path.endsWith(`/${tail}/__init__.py`)) return file;
  return undefined;
}

/** `constants.HEALTH` of a module, else the default of a class attribute of that name: `settings.API_PREFIX`. */
function attribute(files: Files, file: SourceFile, node: Node, depth: number): string | undefined {
  const name = node.childForFieldName('attribute')?.text ?? '';
  const object = node.childForFieldName('object')?.text ?? '';
  const origin = importedNames(file).get(object);
  const module = origin === undefined ? undefined : treeFile(files, origin);
  const fromModule = module ? constant(files, module, name, depth + 1) : undefined;
  return fromModule ?? classAttribute(files, name, depth);
}

function classAttribute(files: Files, name: string, depth: number): string | undefined {
  for (const file of files.values()) {
    if (!isPython(file) || !file.text.includes(name) || !/class\s/.test(file.text)) continue;
    for (const node of nodesOf(file, 'assignment')) {
      if (node.childForFieldName('left')?.text !== name || node.parent?.parent?.parent?.type !== 'class_definition') continue;
      const right = node.childForFieldName('right');
      const value = right?.type === 'call' ? defaultOf(files, file, right, depth) : staticText(files, file, right, depth + 1);
      if (value !== undefined) return value;
    }
  }
  return undefined;
}

/** Field("/api") · Field(default="/api") · os.getenv("PREFIX", "/api") · config("PREFIX", default="/api") */
function defaultOf(files: Files, file: SourceFile, call: Node, depth: number): string | undefined {
  const list = call.childForFieldName('arguments')?.namedChildren ?? [];
  const keyword = list.find((each) => each?.type === 'keyword_argument' && each.childForFieldName('name')?.text === 'default');
  if (keyword) return staticText(files, file, keyword.childForFieldName('value'), depth + 1);
  const positional = list.filter((each) => each !== null && each.type !== 'keyword_argument');
  const isField = /(^|\.)Field$/.test(call.childForFieldName('function')?.text ?? '');
  return staticText(files, file, (isField ? positional[0] : positional[1]) ?? null, depth + 1);
}
