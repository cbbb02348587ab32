import type { Node } from 'web-tree-sitter';
import { definitionsOf } from '../../source/python.ts';
import { lineEnding } from '../../source/splice.ts';
import { nodesOf } from '../../source/syntax.ts';
import type { SourceFile } from '../../source/types.ts';
import { metIn, ownFrameOf, raised } from '../mechanisms/faults.ts';
import { insertAt } from '../mechanisms/text-lines.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'local-before-assignment';

/** `cannot access local variable 'pool' where it is not associated with a value` */
const UNBOUND = /^cannot access local variable '(?<name>\w{1,200})' where it is not associated with a value/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A function reads a name that it assigns only later, and means the value of the module.',
  refines: ['unknown-failure', 'request-fails'],
  detect: (evidence, source) => raised(evidence, ['UnboundLocalError'], UNBOUND).flatMap((seen): Finding[] => {
    const own = ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '');
    const name = seen.match?.groups?.['name'] ?? '';
    if (own === undefined || file === undefined) return [];
    const isGlobal = definitionsOf(file).some((each) => each.name === name && (each.kind === 'value' || each.kind === 'import'));
    return [{
      kind, ...metIn(seen.fault, 'lifespan'), category: 'IMPORT', file: file.path, line: own.line, facts: { name, file: file.path },
      what: `${own.function} in ${file.path} reads ${name} before it gives it a value.`,
      why: `Because ${own.function} assigns ${name}, the name is its own from its first line on${isGlobal ? `, and the ${name} of the module is out of reach` : ''}.`,
      todo: isGlobal ? `Say \`global ${name}\` in ${own.function}, or give the variable of the function another name.` : `Give ${name} a value on every way to this line.`,
      candidates: isGlobal ? globally(file, own.line, name) : [], explains: [seen.at],
    }];
  }),
};

/** `global NAME` in front of the first statement of the innermost function around the line. */
function globally(file: SourceFile, line: number, name: string): readonly Fix[] {
  const body = nodesOf(file, 'function_definition').filter((node) => node.startPosition.row + 1 <= line && line <= node.endPosition.row + 1).at(-1)?.childForFieldName('body');
  const first = body === null || body === undefined ? undefined : behindDocstring(body);
  if (body === null || body === undefined || first === undefined || first.startPosition.row + 1 > line) return [];
  if (nodesOf(file, 'global_statement', body).some((node) => node.namedChildren.some((each) => each?.text === name))) return [];
  const indent = ' '.repeat(first.startPosition.column);
  return fixOf({
    title: `Take ${name} from the module`, safety: 'likely', edits: [insertAt(file, first.startIndex, `global ${name}${lineEnding(file.text)}${indent}`)],
    explanation: `The module has a ${name}, which the function reads first and sets then; so it means that one.`,
  });
}

function behindDocstring(body: Node): Node | undefined {
  const statements = body.namedChildren.filter((each): each is Node => each !== null && each.type !== 'comment');
  return statements[0]?.type === 'expression_statement' && statements[0].namedChild(0)?.type === 'string' && statements.length > 1 ? statements[1] : statements[0];
}
