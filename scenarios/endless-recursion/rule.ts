import type { Node } from 'web-tree-sitter';
import { nodesOf } from '../../source/syntax.ts';
import type { Edit, SourceFile } from '../../source/types.ts';
import { classAt, methodsOf } from '../mechanisms/class-bodies.ts';
import { metIn, raised, withAnswers } from '../mechanisms/faults.ts';
import { firstLine, fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'endless-recursion';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A function of the backend calls itself and never ends.',
  refines: ['third-party-crash', 'package-refuses-call', 'unknown-failure', 'request-fails'],
  lastResort: true,
  detect: (evidence, source) => raised(evidence, ['RecursionError']).flatMap((seen): Finding[] => {
    const own = seen.exception.frames.filter(({ owner }) => owner === 'tree');
    // The frames of the circle stand there again and again; the way into it does not.
    const again = own.find((frame, at) => own.some((other, there) => there > at && other.file === frame.file && other.line === frame.line));
    const file = source.files.get(again?.file ?? '');
    if (again === undefined || file === undefined) return [];
    return [{
      kind, ...metIn(seen.fault, 'import'), category: 'IMPORT', file: file.path, line: again.line, facts: { file: file.path, function: again.function },
      what: `${again.function} in ${file.path} calls itself and never ends.`,
      why: `The line "${firstLine(again.source ?? '', 100)}" leads back into ${again.function}, until Python gives up.`,
      todo: `Let ${again.function} work on something other than itself.`,
      candidates: withUnderscore(file, again.line, again.function), explains: withAnswers(seen.at, evidence),
    }];
  }),
};

/** `return self.name` in the property `name`, and `self.name = value` in its setter. */
function withUnderscore(file: SourceFile, line: number, name: string): readonly Fix[] {
  const body = classAt(file, line);
  const accessors = body === undefined ? [] : methodsOf(body).filter((method) => method.name === name && isAccessor(method.node));
  if (accessors.length === 0 || new RegExp(`\\b_${name}\\b`).test(body?.node.text ?? '')) return [];
  const edits = accessors.flatMap(({ node }) => nodesOf(file, 'attribute', node).filter(({ text }) => text === `self.${name}`).map((each): Edit => ({ file: file.path, old: name, new: `_${name}`, at: each.endIndex - name.length })));
  return fixOf({
    title: `Keep the value of ${name} in _${name}`, safety: 'likely', edits, explanation: `The property ${name} reads and sets itself; its value needs a name of its own.`,
  });
}

function isAccessor(node: Node): boolean {
  const decorators = node.parent?.type === 'decorated_definition' ? node.parent.namedChildren.filter((each) => each?.type === 'decorator') : [];
  return decorators.some((each) => /^@(?:property|cached_property|\w+\.setter)\b/.test(each?.text ?? ''));
}
