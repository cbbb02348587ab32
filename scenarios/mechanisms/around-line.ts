/** What stands around a line that a traceback names. */
import type { Node } from 'web-tree-sitter';
import { callsOf } from '../../source/python.ts';
import { ancestors } from '../../source/syntax.ts';
import type { SourceFile } from '../../source/types.ts';

/** The innermost node of these types around the first call of the line; undefined where nothing is called there. */
export function aroundLine(file: SourceFile, line: number, types: RegExp): Node | undefined {
  const call = callsOf(file).find((each) => each.line === line);
  return call === undefined ? undefined : [...ancestors(call.node)].find(({ type }) => types.test(type));
}
