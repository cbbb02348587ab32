/** ASGI apps and factories in the code. */
import { callsOf, definitionsOf } from './calls.ts';
import type { Call } from './calls.ts';
import { originOf } from './imports.ts';
import { fileOf, absoluteModule } from './modules.ts';
import { ancestors, isPython, nodesOf } from './syntax.ts';
import type { SourceFile } from './types.ts';

export interface CodeTarget {
  readonly file: string;
  readonly attribute: string;
  readonly factory: boolean;
  readonly line: number;
}

/** Callables of frameworks that give an app uvicorn can serve. Subclasses in the tree are found by their base. */
const APPS = ['FastAPI', 'Starlette', 'Litestar', 'Quart', 'get_asgi_application', 'BlackSheep', 'Sanic', 'Esmerald', 'Robyn'];
const APP = new RegExp(`\\b(${APPS.join('|')})\\b`);

/** What a test serves is nobody's backend. */
const TEST = /(^|\/)(tests?\/|conftest\.py$|test_[^/]*\.py$|[^/]*_test\.py$)/i;

/** A first look at the text: most files name no framework and need not be parsed. */
function mayHoldApp(file: SourceFile): boolean {
  return isPython(file) && !TEST.test(file.path) && (APP.test(file.text) || /\b\w*(app|application|asgi)\w*\s*(:[^=\n]+)?=\s*[\w.]+\(/i.test(file.text));
}

export function codeTargets(files: ReadonlyMap<string, SourceFile>): readonly CodeTarget[] {
  const candidates = [...files.values()].filter(mayHoldApp);
  const classes = new Set([...APPS, ...candidates.flatMap(appClasses)]);
  const factories = candidates.flatMap((file) => factoriesOf(file, classes));
  const objects = candidates.flatMap((file) => objectsOf(files, file, classes, factories));
  const withObject = new Set(objects.map((each) => each.file));
  // `app = create_app()` beside its factory: the object is what is served.
  return [...objects, ...factories.filter((each) => !withObject.has(each.file) && !each.needsArguments)];
}

function lastPart(dotted: string): string {
  return dotted.slice(dotted.lastIndexOf('.') + 1);
}

function appClasses(file: SourceFile): readonly string[] {
  return definitionsOf(file).filter((each) => each.kind === 'class' && each.bases.some((base) => APPS.includes(lastPart(base)))).map((each) => each.name);
}

interface Factory extends CodeTarget {
  readonly needsArguments: boolean;
}

/** Functions at module level that return an app: annotated so, or `return FastAPI(…)`, or the name that holds one. */
function factoriesOf(file: SourceFile, classes: ReadonlySet<string>): readonly Factory[] {
  const made = callsOf(file).filter((call) => classes.has(lastPart(call.callee)));
  return definitionsOf(file).filter((each) => each.kind === 'function').flatMap((definition) => {
    const returns = definition.node.childForFieldName('return_type')?.text ?? '';
    const inside = made.filter((call) => call.scope === definition.name);
    const returned = nodesOf(file, 'return_statement', definition.node).some((node) => {
      const value = node.namedChild(0);
      return value !== null && inside.some((call) => call.start === value.startIndex || call.assignedTo?.split(':')[0]?.trim() === value.text);
    });
    const annotated = classes.has(lastPart(returns.replace(/["']/g, ''))) && returns !== '';
    if (!returned && !annotated) return [];
    return [{ file: file.path, attribute: definition.name, factory: true, line: definition.line, needsArguments: needsArguments(definition.node.childForFieldName('parameters')?.text ?? '()') }];
  });
}

function needsArguments(parameters: string): boolean {
  const inner = parameters.slice(1, -1).trim();
  return inner !== '' && inner.split(/,(?![^[(]*[\])])/).some((each) => each.trim() !== '' && !each.includes('=') && !each.trim().startsWith('*'));
}

/** Names at module level that hold an app: made there, by a factory, or wrapped around one. */
function objectsOf(files: ReadonlyMap<string, SourceFile>, file: SourceFile, classes: ReadonlySet<string>, factories: readonly Factory[]): readonly CodeTarget[] {
  const found = new Map<string, CodeTarget>();
  for (const call of callsOf(file)) {
    if (call.scope !== '' || call.assignedTo === undefined || !/^[A-Za-z_]\w*$/.test(call.assignedTo) || onlyAsProgram(call)) continue;
    const isApp = classes.has(lastPart(call.callee)) || isFactoryCall(files, file, call, factories) || typedAsApp(call, classes) || wraps(call, found);
    if (isApp) found.set(call.assignedTo, { file: file.path, attribute: call.assignedTo, factory: false, line: call.line });
  }
  const mounted = new Set(callsOf(file, ['mount']).flatMap((call) => call.arguments.map((argument) => argument.value)));
  return [...found.values()].filter((each) => !mounted.has(each.attribute));
}

/** Below `if __name__ == "__main__":` nothing is made when a server imports the module. */
function onlyAsProgram(call: Call): boolean {
  return [...ancestors(call.node)].some((up) => up.type === 'if_statement' && /__name__\s*==\s*["']__main__["']/.test(up.childForFieldName('condition')?.text ?? ''));
}

function isFactoryCall(files: ReadonlyMap<string, SourceFile>, file: SourceFile, call: Call, factories: readonly Factory[]): boolean {
  const named = factories.filter((each) => each.attribute === lastPart(call.callee));
  if (named.length === 0) return false;
  if (!call.written.includes('.') && named.some((each) => each.file === file.path)) return true;
  const origin = originOf(file, call.written);
  const module = origin.slice(0, origin.lastIndexOf('.'));
  const path = fileOf(absoluteModule(module, file.path, ['.']), files, ['.']);
  return named.some((each) => each.file === path || each.file.endsWith(`${module.replaceAll('.', '/')}.py`) || each.file.endsWith(`${module.replaceAll('.', '/')}/__init__.py`));
}

/** `app: FastAPI = …` */
function typedAsApp(call: Call, classes: ReadonlySet<string>): boolean {
  const type = call.node.parent?.type === 'assignment' ? call.node.parent.childForFieldName('type')?.text ?? '' : '';
  return type !== '' && classes.has(lastPart(type));
}

/** `app = socketio.ASGIApp(sio, app)`, `app = CORSMiddleware(app, …)`; a router that takes the app in is none. */
function wraps(call: Call, known: ReadonlyMap<string, CodeTarget>): boolean {
  const takesApp = call.arguments.some((argument) => known.has(argument.value));
  return takesApp && (known.has(call.assignedTo ?? '') || /ASGI|Middleware/.test(lastPart(call.callee)));
}
