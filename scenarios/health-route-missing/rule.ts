import { declaredRoutes, isHealthPath } from '../../source/routes.ts';
import { importedNames } from '../../source/python.ts';
import type { Source } from '../../source/types.ts';
import { appCalls, fileOfModule, targetParts } from '../mechanisms/apps.ts';
import { manifestOf } from '../mechanisms/distributions.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'health-route-missing';

export const rule: Rule = {
  kind,
  stage: 'health',
  category: 'ENTRYPOINT',
  severity: 'MEDIUM',
  title: 'The app has no route that tells whether it is well.',
  detect: (evidence, source) => evidence.faults.flatMap(({ http, form }, at) => {
    if (form !== 'http' || http?.purpose !== 'health') return [];
    if (http.status === 200) return [{ ...emptyApp(source), explains: [at] }];
    // One that is declared and answers otherwise is there.
    const declares = !source.run.healthNamed && declaredRoutes(source).some(({ path, methods }) => path !== http.path && isHealthPath(path) && methods.includes('GET'));
    if (http.status !== 404 || declares) return [];
    return [{ ...findingFor(source), severity: source.run.healthNamed ? 'CRITICAL' as const : 'MEDIUM' as const, explains: [at] }];
  }),
  scan: (source) => {
    const routes = declaredRoutes(source);
    const named = source.run.healthNamed && routes.length > 0 && !routes.some(({ path }) => path === source.run.healthPath);
    const none = routes.length > 0 && !routes.some(({ path }) => isHealthPath(path));
    return named || none ? [findingFor(source)] : [];
  },
};

/** An answer of 200 is a fault only where it comes from an app that has nothing to answer with. */
function emptyApp(source: Source): Finding {
  const { module, attribute } = targetParts(source.run.app);
  const file = fileOfModule(module, source)?.path ?? manifestOf(source);
  return {
    kind, stage: 'health', severity: 'CRITICAL', category: 'ENTRYPOINT', file, facts: { app: source.run.app },
    what: `${attribute} in ${file} starts and has no route of its own.`,
    why: 'Only the pages that FastAPI makes for every app answer. The routes are added to another object, in a function that is never called, or not at all.',
    todo: `Include the routers in ${attribute}, or name the app that has them with --app.`,
    candidates: [],
  };
}

function findingFor(source: Source): Finding {
  const path = source.run.healthPath;
  const file = fileOfModule(targetParts(source.run.app).module, source);
  return {
    kind, stage: 'health', severity: 'MEDIUM', category: 'ENTRYPOINT', file: file?.path ?? manifestOf(source), facts: { path: source.run.healthNamed ? path : 'any' },
    what: source.run.healthNamed ? `The app has no route ${path}, which was named as its health route.` : 'The app has no health route, so nobody can ask it whether it is well.',
    why: 'Containers, load balancers and this check ask a health route; without one they can only see that something listens.',
    todo: `Add a route ${source.run.healthNamed ? path : 'such as /health'} that answers 200, and that fails when the database cannot be reached.`,
    candidates: source.run.healthNamed ? addRoute(source, path) : [],
  };
}

/** Only for an app whose decorator style is known, and only for a path that `--health` named. */
function addRoute(source: Source, path: string): readonly Fix[] {
  const { module, attribute } = targetParts(source.run.app);
  const file = fileOfModule(module, source);
  if (file === undefined || !/^\/[\w/.-]*$/.test(path) || declaredRoutes(source).some((route) => route.path === path)) return [];
  const isFastApi = appCalls(file).some((call) => call.assignedTo === attribute && call.scope === '' && call.callee.startsWith('fastapi.'));
  if (!isFastApi || !importedNames(file).has('FastAPI')) return [];
  const name = path.replace(/[^\w]+/g, '_').replace(/^_|_$/g, '') || 'health';
  const eol = file.text.includes('\r\n') ? '\r\n' : '\n';
  const text = ['', '', `@${attribute}.get("${path}")`, `async def ${/^\d/.test(name) ? `health_${name}` : name}() -> dict[str, str]:`, '    return {"status": "ok"}', ''].join(eol);
  return fixOf({
    title: `Add the route ${path}`, safety: 'likely', edits: [{ file: file.path, old: '', new: file.text.endsWith('\n') ? text : eol + text, at: file.text.length }],
    explanation: `The run was told that ${path} is the health route. The new route answers 200 as long as the server runs; let it ask the database too.`,
  });
}
