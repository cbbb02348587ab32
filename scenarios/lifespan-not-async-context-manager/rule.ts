import { dropImportedName, importName, inSequence } from '../../source/edits.ts';
import { nameUses } from '../../source/python.ts';
import { lineEnding, lineStart } from '../../source/splice.ts';
import { nodesOf } from '../../source/syntax.ts';
import type { Node } from 'web-tree-sitter';
import type { Edit, Source, SourceFile } from '../../source/types.ts';
import { ownFrameOf, passesThrough, raised } from '../mechanisms/faults.ts';
import { lifespanArgument } from '../mechanisms/lifespans.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'lifespan-not-async-context-manager';

/** `'coroutine' object does not support the asynchronous context manager protocol`, `'async for' requires an object with __aiter__ method, got coroutine` */
const NOT_ASYNC = /'(?<type>[\w.]+)' object (?:does not support the asynchronous context manager protocol|is not an async iterator|is not an iterator|can't be used in 'await' expression)|requires an object with __a(?:iter|next)__ method, got (?<other>\w+)|^'?(?<async>async_generator|coroutine|generator)'? object/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'The lifespan of the app is no async context manager.',
  refines: ['startup-coroutine-never-awaited', 'attributeerror-at-import', 'session-factory-not-async', 'third-party-crash'],
  detect: (evidence, source) => raised(evidence, ['TypeError', 'AttributeError'], NOT_ASYNC)
    // Raised by the machinery that enters the lifespan, not by a line of the tree.
    .filter((seen) => ownFrameOf(seen) === undefined || ['starlette/routing', 'fastapi/routing', 'contextlib', 'litestar/'].some((part) => passesThrough(seen.exception, part)) && seen.exception.frames.at(-1)?.owner !== 'tree')
    .flatMap((seen): readonly Finding[] => {
      const given = lifespanArgument(source);
      if (given?.node === undefined) return [];
      const { file, name, node } = given;
      return [{
        kind, stage: 'lifespan', severity: 'CRITICAL', category: 'ENTRYPOINT', file: file.path, line: node.startPosition.row + 1, facts: { file: file.path, name },
        what: `${name} in ${file.path} is given to the app as its lifespan, and it is no async context manager.`,
        why: 'The server enters the lifespan before the first request and leaves it after the last one. That takes an async function with one yield, decorated with asynccontextmanager.',
        todo: `Write ${name} as an async def with one yield, and decorate it with @asynccontextmanager from contextlib.`,
        candidates: [made(source, file, node, name)].flat(), explains: [seen.at],
      }];
    }),
};

function made(_: Source, file: SourceFile, node: Node, name: string): readonly Fix[] {
  const edits = inSequence(file, (now) => decorated(now, node.startIndex), (now) => yielding(now, name), (now) => importName(now, 'contextlib', 'asynccontextmanager'), (now) => (nameUses(now, 'contextmanager').length > 0 ? [] : dropImportedName(now, 'contextlib', 'contextmanager')));
  return fixOf({
    title: `Make ${name} an async context manager`, safety: 'likely', edits,
    explanation: 'What stood before runs before the first request, as before; what is behind the yield runs after the last one.',
  });
}

/** `@asynccontextmanager` in the place of a sync one, or above; `async` before the function. */
function decorated(file: SourceFile, at: number): readonly Edit[] {
  const node = nodesOf(file, 'function_definition').find((each) => each.startIndex === at);
  if (node === undefined) return [];
  const holder = node.parent?.type === 'decorated_definition' ? node.parent : null;
  const sync = holder?.namedChildren.find((each) => each?.type === 'decorator' && /^@(?:contextlib\.)?contextmanager\b/.test(each.text));
  const has = holder?.namedChildren.some((each) => each?.type === 'decorator' && /asynccontextmanager/.test(each.text)) === true;
  const indent = file.text.slice(lineStart(file.text, node.startIndex), node.startIndex);
  return [
    ...(sync ? [{ file: file.path, old: sync.text, new: '@asynccontextmanager', at: sync.startIndex }] : has ? [] : [{ file: file.path, old: '', new: `@asynccontextmanager${lineEnding(file.text)}${indent}`, at: (holder ?? node).startIndex }]),
    ...(node.text.startsWith('async') ? [] : [{ file: file.path, old: '', new: 'async ', at: node.startIndex }]),
  ];
}

/** A function that never yields is over when its last line is: there the server would run. */
function yielding(file: SourceFile, name: string): readonly Edit[] {
  const node = nodesOf(file, 'function_definition').find((each) => each.childForFieldName('name')?.text === name);
  const body = node?.childForFieldName('body');
  const last = body?.namedChildren.at(-1);
  if (!node || !body || !last || body.descendantsOfType('yield').length > 0) return [];
  const indent = file.text.slice(lineStart(file.text, last.startIndex), last.startIndex);
  return [{ file: file.path, old: '', new: `${lineEnding(file.text)}${/^[ \t]*$/.test(indent) ? indent : '    '}yield`, at: last.endIndex }];
}
