import { declaredRoutes } from '../../source/routes.ts';
import type { CodeRoute } from '../../source/routes.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'route-shadowed';

export const rule: Rule = {
  kind,
  stage: 'health',
  category: 'ENTRYPOINT',
  severity: 'MEDIUM',
  title: 'A route never answers, because one before it takes its path.',
  detect: () => [],
  scan: (source) => {
    const loaded = loadedFiles(source);
    const routes = declaredRoutes(source).filter(({ file, table }) => table !== undefined && loaded.has(file));
    return routes.flatMap((route, at): readonly Finding[] => {
      // Within one router the order is known; between several it is that of the includes.
      const before = routes.slice(0, at).find((other) => other.file === route.file && other.table === route.table && other.line < route.line && takes(other, route));
      return before === undefined ? [] : [findingFor(route, before)];
    });
  },
};

function takes(before: CodeRoute, route: CodeRoute): boolean {
  const [pattern, path] = [before.path.split('/'), route.path.split('/')];
  return before.methods.some((method) => route.methods.includes(method)) && pattern.length === path.length
    // `{id}` takes anything; `{id:int}` takes numbers only.
    && pattern.every((part, at) => part === path[at] || (/^\{\w+\}$/.test(part) && path[at] !== ''));
}

function findingFor(route: CodeRoute, before: CodeRoute): Finding {
  const same = route.path === before.path;
  return {
    kind, stage: 'health', severity: 'MEDIUM', category: 'ENTRYPOINT', file: route.file, line: route.line, facts: { path: route.path, handler: route.handler },
    what: `${route.methods.join(', ')} ${route.path} never reaches ${route.handler}: ${before.path}, above it, answers first.`,
    why: same
      ? `Both routes have the same path and method, and the first one that fits answers: ${before.handler}.`
      : `Routes are tried in the order in which they are declared, and ${before.path} fits every path of that length, ${route.path} included.`,
    todo: same ? `Give one of the two another path, or remove it.` : `Declare ${route.path} above ${before.path}.`,
    candidates: [],
  };
}
