import type { Node } from 'web-tree-sitter';
import { ancestors, nodesOf } from '../../source/syntax.ts';
import type { SourceFile } from '../../source/types.ts';
import { metIn, ownFrameOf, raised } from '../mechanisms/faults.ts';
import { insertAt } from '../mechanisms/text-lines.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'async-generator-iterated';

/** `'async_generator' object is not an iterator`   `'async_generator' object is not iterable` */
const ITERATED = /^'async_generator' object is not (?<form>an iterator|iterable)/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'An async generator is used with next or with a plain for.',
  refines: ['unknown-failure', 'request-fails'],
  detect: (evidence, source) => raised(evidence, ['TypeError'], ITERATED).flatMap((seen): Finding[] => {
    const own = ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '');
    if (own === undefined || file === undefined || seen.exception.frames.at(-1) !== own) return [];
    const next = seen.match?.groups?.['form'] === 'an iterator';
    return [{
      kind, ...metIn(seen.fault, 'lifespan'), category: 'IMPORT', file: file.path, line: own.line, facts: { file: file.path, function: own.function },
      what: `${own.function} in ${file.path} takes the values of an async generator ${next ? 'with next' : 'with a plain for'}.`,
      why: `An async generator waits between its values, and ${next ? 'next' : 'for'} cannot wait.`,
      todo: next ? 'Write await anext(…), or enter the generator as an async context manager.' : 'Write async for.',
      candidates: next ? awaited(file, own.line) : asyncFor(file, own.line), explains: [seen.at],
    }];
  }),
};

function isAsync(node: Node): boolean {
  return [...ancestors(node)].find(({ type }) => type === 'function_definition' || type === 'lambda')?.text.startsWith('async') === true;
}

function awaited(file: SourceFile, line: number): readonly Fix[] {
  const [call, ...others] = nodesOf(file, 'call').filter((node) => node.startPosition.row + 1 === line && node.childForFieldName('function')?.text === 'next');
  return call === undefined || others.length > 0 || !isAsync(call) ? [] : fixOf({
    title: 'Write await anext', safety: 'likely', edits: [{ file: file.path, old: 'next', new: 'await anext', at: call.startIndex }],
    explanation: 'anext is what next is for async generators. The generator is not run to its end, as with next before.',
  });
}

function asyncFor(file: SourceFile, line: number): readonly Fix[] {
  const loop = nodesOf(file, 'for_statement').find((node) => node.startPosition.row + 1 === line);
  return loop === undefined || !isAsync(loop) || loop.text.startsWith('async') ? [] : fixOf({
    title: 'Write async for', safety: 'safe', edits: [insertAt(file, loop.startIndex, 'async ')], explanation: 'The function is async and can wait for each value.',
  });
}
