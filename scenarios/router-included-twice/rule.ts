import { declaredRoutes } from '../../source/routes.ts';
import type { CodeRoute } from '../../source/routes.ts';
import type { Source } from '../../source/types.ts';
import { fileOfModule, targetParts } from '../mechanisms/apps.ts';
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
    const routes = declaredRoutes(source);
    const twice = routes.filter((route, at) => routes.findIndex((other) => isSame(other, route)) !== at);
    const files = [...new Set(twice.map(({ file }) => file))];
    return files.map((file) => findingFor(file, twice.find((route) => route.file === file)?.path ?? '', source));
  },
};

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
