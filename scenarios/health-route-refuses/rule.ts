import { callsOf, nameUses } from '../../source/python.ts';
import { declaredRoutes } from '../../source/routes.ts';
import { nodesOf, stringValue } from '../../source/syntax.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';
import { fileOfModule, targetParts } from '../mechanisms/apps.ts';
import { manifestOf } from '../mechanisms/distributions.ts';
import { endpointAt } from '../mechanisms/endpoints.ts';
import type { Endpoint } from '../mechanisms/endpoints.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'health-route-refuses';

export const rule: Rule = {
  kind,
  stage: 'health',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'The health route wants something that a plain request does not have.',
  refines: ['request-fails', 'unknown-failure'],
  detect: (evidence, source) => evidence.faults.flatMap(({ form, during, http }, at): Finding[] => {
    if (form !== 'http' || during !== 'request' || http?.purpose !== 'health' || (http.status !== 400 && http.status !== 422)) return [];
    const route = declaredRoutes(source).find(({ path }) => path === http.path);
    const file = source.files.get(route?.file ?? '');
    const endpoint = file === undefined || route === undefined ? undefined : endpointAt(file, route.line);
    const wanted = endpoint?.parameters.filter(({ value, name }) => value === undefined && !['self', 'request', 'response'].includes(name)).map(({ name }) => name) ?? [];
    return [{
      kind, stage: 'health', severity: 'CRITICAL', category: 'ENTRYPOINT', file: route?.file ?? fileOfModule(targetParts(source.run.app).module, source)?.path ?? manifestOf(source), ...(route === undefined ? {} : { line: route.line }),
      facts: { path: http.path },
      what: `The health route ${http.path} answers ${String(http.status)} to a plain request${wanted.length === 0 ? '' : `: it takes ${list(wanted)}, which the request does not have`}.`,
      why: 'What the function takes and no dependency provides, the framework looks for in the request.',
      todo: 'Provide the parameter by a dependency, give it a default, or take it out.',
      candidates: file === undefined || endpoint === undefined ? [] : provided(file, endpoint, source), explains: [at],
    }];
  }),
};

/** Litestar gives a dependency by the name of the parameter: `dependencies={"session": Provide(…)}` and `db_session: AsyncSession`. */
function provided(file: SourceFile, endpoint: Endpoint, source: Source): readonly Fix[] {
  const names = [...source.files.values()].filter(({ path, text }) => path.endsWith('.py') && text.includes('Provide(')).flatMap((each) => callsOf(each).flatMap((call) => call.arguments
    .filter(({ name }) => name === 'dependencies').flatMap(({ valueNode }) => nodesOf(each, 'pair', valueNode).flatMap((pair) => stringValue(pair.childForFieldName('key')) ?? []))));
  const taken = new Set(endpoint.parameters.map(({ name }) => name));
  return endpoint.parameters.filter(({ name, value }) => value === undefined && !names.includes(name)).flatMap(({ name, node }) => [...new Set(names)]
    .filter((other) => !taken.has(other) && (other.endsWith(`_${name}`) || name.endsWith(`_${other}`) || other.startsWith(`${name}_`) || name.startsWith(`${other}_`))).flatMap((other) => {
      const uses = nameUses(file, name).filter(({ start, end }) => start >= endpoint.node.startIndex && end <= endpoint.node.endIndex && start !== node.startIndex);
      const edits = [{ start: node.startIndex }, ...uses].map(({ start }): Edit => ({ file: file.path, old: name, new: other, at: start }));
      return fixOf({ title: `Call the parameter ${name} of ${endpoint.name} ${other}`, safety: 'likely', edits, explanation: `The app provides ${other}; a dependency is given by its name.` });
    })).slice(0, 2);
}
