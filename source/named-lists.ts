/** Variables that a program checks by a list of their names: `missing = [name for name in REQUIRED if not os.getenv(name)]`. */
import type { Node } from 'web-tree-sitter';
import { stops } from './checks.ts';
import { lineOf, nodesOf, stringValue } from './syntax.ts';
import type { SourceFile, VariableRead } from './types.ts';

export function listedReads(file: SourceFile): readonly VariableRead[] {
  if (!/environ|getenv/.test(file.text)) return [];
  const loops = nodesOf(file, ['for_statement', 'for_in_clause']).flatMap((node) => {
    const name = node.childForFieldName('left')?.text ?? '';
    const whole = node.type === 'for_statement' ? node : node.parent;
    const asks = new RegExp(`(getenv\\(|environ\\.get\\(|environ\\[)\\s*${name}\\b|\\b${name}\\s+not\\s+in\\s+(os\\.)?environ`);
    if (name === '' || whole === null || !asks.test(whole.text) || !refuses(file, node, whole)) return [];
    return namesIn(file, node.childForFieldName('right'));
  });
  return loops.map(({ name, line }) => ({ name, file: file.path, line, required: true, default: null, type: 'str', reader: 'environ' }));
}

/** A loop that raises itself; a comprehension whose result is asked for before a raise. */
function refuses(file: SourceFile, node: Node, whole: Node): boolean {
  if (node.type === 'for_statement') return stops(whole) || /environ\[/.test(whole.text);
  const assignment = whole.parent?.type === 'assignment' ? whole.parent.childForFieldName('left')?.text : undefined;
  const asked = (text: string): boolean => (assignment !== undefined && new RegExp(`\\b${assignment}\\b`).test(text)) || text.includes(whole.text);
  return nodesOf(file, 'if_statement').some((each) => asked(each.childForFieldName('condition')?.text ?? '') && stops(each.childForFieldName('consequence') ?? each));
}

/** A literal list, or a name of one in the file. */
function namesIn(file: SourceFile, node: Node | null): readonly { readonly name: string; readonly line: number }[] {
  const list = node?.type === 'identifier' ? nodesOf(file, 'assignment').find((each) => each.childForFieldName('left')?.text === node.text)?.childForFieldName('right') ?? null : node;
  if (!list || !/^(list|tuple|set)$/.test(list.type)) return [];
  return list.namedChildren.flatMap((each) => {
    const name = stringValue(each);
    return each === null || name === undefined || !/^[A-Za-z_]\w*$/.test(name) ? [] : [{ name, line: lineOf(each) }];
  });
}
