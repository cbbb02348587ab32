import type { Node } from 'web-tree-sitter';
import { ancestors, nodesOf } from '../../source/syntax.ts';
import type { SourceFile } from '../../source/types.ts';
import { ownFrame, ownFrameOf, raised } from '../mechanisms/faults.ts';
import type { Seen } from '../mechanisms/faults.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'context-manager-entered-wrongly';

/**
 * `'AsyncSession' object does not support the context manager protocol (missed __exit__ method) but it supports the asynchronous context manager
 * protocol. Did you mean to use 'async with'?`
 */
const WITH = /'(?<type>[\w.]{1,200})' object does not support the (?<form>asynchronous )?context manager protocol/;

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'DATABASE',
  severity: 'CRITICAL',
  title: 'An object is entered with the wrong one of "with" and "async with".',
  refines: ['request-fails', 'attributeerror-at-import', 'unknown-failure'],
  detect: (evidence, source) => raised(evidence, ['TypeError'], WITH).flatMap((seen): readonly Finding[] => {
    const own = ownFrame(seen.exception) ?? ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '');
    const { type = '', form } = seen.match?.groups ?? {};
    const statement = file === undefined || own === undefined ? undefined : withAt(file, own.line);
    // Since 3.14 Python says when the other form would do; before, only the name of the type tells.
    const short = type.slice(type.lastIndexOf('.') + 1);
    if (file !== undefined && own !== undefined && statement !== undefined && FACTORY.test(short)) return uncalled(file, statement, seen, short);
    const tells = /but it supports the/.test(seen.exception.message) || (form === undefined && /Async/.test(type));
    if (file === undefined || own === undefined || statement === undefined || !tells) return [];
    const toAsync = form === undefined;
    return [{
      kind, stage: seen.fault.during === 'request' ? 'health' : 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: file.path, line: own.line, facts: { file: file.path, function: own.function, type: short },
      what: `${file.path} enters ${/^[AEIOU]/.test(short) ? 'an' : 'a'} ${short} with "${toAsync ? 'with' : 'async with'}", and it can only be entered with "${toAsync ? 'async with' : 'with'}".`,
      why: toAsync ? 'Async sessions, connections and clients have to wait when they are opened and closed; "with" cannot wait.' : 'The object is a sync one: it is opened and closed at once and has nothing to wait for.',
      todo: `Write ${toAsync ? 'async with' : 'with'}${toAsync && !inAsync(statement) ? ', inside an async function' : ''}.`,
      candidates: toAsync ? waiting(file, statement) : [], explains: [seen.at],
    }];
  }),
};

/** What makes the object that was meant: a session factory, a class, a function. */
const FACTORY = /^(?:async_sessionmaker|sessionmaker|type|function|method|builtin_function_or_method)$/;

/** `async with SessionLocal as session` where `SessionLocal()` was meant. */
function uncalled(file: SourceFile, statement: Node, seen: Seen, type: string): readonly Finding[] {
  const bare = nodesOf(file, 'with_item', statement).map((item) => { const value = item.childForFieldName('value') ?? item.namedChild(0); return value?.type === 'as_pattern' ? value.namedChild(0) : value; })
    .filter((value): value is Node => value !== null && value !== undefined && /^(?:identifier|attribute)$/.test(value.type));
  const [only, ...others] = bare;
  if (only === undefined || others.length > 0) return [];
  return [{
    kind, stage: seen.fault.during === 'request' ? 'health' : 'lifespan', severity: 'CRITICAL', category: 'DATABASE', file: file.path, line: only.startPosition.row + 1, facts: { file: file.path, name: only.text },
    what: `${file.path} enters ${only.text} itself, which only makes what can be entered.`,
    why: `${only.text} is a ${type}: it must be called, and what it returns is entered.`,
    todo: `Write ${only.text}().`,
    candidates: fixOf({ title: `Call ${only.text}`, safety: 'safe', edits: [{ file: file.path, old: '', new: '()', at: only.endIndex }], explanation: 'The call makes the object that is entered.' }),
    explains: [seen.at],
  }];
}

function withAt(file: SourceFile, line: number): Node | undefined {
  return nodesOf(file, 'with_statement').filter((node) => node.startPosition.row + 1 <= line && line <= (node.childForFieldName('body')?.startPosition.row ?? node.startPosition.row) + 1).at(-1);
}

function inAsync(node: Node): boolean {
  return [...ancestors(node)].find((each) => each.type === 'function_definition')?.text.startsWith('async') === true;
}

/** Async code stays async: only this direction is a fix; the other would make the code around it wrong. */
function waiting(file: SourceFile, statement: Node): readonly Fix[] {
  if (!inAsync(statement) || statement.text.startsWith('async')) return [];
  return fixOf({
    title: `Enter it with "async with" in ${file.path}`, safety: 'safe', edits: [{ file: file.path, old: '', new: 'async ', at: statement.startIndex }],
    explanation: 'The function is async and can wait for the object to open and to close.',
  });
}
