/** ASGI applications in the code: where they are made, under which name, by which function. */
import { importRoots } from '../../source/import-roots.ts';
import { callsOf, definitionsOf, fileOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import type { Source, SourceFile } from '../../source/types.ts';

const MAKERS = ['fastapi.FastAPI', 'fastapi.applications.FastAPI', 'starlette.applications.Starlette', 'litestar.Litestar', 'litestar.app.Litestar', 'quart.Quart', 'django.core.asgi.get_asgi_application'];

/** `src.main:app` → its module and attribute. */
export function targetParts(target: string): { readonly module: string; readonly attribute: string } {
  const [module = '', attribute = 'app'] = target.split(':');
  return { module, attribute };
}

const modules = new WeakMap<Source, Map<string, SourceFile | undefined>>();

/** The file that Python loads for a module; undefined for what the tree does not have. */
export function fileOfModule(module: string, source: Source): SourceFile | undefined {
  const known = modules.get(source) ?? new Map<string, SourceFile | undefined>();
  modules.set(source, known);
  if (!known.has(module)) known.set(module, source.files.get(fileOf(module, source.files, importRoots(source.run)) ?? ''));
  return known.get(module);
}

/** Names of a module that hold an application. */
export function appsIn(file: SourceFile): readonly string[] {
  return callsOf(file, MAKERS).flatMap((call) => (call.scope === '' && call.assignedTo !== undefined && /^\w+$/.test(call.assignedTo) ? [call.assignedTo] : []));
}

/** Functions of a module that make an application and need no argument. */
export function factoriesIn(file: SourceFile): readonly string[] {
  const scopes = new Set(callsOf(file, MAKERS).map((call) => call.scope));
  return definitionsOf(file).filter((definition) => definition.kind === 'function' && !definition.async && scopes.has(definition.name) && isCallable(file, definition.start)).map(({ name }) => name);
}

/** No parameter without a default. */
function isCallable(file: SourceFile, start: number): boolean {
  const parameters = /def\s+\w+\s*\((?<inside>[^)]{0,2000})\)/.exec(file.text.slice(start, start + 3_000))?.groups?.['inside'];
  return parameters !== undefined && parameters.split(',').every((part) => part.trim() === '' || part.includes('=') || part.trim().startsWith('*'));
}

export function appCalls(file: SourceFile): readonly Call[] {
  return callsOf(file, MAKERS);
}
