/** Keywords that a call does not write itself: `FastAPI(**settings.attributes)`, where the dictionary stands somewhere in the tree. */
import type { Node } from 'web-tree-sitter';
import { removeItem } from '../../source/list-edits.ts';
import { callsOf } from '../../source/python.ts';
import { replaceSpan } from '../../source/splice.ts';
import { ancestors, nodesOf, spanOf, stringValue } from '../../source/syntax.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';

export interface HandedKeyword {
  readonly file: SourceFile;
  readonly line: number;
  /** What the dictionary is called: a function, a property or a name. */
  readonly holder: string;
  readonly edits: readonly Edit[];
}

/** The one place from which a call of the line gets this keyword; undefined when there is none, or more than one. */
export function handedKeyword(source: Source, file: SourceFile, line: number, name: string): HandedKeyword | undefined {
  const holders = new Set(callsOf(file).filter((call) => call.line <= line && line <= call.node.endPosition.row + 1)
    .flatMap((call) => call.arguments.filter(({ splat, value }) => splat && value.startsWith('**')).map(({ value }) => /(?<last>\w+)(?:\(\))?$/.exec(value)?.groups?.['last'] ?? '')));
  const found = [...source.files.values()].filter(({ path, text }) => path.endsWith('.py') && text.includes(name)).flatMap((each) =>
    nodesOf(each, 'dictionary').flatMap((dictionary) => {
      const holder = holderOf(dictionary);
      const pairs = dictionary.namedChildren.filter((child): child is Node => child !== null && child.type !== 'comment');
      const at = pairs.findIndex((pair) => pair.type === 'pair' && stringValue(pair.childForFieldName('key')) === name);
      const pair = pairs[at];
      if (!holders.has(holder) || pair === undefined || pairs.length < 2) return [];
      const splice = removeItem(pairs.map(spanOf), at);
      return [{ file: each, line: pair.startPosition.row + 1, holder, edits: replaceSpan(each, splice, splice.text) }];
    }));
  return found.length === 1 ? found[0] : undefined;
}

/** The function that returns the dictionary, or the name that it is bound to. */
function holderOf(dictionary: Node): string {
  const up = dictionary.parent;
  if (up?.type === 'assignment') return up.childForFieldName('left')?.text ?? '';
  if (up?.type !== 'return_statement') return '';
  return [...ancestors(dictionary)].find(({ type }) => type === 'function_definition')?.childForFieldName('name')?.text ?? '';
}
