import type { Node } from 'web-tree-sitter';
import { nodesOf } from '../../source/syntax.ts';
import type { SourceFile } from '../../source/types.ts';
import { metIn, ownFrameOf, raised } from '../mechanisms/faults.ts';
import { insertAt } from '../mechanisms/text-lines.ts';
import { firstLine } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'missing-comma';

/** `'tuple' object is not callable`   `list indices must be integers or slices, not tuple`   `string indices must be integers, not 'str'` */
const READ_ON = /^'(?:tuple|str|list|dict|int|float|set|bool)' object is not callable|^(?:list|tuple|string) indices must be integers/;
const LITERAL = /^(?:tuple|list|string|concatenated_string|dictionary|set|integer|float)$/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A comma is missing between two entries, and Python takes the second for a call or an index of the first.',
  refines: ['unknown-failure', 'request-fails'],
  detect: (evidence, source) => raised(evidence, ['TypeError'], READ_ON).flatMap((seen): Finding[] => {
    const own = ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '');
    const first = own === undefined || file === undefined || seen.exception.frames.at(-1) !== own ? undefined : literalCalled(file, own.line);
    if (own === undefined || file === undefined || first === undefined) return [];
    const line = first.endPosition.row + 1;
    return [{
      kind, ...metIn(seen.fault, 'import'), category: 'IMPORT', file: file.path, line, facts: { file: file.path, entry: firstLine(first.text, 60) },
      what: `In ${file.path} a comma is missing behind ${firstLine(first.text, 60)}.`,
      why: `What stands behind it is read as ${first.parent?.type === 'call' ? 'the arguments of a call' : 'an index'} of it: ${firstLine(seen.exception.message, 120)}.`,
      todo: `Put a comma behind ${firstLine(first.text, 60)}.`,
      candidates: [{ title: `Put a comma behind ${firstLine(first.text, 60)}`, safety: 'safe', edits: [insertAt(file, first.endIndex, ',')], explanation: 'A literal is neither called nor indexed like this: the two are entries of their own.' }],
      explains: [seen.at],
    }];
  }),
};

/** The literal of that line that something in brackets follows; its end is where the comma belongs. */
function literalCalled(file: SourceFile, line: number): Node | undefined {
  const around = nodesOf(file, ['call', 'subscript']).filter((node) => node.startPosition.row + 1 <= line && line <= node.endPosition.row + 1);
  return around.flatMap((node) => node.childForFieldName(node.type === 'call' ? 'function' : 'value') ?? []).filter(({ type, parent }) => LITERAL.test(type) && (parent?.type === 'call' || (parent?.childrenForFieldName('subscript').length ?? 0) > 1)).at(-1);
}
