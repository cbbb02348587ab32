/** Routes that the code declares, and which of them tells whether the app is well (R20). */
import { callsOf, definitionsOf } from './calls.ts';
import type { Call } from './calls.ts';
import { importRoots, isAside } from './import-roots.ts';
import { originOf } from './imports.ts';
import { passesAround } from './loop-values.ts';
import { fileOf } from './modules.ts';
import { staticText, treeFile } from './static-values.ts';
import { ancestors, isPython, lineOf } from './syntax.ts';
import type { Source, SourceFile } from './types.ts';

type Files = ReadonlyMap<string, SourceFile>;

export interface CodeRoute {
  readonly path: string;
  readonly methods: readonly string[];
  readonly file: string;
  readonly line: number;
  readonly handler: string;
}

/** Routes reachable from the app with their static prefixes; a router that is never included is left out. */
export function declaredRoutes(source: Pick<Source, 'files' | 'run'>): readonly CodeRoute[] {
  return routesOf(source.files, source.run.app, importRoots(source.run));
}

/** Paths to ask for health, best first: the declared health route, other GETs without parameters, `/openapi.json`. */
export function healthPaths(source: Pick<Source, 'files' | 'run'>): readonly string[] {
  if (source.run.healthNamed) return [source.run.healthPath];
  return rankedPaths(source.files, source.run.app, importRoots(source.run));
}

export function firstHealthPath(files: Files, app: string, roots: readonly string[]): string {
  return rankedPaths(files, app, roots)[0] ?? '/openapi.json';
}

// /health · /api/v1/health-check/ · /healthz · /ping · /probe/live
const HEALTH: readonly RegExp[] = [
  /(^|\/)_?_?health(z|s)?\/?$/i, /(^|\/)health[-_]?check\/?$/i, /(^|\/)(live|livez|liveness|alive|ping|heartbeat|up)\/?$/i, /(^|\/)(ready|readyz|readiness|status)\/?$/i,
  /(^|\/)health\b[^/]*(\/(live|ready|liveness|readiness))?\/?$/i,
];

function rankedPaths(files: Files, app: string, roots: readonly string[]): readonly string[] {
  // What no include of the code leads to may be reached in a way that only running it would show: asked last, and only for health.
  const all = routesOf(files, app, roots, true);
  const gets = all.filter((route) => route.methods.includes('GET') && !/[{<]/.test(route.path)).map((route) => route.path);
  const score = (path: string): number => {
    const index = HEALTH.findIndex((pattern) => pattern.test(path));
    return index === -1 ? 100 + (path === '/' ? 0 : 1) : index * 10 + path.split('/').length;
  };
  // Array.toSorted is stable: routes of one rank stay in the order of the code.
  return [...new Set([...gets.toSorted((a, b) => score(a) - score(b)), '/openapi.json'])];
}

/** A router or app object: where it is made. */
type Key = string;

interface Include {
  readonly parent: Key;
  readonly child: Key;
  readonly prefix: string;
}

function routesOf(files: Files, app: string, roots: readonly string[], guess = false): readonly CodeRoute[] {
  const python = [...files.values()].filter((file) => isPython(file) && !isAside(file.path) && /rout|\bget\(|include|\bpath\(|Mount/i.test(file.text));
  const routers = new Map(python.flatMap((file) => routersOf(files, file)));
  const includes = python.flatMap((file) => includesOf(files, file, routers));
  const start = fileOf(app.split(':')[0] ?? '', files, roots);
  const known = spread(routers, includes, start);
  const opaque = guess && includes.some((each) => each.parent === 'app' && !routers.has(each.child));
  // Whatever no include of the code leads to is taken to be included as it is.
  const orphans = opaque ? [...routers.keys()].filter((key) => !includes.some((each) => each.child === key)) : [];
  const prefixes = opaque ? new Map([...spread(routers, [...includes, ...orphans.map((child) => ({ parent: 'app', child, prefix: '' }))], start), ...known]) : known;
  return python.flatMap((file) => [...decorated(files, file, routers, prefixes), ...classic(files, file)]);
}

const ROUTER = /(^|\.)(APIRouter|\w*Router|Blueprint)$/;

/** Routers made in a file with their own prefix. */
function routersOf(files: Files, file: SourceFile): readonly (readonly [Key, string])[] {
  return callsOf(file).flatMap((call) => {
    if (call.assignedTo === undefined || !ROUTER.test(call.callee)) return [];
    return [[keyOf(file.path, call.assignedTo), keyword(files, file, call, ['prefix', 'url_prefix', 'path']) ?? ''] as const];
  });
}

function keyOf(path: string, name: string): Key {
  return `${path}#${(name.split(':')[0] ?? name).trim()}`;
}

function keyword(files: Files, file: SourceFile, call: Call, names: readonly string[]): string | undefined {
  const argument = call.arguments.find((each) => each.name !== undefined && names.includes(each.name));
  return argument ? staticText(files, file, argument.valueNode) : undefined;
}

/** `app.include_router(users.router, prefix="/api")`, `app.mount("/v1", api)`, also in a loop over a list of the tree. */
function includesOf(files: Files, file: SourceFile, routers: ReadonlyMap<Key, string>): readonly Include[] {
  return callsOf(file, ['include_router', 'mount', 'register_blueprint']).flatMap((call) => {
    const mount = /mount$/.test(call.written);
    const argument = call.arguments.find((each) => each.name === 'router') ?? call.arguments.filter((each) => each.name === undefined)[mount ? 1 : 0];
    if (!argument) return [];
    const receiver = call.written.slice(0, call.written.lastIndexOf('.'));
    const own = keyOf(file.path, receiver);
    const stated = mount ? call.arguments[0] : call.arguments.find((each) => each.name === 'prefix' || each.name === 'url_prefix');
    return passesAround(files, file, call.node).flatMap((pass) => {
      const prefix = stated === undefined ? '' : staticText(files, pass.file, pass.values.get(stated.value) ?? stated.valueNode);
      const [head = '', ...rest] = argument.value.split('.');
      const value = pass.values.get(head);
      const child = value === undefined ? resolve(files, file, argument.value, routers) : resolve(files, pass.file, [value.text, ...rest].join('.'), routers);
      return prefix === undefined ? [] : [{ parent: routers.has(own) ? own : 'app', child, prefix }];
    });
  });
}

/** The router an expression means: a name of this file, one that it imports, or `module.router`. */
function resolve(files: Files, file: SourceFile, written: string, routers: ReadonlyMap<Key, string>): Key {
  const own = keyOf(file.path, written);
  if (routers.has(own)) return own;
  return followed(files, originOf(file, written), routers, 0) ?? own;
}

function followed(files: Files, origin: string, routers: ReadonlyMap<Key, string>, depth: number): Key | undefined {
  const cut = origin.lastIndexOf('.');
  if (cut === -1 || depth > 4) return undefined;
  const target = treeFile(files, origin.slice(0, cut));
  const name = origin.slice(cut + 1);
  if (!target) return undefined;
  const key = keyOf(target.path, name);
  if (routers.has(key)) return key;
  // Handed on: `from .users import router as users_router` in a package's __init__.
  const next = originOf(target, name);
  return next === name ? undefined : followed(files, next, routers, depth + 1);
}

/** Prefixes under which each router answers. */
function spread(routers: ReadonlyMap<Key, string>, includes: readonly Include[], start: string | undefined): ReadonlyMap<Key, readonly string[]> {
  const found = new Map<Key, string[]>();
  const visit = (key: Key, prefix: string, path: readonly Key[]): void => {
    if (path.includes(key)) return;
    const own = prefix + (routers.get(key) ?? '');
    found.set(key, [...(found.get(key) ?? []), own]);
    for (const include of includes) if (include.parent === key) visit(include.child, own + include.prefix, [...path, key]);
  };
  visit('app', '', []);
  // A router in the app's own file that stands for the app (Starlette's Router, a bare APIRouter app).
  if (start !== undefined && includes.length === 0) for (const key of routers.keys()) if (key.startsWith(`${start}#`) && !found.has(key)) visit(key, '', []);
  return found;
}

const VERBS = new Set(['get', 'post', 'put', 'patch', 'delete', 'head', 'options']);

/** `@router.get("/path")`, Litestar's bare `@get("/path")`, `@app.route("/path", methods=[…])` */
function decorated(files: Files, file: SourceFile, routers: ReadonlyMap<Key, string>, prefixes: ReadonlyMap<Key, readonly string[]>): readonly CodeRoute[] {
  return callsOf(file).flatMap((call) => {
    const verb = call.written.slice(call.written.lastIndexOf('.') + 1);
    const methods = VERBS.has(verb) ? [verb.toUpperCase()] : /^(route|api_route|add_api_route|add_route)$/.test(verb) ? methodsOf(call) : [];
    const definition = call.node.parent?.type === 'decorator' ? call.node.parent.parent?.childForFieldName('definition') : undefined;
    if (methods.length === 0 || (!definition && !verb.startsWith('add_'))) return [];
    const receiver = call.written.includes('.') ? call.written.slice(0, call.written.lastIndexOf('.')) : '';
    const key = keyOf(file.path, receiver);
    const bases = receiver === '' ? [controllerPath(files, file, call)] : routers.has(key) ? prefixes.get(key) ?? [] : prefixes.get('app') ?? [''];
    const paths = pathsOf(files, file, call);
    const handler = definition?.childForFieldName('name')?.text ?? '';
    return bases.flatMap((base) => paths.map((path) => ({ path: joined(base, path, receiver === ''), methods, file: file.path, line: lineOf(call.node), handler })));
  });
}

function methodsOf(call: Call): readonly string[] {
  const written = call.arguments.find((each) => each.name === 'methods')?.value;
  return written === undefined ? ['GET'] : [...written.matchAll(/["'](\w+)["']/g)].map((match) => (match[1] ?? '').toUpperCase());
}

function pathsOf(files: Files, file: SourceFile, call: Call): readonly string[] {
  const argument = call.arguments.find((each) => each.name === 'path') ?? call.arguments.find((each) => each.name === undefined && !each.splat);
  if (!argument) return [''];
  if (argument.valueNode.type === 'list') return argument.valueNode.namedChildren.flatMap((each) => staticText(files, file, each) ?? []);
  const path = staticText(files, file, argument.valueNode);
  return path === undefined ? [] : [path];
}

/** Litestar: `class C(Controller): path = "/api"`. */
function controllerPath(files: Files, file: SourceFile, call: Call): string {
  for (const up of ancestors(call.node)) {
    if (up.type !== 'class_definition') continue;
    for (const node of up.childForFieldName('body')?.namedChildren ?? []) {
      const assignment = node?.namedChild(0);
      if (assignment?.type === 'assignment' && assignment.childForFieldName('left')?.text === 'path') return staticText(files, file, assignment.childForFieldName('right')) ?? '';
    }
  }
  return '';
}

/** FastAPI glues texts together; Litestar normalises slashes. */
function joined(base: string, path: string, normalise: boolean): string {
  if (!normalise) return base + path || '/';
  const clean = `/${base}/${path}`.replace(/\/{2,}/g, '/');
  return clean.length > 1 ? clean.replace(/\/$/, '') : clean;
}

/** Starlette's `Route("/health", health)` and Django's `path("health/", view)`. */
function classic(files: Files, file: SourceFile): readonly CodeRoute[] {
  return callsOf(file, ['starlette.routing.Route', 'django.urls.path', 'litestar.routes.HTTPRoute']).flatMap((call) => {
    const path = staticText(files, file, call.arguments[0]?.valueNode ?? null);
    const inMount = [...ancestors(call.node)].some((up) => up.type === 'call' && /Mount$/.test(up.childForFieldName('function')?.text ?? ''));
    if (path === undefined || inMount || /include$/.test(call.arguments[1]?.value.split('(')[0] ?? '')) return [];
    return [{ path: path.startsWith('/') ? path : `/${path}`, methods: methodsOf(call), file: file.path, line: call.line, handler: call.arguments[1]?.value ?? '' }];
  });
}

/** Routers made at module level that nothing includes: defined and never reachable. */
export function unusedRouters(source: Pick<Source, 'files' | 'run'>): readonly { readonly file: string; readonly line: number; readonly name: string }[] {
  const python = [...source.files.values()].filter((file) => isPython(file) && !isAside(file.path) && /Router\(/.test(file.text));
  const routers = new Map(python.flatMap((file) => routersOf(source.files, file)));
  const included = new Set([...source.files.values()].filter((file) => isPython(file) && /include_router|mount\(/.test(file.text)).flatMap((file) => includesOf(source.files, file, routers).map((each) => each.child)));
  return python.flatMap((file) => definitionsOf(file).filter((each) => routers.has(keyOf(file.path, each.name)) && !included.has(keyOf(file.path, each.name)))
    .map((each) => ({ file: file.path, line: each.line, name: each.name })));
}
