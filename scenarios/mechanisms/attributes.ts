/** `x.name` in the code: where it stands, what `x` is, and writing another name or another place for it. */
import type { Node } from 'web-tree-sitter';
import { importName, inSequence } from '../../source/edits.ts';
import { originOf } from '../../source/python.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';

/** One attribute access, `object.name`. */
export interface Access {
  readonly file: string;
  readonly line: number;
  /** `object` as written. */
  readonly object: string;
  /** Dotted origin of `object` after following the file's imports. */
  readonly origin: string;
  readonly start: number;
  readonly end: number;
  /** Offset of the name behind the dot. */
  readonly nameAt: number;
}

/** Every `….name` of a file. */
export function accessesOf(file: SourceFile, name: string): readonly Access[] {
  if (!file.text.includes(name)) return [];
  const nodes = (file.syntax?.rootNode.descendantsOfType('attribute') ?? []).filter((node): node is Node => node !== null);
  return nodes.flatMap((node) => {
    const [object, attribute] = [node.childForFieldName('object'), node.childForFieldName('attribute')];
    if (object === null || attribute?.text !== name) return [];
    return [{
      file: file.path, line: attribute.startPosition.row + 1, object: object.text, origin: originOf(file, object.text),
      start: node.startIndex, end: node.endIndex, nameAt: attribute.startIndex,
    }];
  });
}

/** Every `module.name` of the tree, under whatever name the module is known there. */
export function accessesOfModule(source: Source, module: string, name: string): readonly Access[] {
  return [...source.files.values()].filter((file) => file.path.endsWith('.py')).flatMap((file) => accessesOf(file, name)).filter((access) => access.origin === module);
}

export function renameAccesses(accesses: readonly Access[], name: string, other: string): readonly Edit[] {
  return accesses.map((access) => ({ file: access.file, old: name, new: other, at: access.nameAt }));
}

/** `module.name` → `name`, with `from home import name` at the top. */
export function takeFrom(accesses: readonly Access[], name: string, home: string, source: Source): readonly Edit[] {
  return [...Map.groupBy(accesses, ({ file }) => file)].flatMap(([path, ofFile]) => {
    const file = source.files.get(path);
    if (file === undefined) return [];
    return inSequence(
      file,
      (now) => ofFile.map((access) => ({ file: path, old: now.text.slice(access.start, access.end), new: name, at: access.start })),
      (now) => importName(now, home, name),
    );
  });
}
