import type { Node } from 'web-tree-sitter';
import { ancestors, nodesOf, stringValue } from '../../source/syntax.ts';
import type { Edit, SourceFile } from '../../source/types.ts';
import { classAt } from '../mechanisms/class-bodies.ts';
import { metIn, ownFrameOf, raised } from '../mechanisms/faults.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'text-in-type-union';

/** `unsupported operand type(s) for |: 'str' and 'NoneType'`   `… 'type' and 'str'` */
const UNION = /^unsupported operand type\(s\) for \|: (?:'str' and|'[\w.]{1,200}' and 'str')/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'An annotation joins a name in quotes with another type.',
  refines: ['package-refuses-call', 'third-party-crash', 'request-fails', 'unknown-failure'],
  detect: (evidence, source) => raised(evidence, ['TypeError'], UNION).flatMap((seen): Finding[] => {
    const own = ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '');
    const unions = own === undefined || file === undefined ? [] : unionsAt(file, own.line);
    const [first] = unions;
    if (file === undefined || first === undefined) return [];
    const edits = unions.flatMap((node): readonly Edit[] => { const text = quoted(node); return text === undefined ? [] : [{ file: file.path, old: node.text, new: text, at: node.startIndex }]; });
    return [{
      kind, ...metIn(seen.fault, 'import'), category: 'IMPORT', file: file.path, line: first.startPosition.row + 1, facts: { file: file.path, union: first.text },
      what: `${file.path} joins a name in quotes with another type: ${first.text}.`,
      why: 'A name in quotes is only a text until somebody looks it up, and a text cannot be joined with a type.',
      todo: `Put the whole of it into quotes: ${quoted(first) ?? '"A | B"'}.`,
      candidates: edits.length < unions.length ? [] : fixOf({ title: `Put ${unions.length === 1 ? first.text : 'the unions'} into quotes as a whole`, safety: 'safe', edits, explanation: 'As one text it is looked up when all its names are known.' }),
      explains: [seen.at],
    }];
  }),
};

/** The outermost unions with a text in them: all of the class around the line, which would fail in turn, else those of the line. */
function unionsAt(file: SourceFile, line: number): readonly Node[] {
  const around = classAt(file, line);
  const all = nodesOf(file, 'binary_operator').filter((node) => node.childForFieldName('operator')?.text === '|' && node.parent?.type !== 'binary_operator' && partsOf(node).some((part) => stringValue(part) !== undefined));
  const near = around === undefined ? [] : all.filter((node) => [...ancestors(node)].some((each) => each.id === around.node.id && each.startIndex === around.node.startIndex));
  return near.length > 0 ? near : all.filter((node) => node.startPosition.row + 1 <= line && line <= node.endPosition.row + 1);
}

function partsOf(node: Node): readonly Node[] {
  if (node.type !== 'binary_operator') return [node];
  return ['left', 'right'].flatMap((side) => { const part = node.childForFieldName(side); return part === null ? [] : partsOf(part); });
}

/** Undefined where a quote inside would end the text. */
function quoted(node: Node): string | undefined {
  const parts = partsOf(node).map((part) => stringValue(part) ?? part.text);
  return parts.some((part) => /["\\\n]/.test(part)) ? undefined : `"${parts.join(' | ')}"`;
}
