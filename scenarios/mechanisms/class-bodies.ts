/** Classes of the tree and what stands in their bodies: fields, decorated methods, inner classes. */
import type { Node } from 'web-tree-sitter';
import { originOf } from '../../source/python.ts';
import { treeClass } from '../../source/settings-config.ts';
import { treeFile } from '../../source/static-values.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';

export interface ClassBody {
  readonly file: SourceFile;
  readonly name: string;
  readonly line: number;
  readonly node: Node;
}

/** One assignment in a class body: `x: int = 1`, `x = 1`, `x: int`. */
export interface Field {
  readonly name: string;
  readonly nameEnd: number;
  /** As written behind the colon. */
  readonly annotation?: string;
  readonly value?: Node;
  readonly node: Node;
}

export function classesOf(file: SourceFile): readonly ClassBody[] {
  return (file.syntax?.rootNode.descendantsOfType('class_definition') ?? []).flatMap((node) =>
    node === null ? [] : [{ file, node, name: node.childForFieldName('name')?.text ?? '', line: node.startPosition.row + 1 }]);
}

/** Every class of that name in the tree. */
export function classesNamed(name: string, source: Source): readonly ClassBody[] {
  return [...source.files.values()].filter((file) => file.path.endsWith('.py') && file.text.includes(name)).flatMap(classesOf).filter((each) => each.name === name);
}

/** The innermost class around a line; the class statement's own line and its decorators count too. */
export function classAt(file: SourceFile, line: number): ClassBody | undefined {
  return classesOf(file).filter(({ node }) => (node.parent?.type === 'decorated_definition' ? node.parent : node).startPosition.row + 1 <= line && line <= node.endPosition.row + 1).at(-1);
}

export function fieldsOf({ node }: ClassBody): readonly Field[] {
  const body = node.childForFieldName('body');
  return (body?.namedChildren ?? []).flatMap((statement): readonly Field[] => {
    const assignment = statement?.type === 'expression_statement' ? statement.namedChild(0) : null;
    const left = assignment?.childForFieldName('left');
    if (assignment?.type !== 'assignment' || left?.type !== 'identifier') return [];
    const annotation = assignment.childForFieldName('type')?.text;
    const value = assignment.childForFieldName('right');
    return [{ name: left.text, nameEnd: left.endIndex, node: assignment, ...(annotation === undefined ? {} : { annotation }), ...(value === null ? {} : { value }) }];
  });
}

/** Base classes as written. */
export function basesOf({ node }: ClassBody): readonly string[] {
  return (node.childForFieldName('superclasses')?.namedChildren ?? []).flatMap((child) => (child === null || child.type === 'keyword_argument' ? [] : [child.text]));
}

/** What a base class is, as far as the tree tells: a dotted origin (`pydantic.BaseModel`), and the class itself when the tree has it. */
export interface Base {
  readonly origin: string;
  readonly body?: ClassBody;
}

export function resolvedBases(body: ClassBody, source: Source): readonly Base[] {
  return basesOf(body).map((written) => {
    const origin = originOf(body.file, written.replace(/\[[\s\S]*$/, ''));
    const found = classOfTree(origin, body, source);
    return { origin, ...(found === undefined ? {} : { body: found }) };
  });
}

function classOfTree(origin: string, { file, name, line }: ClassBody, source: Source): ClassBody | undefined {
  const model = treeClass(source.files, file, origin);
  if (model !== undefined) return classesOf(model.file).find((each) => each.name === model.definition.name && each.line === model.definition.line && !(each.name === name && each.line === line && each.file === file));
  // A package of the tree may only pass the class on.
  const module = origin.slice(0, Math.max(0, origin.lastIndexOf('.')));
  if (module === '' || treeFile(source.files, module) === undefined) return undefined;
  const named = classesNamed(origin.slice(module.length + 1), source);
  return named.length === 1 ? named[0] : undefined;
}

/** The classes of the tree above a class, the nearest first, each once. */
export function ancestorsOf(body: ClassBody, source: Source): readonly ClassBody[] {
  const found = [body];
  for (const each of found) {
    for (const { body: base } of resolvedBases(each, source)) {
      if (base !== undefined && !found.some((other) => other.file === base.file && other.line === base.line)) found.push(base);
    }
  }
  return found.slice(1);
}

/** Methods of the class's own body; `at` is the offset of the name. */
export function methodsOf({ node }: ClassBody): readonly { readonly name: string; readonly at: number; readonly node: Node }[] {
  return (node.childForFieldName('body')?.namedChildren ?? []).flatMap((statement) => {
    const method = statement?.type === 'decorated_definition' ? statement.childForFieldName('definition') : statement;
    const name = method?.type === 'function_definition' ? method.childForFieldName('name') : null;
    return !method || !name ? [] : [{ name: name.text, at: name.startIndex, node: method }];
  });
}

/** The type that a literal shows: `"a"` → `str`, `[1]` → `list`; undefined for what only running would tell. */
export function typeOfValue(value: Node | undefined): string | undefined {
  if (value === undefined) return undefined;
  const plain: Readonly<Record<string, string>> = {
    string: 'str', concatenated_string: 'str', integer: 'int', float: 'float', true: 'bool', false: 'bool', list: 'list', list_comprehension: 'list', dictionary: 'dict',
    dictionary_comprehension: 'dict', set: 'set', tuple: 'tuple',
  };
  if (value.type === 'unary_operator') return typeOfValue(value.namedChild(0) ?? undefined);
  if (value.type === 'call') {
    const callee = value.childForFieldName('function')?.text ?? '';
    if (['str', 'int', 'float', 'bool', 'list', 'dict', 'set', 'tuple'].includes(callee)) return callee;
    if (!/(?:^|\.)Field$/.test(callee)) return undefined;
    const given = value.childForFieldName('arguments')?.namedChildren ?? [];
    const positional = given[0]?.type === 'keyword_argument' ? undefined : given[0];
    const named = given.find((each) => each?.type === 'keyword_argument' && each.childForFieldName('name')?.text === 'default')?.childForFieldName('value');
    return typeOfValue(positional ?? named ?? undefined);
  }
  return plain[value.type];
}

export function insertion(file: SourceFile, at: number, text: string): Edit {
  return { file: file.path, old: '', new: text, at };
}

/** The whole lines of a node, its decorators and the line ending included. */
export function withoutLines(file: SourceFile, node: Node): Edit {
  const start = file.text.lastIndexOf('\n', node.startIndex - 1) + 1;
  const end = file.text.indexOf('\n', node.endIndex);
  return { file: file.path, old: file.text.slice(start, end < 0 ? undefined : end + 1), new: '', at: start };
}
