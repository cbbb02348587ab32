import type { Node } from 'web-tree-sitter';
import { callsOf, definitionsOf } from '../../source/python.ts';
import type { Call, Definition } from '../../source/python.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'blocking-call-in-startup';

/** Calls that hold the thread until something outside answers, and what async code has in their place. */
const BLOCKING: readonly { readonly callee: RegExp; readonly instead: string }[] = [
  { callee: /^time\.sleep$/, instead: 'await asyncio.sleep(…)' },
  { callee: /^requests\.(?:get|post|put|patch|delete|head|request)$|^requests\.sessions\.Session\.\w+$/, instead: 'an httpx.AsyncClient' },
  { callee: /^httpx\.(?:get|post|put|patch|delete|head|request)$/, instead: 'an httpx.AsyncClient' },
  { callee: /^urllib\.request\.urlopen$/, instead: 'an httpx.AsyncClient' },
  { callee: /^subprocess\.(?:run|call|check_call|check_output)$|^os\.system$/, instead: 'asyncio.create_subprocess_exec' },
  { callee: /^psycopg2?\.connect$|^pymysql\.connect$|^redis\.(?:Redis\.)?from_url$/, instead: 'the driver\'s asyncio half' },
  { callee: /^alembic\.command\.\w+$/, instead: 'a step before the server starts, or await asyncio.to_thread(…)' },
  { callee: /^socket\.create_connection$/, instead: 'asyncio.open_connection' },
];

export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'ENTRYPOINT',
  severity: 'MEDIUM',
  title: 'Async start-up code calls something that blocks the event loop.',
  detect: () => [],
  scan: (source) => [...loadedFiles(source)].flatMap((path) => {
    const file = source.files.get(path);
    return file === undefined || !/\basync\s+def\b/.test(file.text) ? [] : startUps(file).flatMap((definition) => blockingIn(file, definition, source));
  }),
};

/** The lifespan, and what is registered for the start-up. */
function startUps(file: SourceFile): readonly Definition[] {
  return definitionsOf(file).filter((definition) => definition.kind === 'function' && definition.async && isStartUp(file, definition));
}

function isStartUp(file: SourceFile, { name, node }: Definition): boolean {
  const decorators = node.parent?.type === 'decorated_definition' ? node.parent.namedChildren.filter((child): child is Node => child?.type === 'decorator').map(({ text }) => text).join(' ') : '';
  const given = new RegExp(`(?:lifespan\\s*=\\s*${name}|on_startup\\s*=\\s*\\[[^\\]]*\\b${name}\\b|add_event_handler\\(\\s*["']startup["']\\s*,\\s*${name})\\b`);
  return /on_event\(\s*["']startup["']/.test(decorators) || given.test(file.text) || (/asynccontextmanager/.test(decorators) && /lifespan/i.test(name));
}

/** Behind the `yield` the server is going down, and nobody waits any more. */
function blockingIn(file: SourceFile, definition: Definition, source: Source): readonly Finding[] {
  const end = /^[ \t]*yield\b/m.exec(file.text.slice(definition.start, definition.end))?.index;
  const limit = end === undefined ? definition.end : definition.start + end;
  return callsOf(file).filter((call) => call.start > definition.start && call.end <= limit && call.scope === definition.name && !call.awaited).flatMap((call): readonly Finding[] => {
    const known = BLOCKING.find(({ callee }) => callee.test(call.callee));
    return known === undefined ? [] : [findingFor(call, definition.name, known.instead, source)];
  });
}

function findingFor(call: Call, name: string, instead: string, source: Source): Finding {
  return {
    kind, stage: 'lifespan', severity: 'MEDIUM', category: 'ENTRYPOINT', file: call.file, line: call.line, facts: { file: call.file, function: name, call: call.written },
    what: `${call.file} calls ${call.written} in ${name}, which blocks the event loop while the server starts.`,
    why: `${name} runs on the event loop, and ${source.run.app} accepts nothing before it has finished; a call that waits for something outside holds everything up, time-outs included.`,
    todo: `Use ${instead}, or hand the call to a thread: await asyncio.to_thread(${call.written}, …).`,
    candidates: [],
  };
}
