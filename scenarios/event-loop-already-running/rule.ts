import type { Frame } from '../../parsers/evidence.ts';
import { importModule } from '../../source/edits.ts';
import { callsOf, definitionsOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import { lineStart, nextLine, replaceSpan } from '../../source/splice.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { aroundLine } from '../mechanisms/around-line.ts';
import { raised } from '../mechanisms/faults.ts';
import { atStart, importInto, startUpOf } from '../mechanisms/start-up.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'event-loop-already-running';

const RUNNING = /^(?:asyncio\.run\(\) cannot be called from a running event loop|This event loop is already running|Cannot run the event loop while another loop is running)/;
/** What runs a coroutine to its end in a loop of its own. */
const RUNNERS = ['asyncio.run', 'run_until_complete'];

/** uvicorn imports the app inside its event loop, and the lifespan runs there too. */
export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'The code starts an event loop where the loop of the server runs already.',
  refines: ['third-party-crash', 'unknown-failure', 'request-fails'],
  detect: (evidence, source) => raised(evidence, ['RuntimeError'], RUNNING).flatMap((seen): Finding[] => {
    const frames = seen.exception.frames.filter(({ owner }) => owner === 'tree');
    const own = frames.at(-1);
    if (own === undefined) return [];
    const request = seen.fault.during === 'request';
    return [{
      kind, stage: evidence.stage === 'healthy' ? 'health' : evidence.stage, severity: request ? 'HIGH' : 'CRITICAL', category: 'ENTRYPOINT', file: own.file, line: own.line,
      facts: { file: own.file, function: own.function },
      what: `${own.file} runs a coroutine in a loop of its own in ${own.function}, inside the running loop of the server.`,
      why: 'The server imports the app and starts it inside its event loop, and one thread cannot run two loops at once.',
      todo: 'Await the coroutine in the lifespan, or run the code that needs its own loop in a thread with await asyncio.to_thread(…).',
      candidates: [...awaited(frames, source), ...inThread(frames, source), ...atStartUp(own, source)], explains: [seen.at],
    }];
  }),
};

/** The function of a frame, when it is one of the tree's own `async def`. */
function asyncFunction(frame: Frame, source: Source): SourceFile | undefined {
  const file = source.files.get(frame.file);
  const holder = file === undefined ? undefined : aroundLine(file, frame.line, /^function_definition$/);
  return holder?.text.startsWith('async') === true ? file : undefined;
}

/** `asyncio.run(prepare())` in an `async def` → `await prepare()` */
function awaited(frames: readonly Frame[], source: Source): readonly Fix[] {
  const frame = frames.at(-1);
  const file = frame === undefined ? undefined : asyncFunction(frame, source);
  const call = file === undefined ? undefined : runnerAt(file, frame?.line ?? 0);
  const coroutine = call?.arguments[0];
  if (file === undefined || call === undefined || coroutine === undefined) return [];
  return fixOf({
    title: `Await ${coroutine.value.split('(')[0] ?? 'it'} in ${file.path}`, safety: 'likely', edits: replaceSpan(file, call, `await ${coroutine.value}`),
    explanation: 'The function runs in the loop of the server: what it waits for is awaited there.',
  });
}

/** The innermost `async def` of the tree calls something that is not async and needs a loop of its own, as Alembic's commands do with an async `env.py`. */
function inThread(frames: readonly Frame[], source: Source): readonly Fix[] {
  const frame = frames.slice(0, -1).findLast((each) => asyncFunction(each, source) !== undefined);
  const file = source.files.get(frame?.file ?? '');
  const call = file === undefined ? undefined : callsOf(file).filter(({ line }) => line === frame?.line).toSorted((a, b) => b.end - b.start - (a.end - a.start))[0];
  if (file === undefined || call === undefined || call.awaited || !/^[\w.]+$/.test(call.written)) return [];
  const given = file.text.slice(call.argumentsSpan.start + 1, call.argumentsSpan.end - 1);
  return fixOf({
    title: `Run ${call.written} in a thread in ${file.path}`, safety: 'likely',
    edits: [...replaceSpan(file, call, `await asyncio.to_thread(${call.written}${given.trim() === '' ? '' : `, ${given}`})`), ...importModule(file, 'asyncio')],
    explanation: `${call.written} starts an event loop of its own. In a thread it may; the start waits for it as before.`,
  });
}

/** `asyncio.run(prepare())` at module level: the step moves into the start-up code, which is awaited. */
function atStartUp(own: Frame, source: Source): readonly Fix[] {
  const file = source.files.get(own.file);
  const call = file === undefined ? undefined : runnerAt(file, own.line);
  const coroutine = call?.arguments[0]?.valueNode;
  const start = startUpOf(source);
  const name = coroutine?.type === 'call' && coroutine.childForFieldName('arguments')?.namedChildren.length === 0 ? coroutine.childForFieldName('function')?.text : undefined;
  const statement = call?.node.parent;
  if (file === undefined || call?.scope !== '' || start?.async !== true || name === undefined || statement?.type !== 'expression_statement' || statement.parent?.type !== 'module') return [];
  if (!definitionsOf(file).some((each) => each.name === name)) return [];
  const from = lineStart(file.text, statement.startIndex);
  return fixOf({
    title: `Await ${name} when the app starts`, safety: 'likely',
    edits: [
      { file: file.path, old: file.text.slice(from, nextLine(file.text, statement.endIndex)), new: '', at: from },
      ...atStart(start, [`await ${name}()`]), ...importInto(source, start, file, name),
    ],
    explanation: `${name} ran while ${file.path} was imported. It now runs in the loop of the server, before the first request.`,
  });
}

function runnerAt(file: SourceFile, line: number): Call | undefined {
  return callsOf(file, RUNNERS).find((call) => call.line === line || call.node.endPosition.row + 1 === line);
}
