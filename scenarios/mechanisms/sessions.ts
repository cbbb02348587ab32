/** Session factories: sync ones that async code uses, and how they become async ones. */
import { importName, inSequence, replaceCallArguments, replaceCallee, setKeyword } from '../../source/edits.ts';
import { callsOf, importedNames } from '../../source/python.ts';
import type { Argument, Call } from '../../source/python.ts';
import { ancestors } from '../../source/syntax.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';
import { ASYNC_HOME, dropUnused, serverCalls } from './engines.ts';

const FACTORIES = ['sqlalchemy.orm.sessionmaker', 'sqlalchemy.orm.session.sessionmaker'];

/** Settings of the sync recipe that mean nothing to an async session or are its default. */
const OLD_RECIPE = ['autocommit', 'autoflush', 'future', 'bind', 'class_', 'expire_on_commit'];

export function syncFactories(source: Source): readonly Call[] {
  return serverCalls(source, FACTORIES);
}

/** `sessionmaker(…, class_=AsyncSession)` makes async sessions all the same. */
export function makesAsyncSessions(call: Call): boolean {
  return call.arguments.some((argument) => argument.name === 'class_' && /AsyncSession\b/.test(argument.value));
}

/** The factory that a line such as `async with SessionLocal() as session` calls; the only one of the tree when the name says nothing. */
export function factoryBehind(source: Source, line: string): Call | undefined {
  const factories = syncFactories(source).filter((call) => !makesAsyncSessions(call));
  const named = factories.find((call) => call.assignedTo !== undefined && new RegExp(`\\b${escape(lastPart(call.assignedTo))}\\b`).test(line));
  return named ?? (factories.length === 1 ? factories[0] : undefined);
}

function lastPart(dotted: string): string {
  return dotted.slice(dotted.lastIndexOf('.') + 1);
}

function escape(text: string): string {
  return text.replace(/[^\w]/g, '\\$&');
}

/** Some code enters sessions of this factory with `async with` or awaits them, or was promised async ones. */
export function usedAsync(source: Source, call: Call): boolean {
  if (promisesAsync(call)) return true;
  const name = call.assignedTo;
  if (name === undefined) return false;
  const entered = new RegExp(`async with [^\\n]{0,200}\\b${escape(lastPart(name))}\\b`);
  return [...source.files.values()].some((file) => file.path.endsWith('.py') && entered.test(file.text));
}

/** `def make_sessions(engine) -> async_sessionmaker[AsyncSession]:` */
function promisesAsync(call: Call): boolean {
  const holder = call.node.parent?.type === 'return_statement' ? [...ancestors(call.node)].find((up) => up.type === 'function_definition') : undefined;
  return /\bAsyncSession\b/.test(holder?.childForFieldName('return_type')?.text ?? '');
}

/** Where the tree takes its AsyncSession from: SQLModel's own (it has `exec`) when the tree uses SQLModel. */
function asyncSession(source: Source, file: SourceFile): { readonly local: string; readonly module?: string } {
  for (const [local, origin] of importedNames(file)) if (origin.endsWith('.AsyncSession')) return { local };
  const sqlmodel = source.imports.some((statement) => statement.module === 'sqlmodel' || statement.module.startsWith('sqlmodel.'));
  return { local: 'AsyncSession', module: sqlmodel ? 'sqlmodel.ext.asyncio.session' : ASYNC_HOME };
}

type Step = (file: SourceFile) => readonly Edit[];

/** Edits that turn a sync factory into `async_sessionmaker`, imports included. `keep` leaves the other settings as they are. */
export function asyncFactoryEdits(source: Source, call: Call, keep = false): readonly Edit[] {
  const file = source.files.get(call.file);
  if (file === undefined) return [];
  const session = asyncSession(source, file);
  const position = callsOf(file, FACTORIES).findIndex((other) => other.start === call.start);
  const again = (now: SourceFile): Call | undefined => callsOf(now, FACTORIES)[position];
  const settings: readonly Step[] = makesAsyncSessions(call) ? [] : newArguments(call, session.local, again, keep);
  return inSequence(
    file,
    ...settings,
    (now) => { const found = again(now); return found === undefined ? [] : replaceCallee(now, found, 'async_sessionmaker'); },
    dropUnused('sessionmaker'),
    (now) => importName(now, ASYNC_HOME, 'async_sessionmaker'),
    (now) => (session.module === undefined ? [] : importName(now, session.module, session.local)),
  );
}

function newArguments(call: Call, session: string, again: (file: SourceFile) => Call | undefined, keep: boolean): readonly Step[] {
  const set = (name: string, value: string | null): Step => (now) => {
    const found = again(now);
    return found === undefined ? [] : setKeyword(now, found, name, value);
  };
  const spansLines = call.arguments.some((argument, at) => at > 0 && argument.start - (call.arguments[at - 1]?.end ?? 0) > 2);
  if (keep || spansLines) return [set('class_', session), set('expire_on_commit', 'False'), ...(keep ? [] : [set('autocommit', null), set('autoflush', null)])];
  const bind = call.arguments.find((argument) => argument.name === 'bind' || (argument.name === undefined && !argument.splat));
  const others = call.arguments.filter((argument) => argument !== bind && !OLD_RECIPE.includes(argument.name ?? ''));
  const text = [...(bind === undefined ? [] : [bind.value]), `class_=${session}`, 'expire_on_commit=False', ...others.map(written)].join(', ');
  return [(now) => { const found = again(now); return found === undefined ? [] : replaceCallArguments(now, found, text); }];
}

function written(argument: Argument): string {
  return argument.name === undefined ? argument.value : `${argument.name}=${argument.value}`;
}
