import { callsOf } from '../../source/python.ts';
import { declaredRoutes, includesIn } from '../../source/routes.ts';
import type { CodeRoute } from '../../source/routes.ts';
import type { Source } from '../../source/types.ts';
import { fileOfModule, targetParts } from '../mechanisms/apps.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'router-included-twice';

export const rule: Rule = {
  kind,
  stage: 'health',
  category: 'ENTRYPOINT',
  severity: 'MEDIUM',
  title: 'A router is included twice under the same path.',
  detect: () => [],
  scan: (source) => {
    const files = appFiles(source);
    if (files === undefined) return [];
    const unsure = new Set(includesIn(files).filter(({ conditional }) => conditional).map(({ child }) => child.split('#')[0]));
    const routes = declaredRoutes({ files, run: source.run });
    const twice = routes.filter((route, at) => !unsure.has(route.file) && routes.findIndex((other) => isSame(other, route)) !== at);
    const found = [...new Set(twice.map(({ file }) => file))];
    return found.map((file) => findingFor(file, twice.find((route) => route.file === file)?.path ?? '', source));
  },
};

/** What the server loads; undefined where it makes several applications, which may well include the same router. */
function appFiles(source: Source): Source['files'] | undefined {
  const loaded = loadedFiles(source);
  const files = new Map([...source.files].filter(([path]) => loaded.has(path)));
  const apps = [...files.values()].flatMap((file) => callsOf(file, ['fastapi.FastAPI', 'fastapi.applications.FastAPI', 'starlette.applications.Starlette', 'quart.Quart']));
  return apps.length > 1 ? undefined : files;
}

function isSame(a: CodeRoute, b: CodeRoute): boolean {
  return a.file === b.file && a.line === b.line && a.path === b.path;
}

function findingFor(file: string, path: string, source: Source): Finding {
  const app = fileOfModule(targetParts(source.run.app).module, source);
  return {
    kind, stage: 'health', severity: 'MEDIUM', category: 'ENTRYPOINT', file: app?.path ?? file, facts: { file },
    what: `The router of ${file} is included twice under the same path, such as ${path}.`,
    why: 'The second inclusion never answers, because the first takes every request; it doubles the routes in the documentation and in the operation ids.',
    todo: `Include the router of ${file} once.`,
    candidates: [],
  };
}
