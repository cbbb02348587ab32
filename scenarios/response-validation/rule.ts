import type { Fault } from '../../parsers/evidence.ts';
import { nodesOf, stringValue } from '../../source/syntax.ts';
import type { Source } from '../../source/types.ts';
import { fileOfModule, targetParts } from '../mechanisms/apps.ts';
import { isServerCode } from '../mechanisms/engines.ts';
import { raised } from '../mechanisms/faults.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'response-validation';

/** `{'type': 'list_type', 'loc': ('response',), 'msg': 'Input should be a valid list', …}` */
const DETAIL = /'loc': \('response'(?<where>[^)]{0,300})\), 'msg': ['"](?<said>[^'"]{1,200})['"]/;

export const rule: Rule = {
  kind,
  stage: 'health',
  category: 'ENTRYPOINT',
  severity: 'HIGH',
  title: 'A route answers with something else than it declares.',
  refines: ['request-fails'],
  detect: (evidence, source) => raised(evidence, ['ResponseValidationError']).map((seen): Finding => {
    const detail = DETAIL.exec(seen.exception.message.slice(0, 4_000))?.groups;
    const route = routeOf(seen.fault, seen.exception.message, source);
    const where = (detail?.['where'] ?? '').split(',').map((part) => part.trim().replace(/^'|'$/g, '')).filter((part) => part !== '' && !/^\d+$/.test(part)).join('.');
    return {
      kind, stage: 'health', severity: route?.path === source.run.healthPath ? 'CRITICAL' : 'HIGH', category: 'ENTRYPOINT', file: route?.file ?? fileOfModule(targetParts(source.run.app).module, source)?.path ?? '', ...(route === undefined ? {} : { line: route.line }),
      facts: { path: route?.path ?? '', where, said: detail?.['said'] ?? '' },
      what: `${route === undefined ? 'A route' : `GET ${route.path}`} answers with something else than its declaration promises${detail === undefined ? '' : `${where === '' ? '' : ` in ${where}`}: ${detail['said'] ?? ''}`}.`,
      why: 'FastAPI checks every answer against response_model or the annotation of the route. An answer that does not fit is a fault of the server, so the client gets a 500.',
      todo: 'Let the route return what it declares, or declare what it returns; a route that forgets its return answers None.',
      candidates: [], explains: [seen.at],
    };
  }),
};

/** `Endpoint: GET /units` in newer versions; else the path that was asked. */
function routeOf(fault: Fault, message: string, source: Source): { readonly path: string; readonly file: string; readonly line: number } | undefined {
  const named = /File "(?<file>[^"]{1,300})", line (?<line>\d{1,6}), in (?<name>\w+)\n\s+(?:GET|POST|PUT|PATCH|DELETE|HEAD) (?<path>\S{1,200})/.exec(message)?.groups;
  const path = named?.['path'] ?? fault.http?.path;
  if (path === undefined) return undefined;
  for (const file of source.files.values()) {
    if (!isServerCode(file.path)) continue;
    const decorator = nodesOf(file, 'decorator').find((node) => {
      const first = node.namedChild(0)?.childForFieldName('arguments')?.namedChild(0);
      const written = first === undefined ? undefined : stringValue(first);
      return written !== undefined && /\.(?:get|route|api_route)\(/.test(node.text) && written !== '' && path.endsWith(written);
    });
    const definition = decorator?.parent?.childForFieldName('definition');
    if (definition) return { path, file: file.path, line: definition.startPosition.row + 1 };
  }
  return undefined;
}
