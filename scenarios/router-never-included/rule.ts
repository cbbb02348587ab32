import { callsOf } from '../../source/python.ts';
import { unusedRouters } from '../../source/routes.ts';
import type { Source } from '../../source/types.ts';
import { isServerCode } from '../mechanisms/engines.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'router-never-included';

export const rule: Rule = {
  kind,
  stage: 'health',
  category: 'ENTRYPOINT',
  severity: 'MEDIUM',
  title: 'A router with routes is made, and no application includes it.',
  detect: () => [],
  scan: (source) => (includesByName(source) ? unusedRouters(source) : []).filter(({ file, name }) => hasRoutes(source, file, name)).map(({ file, line, name }): Finding => ({
    kind, stage: 'health', severity: 'MEDIUM', category: 'ENTRYPOINT', file, line, facts: { file, name },
    what: `${file} makes the router ${name} with routes, and nothing includes it.`,
    why: 'Routes of a router answer only where an application includes it; these answer 404, and nobody is told.',
    todo: `Include ${name} where the application is made (app.include_router), or remove it.`,
    candidates: [],
  })),
};

/** Includes in loops, or through functions, could mean any router. */
function includesByName(source: Source): boolean {
  const files = [...source.files.values()].filter((file) => isServerCode(file.path) && /include_router|register_blueprint/.test(file.text));
  return files.length > 0 && files.every((file) => callsOf(file, ['include_router', 'register_blueprint']).every((call) => {
    const argument = call.arguments.find(({ name, splat }) => !splat && (name === undefined || name === 'router'));
    const inLoop = /^\s*(?:async\s+)?for\b/m.test(file.text);
    return argument !== undefined && /^[\w.]+$/.test(argument.value) && !inLoop;
  }));
}

function hasRoutes(source: Source, path: string, name: string): boolean {
  return new RegExp(`^@${name}\\.\\w+\\(`, 'm').test(source.files.get(path)?.text ?? '');
}
