/** Routes that the code declares, and which of them tells whether the app is well (R20). */
import { callsOf } from './calls.ts';
import type { Call } from './calls.ts';
import { importRoots, isAside } from './import-roots.ts';
import { fileOf } from './modules.ts';
import { includesOf, isConditional, keyOf, routersOf, spread } from './routers.ts';
import type { Files, Key } from './routers.ts';
import { staticText } from './static-values.ts';
import { ancestors, isPython, lineOf } from './syntax.ts';
import type { Source, SourceFile } from './types.ts';

export { includesIn, unusedRouters } from './routers.ts';

export interface CodeRoute {
  readonly path: string;
  readonly methods: readonly string[];
  readonly file: string;
  readonly line: number;
  readonly handler: string;
  /** Routes of one table are tried in the order of the code; absent where a framework orders them itself, or where a condition decides. */
  readonly table?: string;
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

// /health · /api/v1/health-check/ · /healthz · /ping · /probe/live · /api/v1/status; but the status of a payment (/payment/stripe/status) is none of the app's
const HEALTH: readonly RegExp[] = [
  /(^|\/)_?_?health(z|s)?\/?$/i, /(^|\/)health[-_]?check\/?$/i, /(^|\/)(livez|liveness|alive|ping|heartbeat|probe)\/?$/i,
  /^(\/(api|v\d+|system|server|service|app|internal|public|monitor(ing)?|-|core|common|admin|main|root|probes?|health\w*|_+\w*))*\/(live|up|ready|readyz|readiness|status)\/?$/i,
  /(^|\/)health\b[^/]*(\/(live|ready|liveness|readiness))?\/?$/i,
];

/** A path that by its name says whether the app is well. */
export function isHealthPath(path: string): boolean {
  return HEALTH.some((pattern) => pattern.test(path));
}

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

function routesOf(files: Files, app: string, roots: readonly string[], guess = false): readonly CodeRoute[] {
  const python = [...files.values()].filter((file) => isPython(file) && !isAside(file.path) && /rout|\bget\(|include|\bpath\(|Mount/i.test(file.text));
  const routers = new Map(python.flatMap((file) => routersOf(files, file)));
  const includes = python.flatMap((file) => includesOf(files, file, routers));
  const start = fileOf(app.split(':')[0] ?? '', files, roots);
  const known = spread(routers, includes, start);
  const opaque = guess && includes.some((each) => each.parent === 'app' && !routers.has(each.child));
  // Whatever no include of the code leads to is taken to be included as it is.
  const orphans = opaque ? [...routers.keys()].filter((key) => !includes.some((each) => each.child === key)) : [];
  const prefixes = opaque ? new Map([...spread(routers, [...includes, ...orphans.map((child) => ({ parent: 'app', child, prefix: '', conditional: false }))], start), ...known]) : known;
  return python.flatMap((file) => [...decorated(files, file, routers, prefixes), ...classic(files, file)]);
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
    // Litestar, whose verbs are bare names, looks for the exact path first.
    const table = receiver === '' || isConditional(call.node) ? {} : { table: `${call.scope} ${receiver}` };
    return bases.flatMap((base) => paths.map((path) => ({ path: joined(base, path, receiver === ''), methods, file: file.path, line: lineOf(call.node), handler, ...table })));
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
    return [{ path: path.startsWith('/') ? path : `/${path}`, methods: methodsOf(call), file: file.path, line: call.line, handler: call.arguments[1]?.value ?? '', ...(call.node.parent?.type === 'list' ? { table: `list ${call.node.parent.startIndex}` } : {}) }];
  });
}
