import { importName, inSequence, setKeyword } from '../../source/edits.ts';
import { callsOf, definitionsOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import { lineStart, nextLine } from '../../source/splice.ts';
import { stringValue } from '../../source/syntax.ts';
import type { Edit, SourceFile } from '../../source/types.ts';
import { appCalls } from '../mechanisms/apps.ts';
import { refusal, refused } from '../mechanisms/pydantic-errors.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Fix, Rule } from '../types.ts';

const kind = 'starlette1-event-handlers-removed';

/** `'Starlette' object has no attribute 'on_event'`   `'FastAPI' object has no attribute 'add_event_handler'`   `Starlette.__init__() got an unexpected keyword argument 'on_startup'` */
const REMOVED = /^'(?<type>Starlette|FastAPI|Router|APIRouter)' object has no attribute '(?<name>on_event|add_event_handler)'|^(?<made>Starlette|Router)\.__init__\(\) got an unexpected keyword argument '(?<keyword>on_startup|on_shutdown)'/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'The code registers start-up handlers in a way that Starlette 1 removed.',
  table: 'the names of the handlers that Starlette removed',
  detect: (evidence, source) => refused(evidence, source, ['AttributeError', 'TypeError'], REMOVED).map((at) => {
    const { type, made, name, keyword } = at.seen.match?.groups ?? {};
    const file = source.files.get(at.file);
    return {
      ...refusal(kind, at, {
        facts: { file: at.file, name: name ?? keyword ?? '' },
        what: `${at.file} uses ${name ?? keyword ?? 'a handler'} of ${type ?? made ?? 'Starlette'}, which Starlette 1 removed.`,
        why: 'Starlette 1 knows one way to run code at start and end: the lifespan, a context manager around the life of the app.',
        todo: 'Move what the handlers do into a lifespan function and hand it to the application, or require starlette<1 with a FastAPI that allows it.',
        candidates: file === undefined ? [] : [...onRouter(file, type, name), ...asLifespan(file)],
      }),
      category: 'DEPENDENCY' as const,
    };
  }),
};

/** FastAPI kept the handlers on its router. */
function onRouter(file: SourceFile, type: string | undefined, name: string | undefined): readonly Fix[] {
  if (type !== 'FastAPI' || name !== 'add_event_handler') return [];
  const calls = callsOf(file).filter((call) => call.written.endsWith('.add_event_handler') && !call.written.includes('.router.'));
  return fixOf({
    title: 'Register the handlers at the router of the application', safety: 'safe', edits: calls.map((call) => ({ file: file.path, old: '', new: '.router', at: call.calleeSpan.end - '.add_event_handler'.length })),
    explanation: 'FastAPI still runs handlers that its router knows; only the shortcut at the application is gone.',
  });
}

/** All handlers of the file become one lifespan, in the order in which they were registered. */
function asLifespan(file: SourceFile): readonly Fix[] {
  const [app] = appCalls(file).filter((call) => call.scope === '' && call.assignedTo !== undefined);
  if (app === undefined || app.arguments.some((each) => each.name === 'lifespan')) return [];
  const handlers = both((event) => [...decorated(file, app, event).map(({ handler }) => handler), ...listed(app, event)]);
  const known = new Map(definitionsOf(file).map((definition) => [definition.name, definition.async]));
  const all = [...handlers.startup, ...handlers.shutdown];
  if (all.length === 0 || all.some((handler) => !known.has(handler))) return [];
  const call = (handler: string): string => `    ${known.get(handler) === true ? 'await ' : ''}${handler}()\n`;
  const text = `@asynccontextmanager\nasync def lifespan(_):\n${handlers.startup.map(call).join('')}    yield\n${handlers.shutdown.map(call).join('')}\n\n`;
  const appAgain = (now: SourceFile): Call | undefined => appCalls(now).find((each) => each.scope === '' && each.assignedTo === app.assignedTo);
  return fixOf({
    title: 'Run the handlers in a lifespan', safety: 'likely',
    edits: inSequence(
      file,
      (now) => both((event) => decorated(now, app, event).map(({ edit }) => edit)).startup.concat(both((event) => decorated(now, app, event).map(({ edit }) => edit)).shutdown),
      (now) => withKeyword(now, appAgain(now), 'on_startup', null), (now) => withKeyword(now, appAgain(now), 'on_shutdown', null), (now) => withKeyword(now, appAgain(now), 'lifespan', 'lifespan'),
      (now) => { const at = appAgain(now); return at === undefined ? [] : [{ file: now.path, old: '', new: text, at: lineStart(now.text, at.start) }]; },
      (now) => importName(now, 'contextlib', 'asynccontextmanager'),
    ),
    explanation: 'What ran at start runs before the yield, what ran at the end behind it; nothing else changes.',
  });
}

function both<T>(ask: (event: 'startup' | 'shutdown') => readonly T[]): { startup: readonly T[]; shutdown: readonly T[] } {
  return { startup: ask('startup'), shutdown: ask('shutdown') };
}

/** `@app.on_event("startup")` and `app.add_event_handler("startup", f)`, with the edit that takes the line out. */
function decorated(file: SourceFile, app: Call, event: string): readonly { readonly handler: string; readonly edit: Edit }[] {
  return callsOf(file).flatMap((call) => {
    const method = call.written.split('.').at(-1);
    if (!call.written.startsWith(`${app.assignedTo ?? ''}.`) || stringValue(call.arguments[0]?.valueNode ?? null) !== event) return [];
    const handler = method === 'add_event_handler' ? call.arguments[1]?.value : method === 'on_event' ? call.node.parent?.parent?.childForFieldName('definition')?.childForFieldName('name')?.text : undefined;
    const start = lineStart(file.text, call.start);
    return handler === undefined ? [] : [{ handler, edit: { file: file.path, old: file.text.slice(start, nextLine(file.text, call.end)), new: '', at: start } }];
  });
}

/** `on_startup=[connect, warm_up]` */
function listed(app: Call, event: string): readonly string[] {
  const list = app.arguments.find((each) => each.name === `on_${event}`)?.valueNode;
  return (list?.namedChildren ?? []).flatMap((each) => (each?.type === 'identifier' ? [each.text] : []));
}

function withKeyword(file: SourceFile, call: Call | undefined, name: string, value: string | null): readonly Edit[] {
  return call === undefined ? [] : setKeyword(file, call, name, value);
}
