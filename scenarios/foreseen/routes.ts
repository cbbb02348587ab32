/** Routes that FastAPI refuses while their decorator runs, and what is included that is no router. */
import type { Node } from 'web-tree-sitter';
import { callsOf, originOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import { treeClass } from '../../source/settings-config.ts';
import { stringValue } from '../../source/syntax.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { fileOfModule } from '../mechanisms/apps.ts';
import { definitionBehind, isUnconditional } from '../mechanisms/certain-code.ts';
import { endpointAt } from '../mechanisms/endpoints.ts';
import type { Endpoint, Parameter } from '../mechanisms/endpoints.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import { strangeType } from '../mechanisms/strange-types.ts';
import { exceptionFault, packageFrame, treeFrame } from './fault.ts';
import type { ForeseenFault, Foresight, Raised } from './fault.ts';

export const foreseeRoutes: Foresight = (source) => [...loadedFiles(source)].flatMap((path) => {
  const file = source.files.get(path);
  if (file === undefined || !path.endsWith('.py') || !/\bfastapi\b/.test(file.text)) return [];
  return [...wrongRouters(file, source), ...routesIn(file).flatMap((route) => refusedRoute(route, file, source).slice(0, 1))];
});

interface Route {
  readonly call: Call;
  readonly endpoint: Endpoint;
}

/** Handlers of an app or router that this very file makes with FastAPI: nothing else is sure to be FastAPI's. */
function routesIn(file: SourceFile): readonly Route[] {
  const makers = new Set(callsOf(file, ['fastapi.FastAPI', 'fastapi.APIRouter', 'fastapi.applications.FastAPI', 'fastapi.routing.APIRouter']).flatMap(({ assignedTo, scope }) => (scope === '' && assignedTo !== undefined ? [(assignedTo.split(':')[0] ?? '').trim()] : [])));
  return callsOf(file).flatMap((call): readonly Route[] => {
    const verb = /^(?<maker>\w+)\.(?:get|post|put|patch|delete|head|options|trace|api_route)$/.exec(call.written);
    if (verb === null || !makers.has(verb.groups?.['maker'] ?? '') || call.node.parent?.type !== 'decorator' || !isUnconditional(call.node)) return [];
    const endpoint = endpointAt(file, call.line);
    return endpoint === undefined ? [] : [{ call, endpoint }];
  });
}

function at({ call }: Pick<Route, 'call'>, file: SourceFile, source: Source, raised: Pick<Raised, 'type' | 'message'>, by = 'fastapi/routing.py', within = 'decorator'): ForeseenFault {
  return { stage: 'import', fault: exceptionFault({ ...raised, frames: [treeFrame(source, file.path, call.line), packageFrame(by, within)] }) };
}

function refusedRoute(route: Route, file: SourceFile, source: Source): readonly ForeseenFault[] {
  return [...route.endpoint.parameters.flatMap((parameter) => refusedParameter(route, parameter, file, source)), ...refusedAnswer(route, file, source)];
}

const ASSERT = 'AssertionError';
const UTILS = 'fastapi/dependencies/utils.py';

function refusedParameter(route: Route, parameter: Parameter, file: SourceFile, source: Source): readonly ForeseenFault[] {
  const call = callOf(parameter.value, file);
  const annotated = /^(?:typing(?:_extensions)?\.)?Annotated\s*\[/.test(parameter.annotation ?? '') ? callsOf(file).filter(({ start, end }) => start > parameter.node.startIndex && end <= parameter.end) : [];
  const inPath = pathParameters(route).includes(parameter.name);
  const called = [call, ...annotated].flatMap((each) => (each !== undefined && isDepends(each) ? [calledInside(each, file, source)] : [])).find((each) => each !== undefined);
  if (called !== undefined) return [at(route, file, source, { type: 'TypeError', message: `<${called} at 0x0> is not a callable object` }, UTILS, 'get_typed_signature')];
  if (call !== undefined && isDepends(call) && annotated.some(isDepends)) return [at(route, file, source, { type: ASSERT, message: `Cannot specify \`Depends\` in \`Annotated\` and default value together for '${parameter.name}'` }, UTILS, 'analyze_param')];
  if (call !== undefined && isFastapi(call, 'Path') && hasDefault(call)) return [at(route, file, source, { type: ASSERT, message: 'Path parameters cannot have a default value' }, 'fastapi/params.py', '__init__')];
  if (parameter.value !== undefined && call === undefined && inPath && annotated.some((each) => isFastapi(each, 'Path'))) return [at(route, file, source, { type: ASSERT, message: 'Path parameters cannot have default values' }, UTILS, 'analyze_param')];
  const query = [call, ...annotated].some((each) => each !== undefined && isFastapi(each, 'Query'));
  if (query && /^(?:(?:typing\.)?Annotated\[\s*)?(?:typing\.)?[Dd]ict\b/.test(parameter.annotation ?? '')) return [at(route, file, source, { type: ASSERT, message: `Query parameter '${parameter.name}' must be one of the supported types` }, UTILS, 'analyze_param')];
  const strange = parameter.value === undefined ? strangeType(parameter.node.childForFieldName('type'), file, source) : undefined;
  return strange === undefined || strange.startsWith('<built-in') ? [] : [invalidField(route, strange, file, source)];
}

function invalidField(route: Route, type: string, file: SourceFile, source: Source): ForeseenFault {
  return at(route, file, source, { type: 'fastapi.exceptions.FastAPIError', message: `Invalid args for response field! Hint: check that ${type} is a valid Pydantic field type.` }, 'fastapi/utils.py', 'create_model_field');
}

function refusedAnswer(route: Route, file: SourceFile, source: Source): readonly ForeseenFault[] {
  const { call, endpoint } = route;
  if (call.arguments.some(({ splat }) => splat)) return [];
  const model = call.arguments.find(({ name }) => name === 'response_model')?.value;
  const returns = endpoint.node.childForFieldName('return_type');
  const code = bodilessCode(call.arguments.find(({ name }) => name === 'status_code')?.value ?? '');
  const declared = model ?? returns?.text;
  if (code !== undefined && declared !== undefined && hasBody(declared, file, source)) return [at(route, file, source, { type: ASSERT, message: `Status code ${code} must not have a response body` })];
  const strange = model === undefined ? strangeType(returns, file, source) : undefined;
  return strange === undefined || strange.startsWith('<built-in') ? [] : [invalidField(route, strange, file, source)];
}

/** `204`, `status.HTTP_204_NO_CONTENT` */
function bodilessCode(value: string): string | undefined {
  return /^(?:\w+\.)*(?:HTTP_)?(?<code>204|205|304)(?:_[A-Z_]+)?$/.exec(value.trim())?.groups?.['code'];
}

/** Plain types, and models of the tree; a class of responses has none of its own. */
function hasBody(type: string, file: SourceFile, source: Source): boolean {
  if (/^(?:dict|list|set|tuple|str|int|float|bool|Dict|List)\b/.test(type)) return true;
  const found = /^[\w.]+$/.test(type) ? treeClass(source.files, file, originOf(file, type)) : undefined;
  return found?.definition.bases.some((base) => /^(?:pydantic\.BaseModel|sqlmodel\.SQLModel)$/.test(base)) === true;
}

function pathParameters({ call }: Route): readonly string[] {
  const path = stringValue(call.arguments[0]?.valueNode ?? null) ?? '';
  return [...path.matchAll(/\{(?<name>\w+)(?::\w+)?\}/g)].map(({ groups }) => groups?.['name'] ?? '');
}

function callOf(node: Node | undefined, file: SourceFile): Call | undefined {
  return node?.type === 'call' ? callsOf(file).find(({ start, end }) => start === node.startIndex && end === node.endIndex) : undefined;
}

function isFastapi({ callee }: Call, name: string): boolean {
  return callee === `fastapi.${name}` || callee === `fastapi.params.${name}` || callee === `fastapi.param_functions.${name}`;
}

function isDepends(call: Call): boolean {
  return isFastapi(call, 'Depends') || isFastapi(call, 'Security');
}

function hasDefault(call: Call): boolean {
  const given = call.arguments.find(({ name, splat }) => !splat && (name === undefined || name === 'default'));
  return given !== undefined && given.value !== '...' && given.value !== 'Ellipsis';
}

/** `Depends(get_session())`: what one call of the function gives, where that is sure to be nothing callable. */
function calledInside(depends: Call, file: SourceFile, source: Source): string | undefined {
  const inner = callOf(depends.arguments[0]?.valueNode, file);
  const behind = inner === undefined ? undefined : definitionBehind(source, file, inner.written);
  if (behind?.definition.kind !== 'function' || behind.definition.node.parent?.type === 'decorated_definition') return undefined;
  const yields = ownYields(behind.definition.node);
  const kind = behind.definition.async ? (yields ? 'async_generator' : 'coroutine') : yields ? 'generator' : undefined;
  return kind === undefined ? undefined : `${kind} object ${behind.definition.name}`;
}

/** A `yield` of the function itself, not of one inside it. */
export function ownYields(node: Node): boolean {
  return node.descendantsOfType('yield').some((each) => {
    for (let up = each?.parent; up; up = up.parent) if (up.type === 'function_definition' || up.type === 'lambda') return up.id === node.id;
    return false;
  });
}

/** `app.include_router(auth)` where `auth` is a module of the tree. */
function wrongRouters(file: SourceFile, source: Source): readonly ForeseenFault[] {
  return callsOf(file).filter((call) => /^\w+\.include_router$/.test(call.written) && isUnconditional(call.node)).flatMap((call): readonly ForeseenFault[] => {
    const written = call.arguments[0]?.value ?? '';
    const module = /^\w+$/.test(written) ? originOf(file, written) : written;
    if (module === written || fileOfModule(module, source) === undefined) return [];
    // A package can bind the name of its own submodule to the router inside it.
    const parent = fileOfModule(module.slice(0, Math.max(0, module.lastIndexOf('.'))), source);
    if (parent !== undefined && new RegExp(`\\b${written}\\b`).test(parent.text)) return [];
    return [at({ call }, file, source, { type: 'AttributeError', message: `module '${module}' has no attribute '_contains_router'` }, 'fastapi/routing.py', 'include_router')];
  });
}
