/** What FastAPI, Starlette and pydantic refuse while modules load: arguments that were removed, paths without a slash, folders that are not there. */
import { join, normalize } from 'node:path/posix';
import { normaliseName } from '../../source/manifest.ts';
import { callsOf, definitionsOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import { stringValue } from '../../source/syntax.ts';
import type { PackageIndex, Source, SourceFile } from '../../source/types.ts';
import { topLevel } from '../mechanisms/names.ts';
import { REMOVED } from '../mechanisms/removed-names.ts';
import { loadedFiles, loadedImports } from '../mechanisms/reach.ts';
import { exceptionFault, packageFrame, treeFrame, versionOf } from './fault.ts';
import type { ForeseenFault, Foresight, Raised } from './fault.ts';

export const foreseeFrameworks: Foresight = (source, index) => [
  ...removedModules(source, index),
  ...[...loadedFiles(source)].flatMap((path) => {
    const file = source.files.get(path);
    if (file === undefined || !path.endsWith('.py')) return [];
    return [...pydanticTwo(file, source, index), ...starletteOne(file, source, index), ...prefixes(file, source), ...folders(file, source)];
  }),
];

function at(line: number, file: SourceFile, source: Source, raised: Pick<Raised, 'type' | 'message'>, by: string): ForeseenFault {
  return { stage: 'import', fault: exceptionFault({ ...raised, frames: [treeFrame(source, file.path, line), packageFrame(by, '__init__')] }) };
}

/** `import imp`: a module that this Python no longer has. */
function removedModules(source: Source, index: PackageIndex): readonly ForeseenFault[] {
  if (index.stdlib.length === 0) return [];
  return loadedImports(source).flatMap(({ module, file, line, written }): readonly ForeseenFault[] => {
    const top = topLevel(module);
    const gone = Object.hasOwn(REMOVED, top) && !index.stdlib.includes(top) && !isBrought(top, index) && written?.startsWith('.') !== true;
    return gone ? [{ stage: 'import', fault: exceptionFault({ type: 'ModuleNotFoundError', message: `No module named '${top}'`, frames: [treeFrame(source, file, line)] }) }] : [];
  });
}

function isModuleLevel(call: Call, file: SourceFile): boolean {
  return call.scope === '' || definitionsOf(file).some(({ kind, name }) => kind === 'class' && name === call.scope);
}

function pydanticTwo(file: SourceFile, source: Source, index: PackageIndex): readonly ForeseenFault[] {
  if ((versionOf(index, 'pydantic')?.[0] ?? 0) < 2 || !/\bpydantic\b/.test(file.text)) return [];
  return callsOf(file, ['pydantic.Field', 'pydantic.fields.Field', 'pydantic.constr', 'pydantic.types.constr']).filter((call) => isModuleLevel(call, file)).flatMap((call): readonly ForeseenFault[] => {
    const names = new Set(call.arguments.map(({ name }) => name));
    if (names.has('regex')) {
      return [call.callee.endsWith('constr')
        ? at(call.line, file, source, { type: 'TypeError', message: "constr() got an unexpected keyword argument 'regex'" }, 'pydantic/types.py')
        : at(call.line, file, source, { type: 'pydantic.errors.PydanticUserError', message: '`regex` is removed. use `pattern` instead' }, 'pydantic/fields.py')];
    }
    return names.has('const') ? [at(call.line, file, source, { type: 'pydantic.errors.PydanticUserError', message: '`const` is removed, use `Literal` instead' }, 'pydantic/fields.py')] : [];
  });
}

/** Handlers of events went with Starlette 1.0; FastAPI keeps `on_event` of its own. */
function starletteOne(file: SourceFile, source: Source, index: PackageIndex): readonly ForeseenFault[] {
  if ((versionOf(index, 'starlette')?.[0] ?? 0) < 1 || !/add_event_handler|on_startup|on_shutdown/.test(file.text)) return [];
  return callsOf(file).flatMap((call): readonly ForeseenFault[] => {
    const [made] = ['fastapi.FastAPI', 'starlette.applications.Starlette'].flatMap((maker) => callsOf(file, [maker])).filter(({ assignedTo, scope }) => scope === call.scope && assignedTo !== undefined && call.written === `${assignedTo}.add_event_handler`);
    const type = made?.callee.split('.').at(-1);
    if (type !== undefined) return [at(call.line, file, source, { type: 'AttributeError', message: `'${type}' object has no attribute 'add_event_handler'` }, 'starlette/applications.py')];
    const keyword = call.callee === 'starlette.applications.Starlette' ? call.arguments.find(({ name }) => name === 'on_startup' || name === 'on_shutdown')?.name : undefined;
    return keyword === undefined || !isModuleLevel(call, file) ? [] : [at(call.line, file, source, { type: 'TypeError', message: `Starlette.__init__() got an unexpected keyword argument '${keyword}'` }, 'starlette/applications.py')];
  });
}

/** `prefix="api"`, `prefix="/api/"` */
function prefixes(file: SourceFile, source: Source): readonly ForeseenFault[] {
  if (!/\bprefix\s*=\s*["']/.test(file.text)) return [];
  return callsOf(file).filter((call) => (call.callee === 'fastapi.APIRouter' || /\.include_router$/.test(call.written)) && isModuleLevel(call, file)).flatMap((call): readonly ForeseenFault[] => {
    const given = call.arguments.find(({ name }) => name === 'prefix');
    const prefix = given === undefined ? undefined : stringValue(given.valueNode);
    if (prefix === undefined || prefix === '' || (prefix.startsWith('/') && !prefix.endsWith('/'))) return [];
    const message = prefix.startsWith('/') ? "A path prefix must not end with '/', as the routes will start with '/'" : "A path prefix must start with '/'";
    return [at(call.line, file, source, { type: 'AssertionError', message }, 'fastapi/routing.py')];
  });
}

/** `StaticFiles(directory="static")`: counted from where the server is started. */
function folders(file: SourceFile, source: Source): readonly ForeseenFault[] {
  if (!/\bStaticFiles\(/.test(file.text)) return [];
  return callsOf(file, ['fastapi.staticfiles.StaticFiles', 'starlette.staticfiles.StaticFiles']).filter((call) => isModuleLevel(call, file)).flatMap((call): readonly ForeseenFault[] => {
    const given = call.arguments.find(({ name }) => name === 'directory');
    const folder = given === undefined ? undefined : stringValue(given.valueNode);
    if (folder === undefined || folder.startsWith('/') || call.arguments.some(({ name, value }) => name === 'check_dir' && value === 'False') || /\bmakedirs\(|\bmkdir\(/.test(file.text)) return [];
    const path = normalize(join(source.run.cwd === '' ? '.' : source.run.cwd, folder)).replace(/\/$/, '');
    const exists = [...source.files.keys(), ...source.opaque].some((each) => each.startsWith(`${path}/`));
    return exists || path.startsWith('..') ? [] : [at(call.line, file, source, { type: 'RuntimeError', message: `Directory '${folder}' does not exist` }, 'starlette/staticfiles.py')];
  });
}

/** Installed as a module, or brought by a distribution that puts it there when Python starts: setuptools has no folder named distutils. */
function isBrought(module: string, index: PackageIndex): boolean {
  const outside = REMOVED[module]?.outside;
  return index.distributions.some(({ name, modules }) => modules.includes(module) || (outside !== undefined && normaliseName(name) === normaliseName(outside)));
}
