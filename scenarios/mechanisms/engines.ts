/** Engines: where the tree builds them, whether they can be awaited, and how a sync one becomes an async one. */
import { dropImportedName, importName, inSequence, replaceCallee } from '../../source/edits.ts';
import { callsOf, definitionsOf, importedNames, nameUses } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';

export const ASYNC_HOME = 'sqlalchemy.ext.asyncio';
const MAKERS = ['sqlmodel.create_engine', 'sqlalchemy.create_engine', 'sqlalchemy.engine.create_engine', 'sqlalchemy.engine.create.create_engine'];

/** Tests and migrations build engines of their own, for their own purposes. */
export function isServerCode(path: string): boolean {
  return path.endsWith('.py') && !/(?:^|\/)(?:tests?|alembic|migrations)\/|(?:^|\/)(?:test_[^/]*|[^/]*_test|conftest|noxfile|setup)\.py$/.test(path);
}

/** Calls of any of the functions in code that the server loads. */
export function serverCalls(source: Source, callees: readonly string[]): readonly Call[] {
  const last = callees.map((callee) => callee.slice(callee.lastIndexOf('.') + 1));
  return [...source.files.values()]
    .filter((file) => isServerCode(file.path) && last.some((name) => file.text.includes(name)))
    .flatMap((file) => callsOf(file, callees));
}

export function syncEngineCalls(source: Source): readonly Call[] {
  return serverCalls(source, MAKERS);
}

export function asyncEngineCalls(source: Source): readonly Call[] {
  return serverCalls(source, [`${ASYNC_HOME}.create_async_engine`, `${ASYNC_HOME}.engine.create_async_engine`]);
}

/** Both kinds. */
export function engineCalls(source: Source): readonly Call[] {
  return [...asyncEngineCalls(source), ...syncEngineCalls(source)];
}

/** The engine call that a frame of the code lies in; all of them when the frame is elsewhere. */
export function engineCallsAt(source: Source, place: { readonly file: string; readonly line: number } | undefined): readonly Call[] {
  const calls = engineCalls(source);
  const here = calls.filter((call) => place !== undefined && call.file === place.file && call.line <= place.line && place.line <= call.node.endPosition.row + 1);
  return here.length > 0 ? here : calls;
}

/**
 * The sync engines behind a failing place: those of its own file, else those of the files it imports from, else the only ones there are.
 * Empty when the tree builds several and nothing tells which.
 */
export function enginesBehind(source: Source, file: string): readonly Call[] {
  const calls = syncEngineCalls(source);
  const near = calls.filter((call) => call.file === file);
  if (near.length > 0) return near;
  const modules = source.imports.filter((statement) => statement.file === file).map((statement) => statement.module.replaceAll('.', '/'));
  const imported = calls.filter((call) => modules.some((module) => call.file.replace(/(?:\/__init__)?\.py$/, '').endsWith(module)));
  if (imported.length > 0) return imported;
  return new Set(calls.map((call) => call.file)).size === 1 ? calls : [];
}

/** What a call's result is said to be: the annotation of the variable or of the function that returns it. */
export function promisesAsyncEngine(source: Source, call: Call): boolean {
  const text = source.files.get(call.file)?.text ?? '';
  const before = text.slice(Math.max(0, call.start - 400), call.start);
  const inScope = call.scope === '' ? before.slice(before.lastIndexOf('\n') + 1) : before.slice(Math.max(0, before.lastIndexOf('def ')));
  // `AsyncEngine(create_engine(url))` is one way to make an async engine.
  return /\bAsyncEngine\b(?!\(\s*$)/.test(inScope);
}

/** Edits that turn the calls into `create_async_engine`, imports included. */
export function asyncEngineEdits(source: Source, calls: readonly Call[]): readonly Edit[] {
  return [...new Set(calls.map((call) => call.file))].flatMap((path) => {
    const file = source.files.get(path);
    return file === undefined ? [] : inSequence(file, ...asyncEngineSteps(calls.filter((call) => call.file === path)));
  });
}

type Step = (file: SourceFile) => readonly Edit[];

/** The same as steps on one file, to be run together with others. */
export function asyncEngineSteps(calls: readonly Call[]): readonly Step[] {
  // Each replaced call moves the others, so every step looks for the first one that is left.
  const rename: Step = (file) => callsOf(file, MAKERS).slice(0, 1).flatMap((call) => replaceCallee(file, call, 'create_async_engine'));
  return [...calls.map(() => rename), dropUnused('create_engine'), (file) => importName(file, ASYNC_HOME, 'create_async_engine')];
}

/** Takes an import out when nothing in the file uses the name any more and nobody could import it from here on purpose. */
export function dropUnused(name: string): Step {
  return (file) => {
    const origin = importedNames(file).get(name);
    if (origin === undefined || nameUses(file, name).length > 0 || definitionsOf(file).some((definition) => definition.name === '__all__')) return [];
    return dropImportedName(file, origin.slice(0, origin.lastIndexOf('.')), name);
  };
}
