/**
 * One argument of a call, wherever it is written: as a keyword, or as a pair of a dict that the call is given (`connect_args={…}`, `**options`),
 * also when that dict has a name of its own.
 */
import type { Node } from 'web-tree-sitter';
import type { Call } from '../../source/python.ts';
import { removeItem } from '../../source/list-edits.ts';
import { replaceSpan } from '../../source/splice.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';

export interface WrittenArgument {
  readonly file: SourceFile;
  readonly line: number;
  readonly name: string;
  /** The value as written. */
  readonly value: string;
  readonly node: Node;
  /** `keyword`: `name=value`; `pair`: `"name": value` */
  readonly form: 'keyword' | 'pair';
}

/** Every place at which one of the calls is given an argument of that name. */
export function argumentsNamed(source: Source, calls: readonly Call[], name: string): readonly WrittenArgument[] {
  const found = calls.flatMap((call) => {
    const file = source.files.get(call.file);
    if (file === undefined) return [];
    const list = call.node.childForFieldName('arguments');
    const inside = list === null ? [] : within(file, list, name);
    return inside.length > 0 ? inside : dictsOf(file, call).flatMap((node) => within(file, node, name));
  });
  return found.filter((one, at) => found.findIndex((other) => other.file.path === one.file.path && other.node.startIndex === one.node.startIndex) === at);
}

function within(file: SourceFile, node: Node, name: string): readonly WrittenArgument[] {
  return node.descendantsOfType(['keyword_argument', 'pair']).flatMap((each): readonly WrittenArgument[] => {
    if (each === null) return [];
    const key = each.childForFieldName(each.type === 'pair' ? 'key' : 'name')?.text.replace(/^[a-z]*(["'])(.*)\1$/i, '$2');
    if (key !== name) return [];
    return [{ file, line: each.startPosition.row + 1, name, value: each.childForFieldName('value')?.text ?? '', node: each, form: each.type === 'pair' ? 'pair' : 'keyword' }];
  });
}

/** Assignments of names that the call mentions: `options = {"pool_size": 5}` for `create_engine(url, **options)`. */
function dictsOf(file: SourceFile, call: Call): readonly Node[] {
  const mentioned = new Set(call.arguments.flatMap((argument) => [...argument.value.matchAll(/[A-Za-z_]\w*/g)].map(([name]) => name)));
  return (file.syntax?.rootNode.descendantsOfType('assignment') ?? []).flatMap((node) =>
    (node !== null && mentioned.has(node.childForFieldName('left')?.text ?? '') && /[{]|\bdict\(/.test(node.childForFieldName('right')?.text ?? '') ? [node] : []));
}

/** Takes the argument out; a `connect_args` that would be empty goes with it. */
export function withoutArgument(argument: WrittenArgument): readonly Edit[] {
  const { file, node } = argument;
  const list = node.parent;
  const items = (list?.namedChildren ?? []).flatMap((each) => (each === null || each.type === 'comment' ? [] : [each]));
  const index = items.findIndex((each) => each.startIndex === node.startIndex);
  if (list === null || index < 0) return [];
  if (items.length > 1) {
    const splice = removeItem(items.map((each) => ({ start: each.startIndex, end: each.endIndex })), index);
    return replaceSpan(file, splice, splice.text);
  }
  const holder = list.parent;
  if (list.type === 'dictionary' && (holder?.type === 'keyword_argument' || (holder?.type === 'pair' && /connect_args/.test(holder.childForFieldName('key')?.text ?? '')))) return withoutArgument({ ...argument, node: holder });
  return replaceSpan(file, { start: list.startIndex + 1, end: list.endIndex - 1 }, '');
}

/** Writes another name and value in its place. */
export function rewriteArgument(argument: WrittenArgument, name: string, value: string): readonly Edit[] {
  const { file, node, form } = argument;
  const quote = /^[a-z]*(["'])/i.exec(node.text)?.[1] ?? '"';
  const text = form === 'pair' ? `${quote}${name}${quote}: ${value}` : `${name}=${value}`;
  return replaceSpan(file, { start: node.startIndex, end: node.endIndex }, text);
}
