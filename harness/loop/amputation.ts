/**
 * No healing by amputation: a fix may not drop or wrap away what the app is made of. Two guards, because a boot that stops at its
 * imports knows no routes: what the code declares in the touched files (before any boot), and what the loaded app declares
 * (after each boot that came that far).
 */
import type { Node } from 'web-tree-sitter';
import { stageRank } from '../../parsers/boot-output.ts';
import { callsOf, definitionsOf } from '../../source/python.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import type { BootRecord } from '../types.ts';

const REGISTRATIONS = new Set([
  'include_router', 'mount', 'add_middleware', 'add_route', 'add_api_route', 'add_websocket_route', 'add_api_websocket_route', 'add_exception_handler',
  'add_event_handler', 'register_blueprint',
]);
const DECORATORS = new Set([
  'get', 'post', 'put', 'patch', 'delete', 'head', 'options', 'route', 'api_route', 'websocket', 'middleware', 'exception_handler', 'on_event',
  'asynccontextmanager', 'contextmanager',
]);

/** What a route or router asks of whoever calls it. */
const DEMANDS = new Set(['Depends', 'Security']);

/** Calls of the module itself: none is owed, but a step of a lifespan may become one. */
const OUTSIDE = 'outside ';

/** What stands in these files, one entry per thing; equal entries mean equal things. */
export type Standing = (source: Source, files: readonly string[]) => readonly string[];

/** The real guard. `loadPython()` must have been awaited. */
export const standingIn: Standing = (source, files) =>
  files.flatMap((path) => {
    const file = source.files.get(path);
    return file?.syntax ? standingInFile(file) : [];
  });

function standingInFile(file: SourceFile): readonly string[] {
  const definitions = definitionsOf(file);
  const outside = callsOf(file).filter(({ node }) => node.parent?.type === 'expression_statement' && node.parent.parent?.type === 'module').map(({ written }) => written);
  const models = definitions.filter((one) => one.kind === 'class' && isTable(one.node)).map((one) => `table ${one.name}`);
  const steps = definitions.filter((one) => one.kind === 'function' && isLifespan(one.node)).flatMap((one) => stepsOf(one.node, one.name));
  const calls = callsOf(file).flatMap((call) => {
    const name = call.written.slice(call.written.lastIndexOf('.') + 1);
    if (call.node.parent?.type === 'decorator') {
      return DECORATORS.has(name) ? [`@${name} ${call.arguments[0]?.value ?? ''}`] : [];
    }
    const lifespan = call.arguments.some((argument) => argument.name === 'lifespan') ? ['lifespan of the app'] : [];
    const demand = DEMANDS.has(name) && !isRepeated(call.node) ? ['dependency'] : [];
    return [...lifespan, ...demand, ...(REGISTRATIONS.has(name) ? [`${guard(call.node)}${name}`] : [])];
  });
  return [...models, ...steps, ...calls, ...outside.map((written) => `${OUTSIDE}${written}`)];
}

/** `user: Annotated[User, Depends(current)] = Depends(current)` demands one thing. */
function isRepeated(call: Node): boolean {
  const parameter = call.parent;
  return parameter?.type === 'typed_default_parameter' && /\b(?:Depends|Security)\(/.test(parameter.childForFieldName('type')?.text ?? '');
}

function isTable(node: Node): boolean {
  const head = node.childForFieldName('superclasses')?.text ?? '';
  return /\btable\s*=\s*True\b/.test(head) || /^\s*__tablename__\s*[:=]/m.test(node.childForFieldName('body')?.text ?? '');
}

/** A generator below a `contextmanager` decorator: start-up before its `yield`, shutdown behind it. */
function isLifespan(node: Node): boolean {
  return node.parent?.type === 'decorated_definition' && /contextmanager/.test(node.parent.namedChild(0)?.text ?? '');
}

function stepsOf(node: Node, name: string): readonly string[] {
  const statements = node.childForFieldName('body')?.descendantsOfType('expression_statement') ?? [];
  return statements.flatMap((statement) => {
    const calls = statement?.descendantsOfType('call') ?? [];
    // A registration counts as one, wherever it stands: it may have to move out.
    if (!statement || calls.length === 0 || REGISTRATIONS.has(calls[0]?.childForFieldName('function')?.text.split('.').at(-1) ?? '')) return [];
    return [`${guard(statement)}step of ${name}`];
  });
}

/** `guarded `: an error of it is caught; `conditional `: it may not happen at all. */
function guard(node: Node): '' | 'guarded ' | 'conditional ' {
  for (let up = node.parent; up; up = up.parent) {
    if (up.type === 'function_definition' || up.type === 'class_definition') return '';
    if (up.type === 'try_statement') return 'guarded ';
    if (up.type === 'if_statement') return 'conditional ';
  }
  return '';
}

/** Entries of `before` that `after` lacks, counted: two equal routes of which one is gone is a loss. */
export function missing(before: readonly string[], after: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const entry of after) left.set(entry, (left.get(entry) ?? 0) + 1);
  return before.filter((entry) => {
    const count = left.get(entry) ?? 0;
    left.set(entry, count - 1);
    return count <= 0;
  });
}

/** Excepts that swallow everything: `except:` and `except Exception: pass`. A fix may not add one. */
export function swallowers(source: Source, files: readonly string[]): number {
  return files.reduce((sum, path) => sum + ((source.files.get(path)?.text ?? '').match(
    /^[ \t]*except\s*:|^[ \t]*except\s+(?:Base)?Exception\b[^\n:]*:[^\S\n]*\n?[^\S\n]*pass\b/gm,
  )?.length ?? 0), 0);
}

/** Names that were imported, and that are None instead: `items = None`. */
function blanked(before: Source, after: Source, files: readonly string[]): readonly string[] {
  return files.flatMap((path) => {
    const [was, is] = [before.files.get(path), after.files.get(path)];
    if (!was?.syntax || !is?.syntax) return [];
    const names = definitionsOf(was).filter(({ kind }) => kind === 'import').map(({ name }) => name);
    const isBlank = (text: string, name: string): boolean => text.split('\n').some((line) => new RegExp(`^\\s*${name}\\s*(?::[^=]*)?=\\s*None\\s*(?:#.*)?$`).test(line));
    return names.filter((name) => isBlank(is.text, name) && !isBlank(was.text, name));
  });
}

function textOf(source: Source, files: readonly string[]): string {
  return files.map((path) => source.files.get(path)?.text ?? '').join('\n');
}

/** Why this change would be an amputation; undefined when it is none. */
export function amputates(before: Source, after: Source, files: readonly string[], standing: Standing): string | undefined {
  const moved = textOf(after, files).match(/\blifespan\s*=/) && !textOf(before, files).match(/\blifespan\s*=/);
  const [was, is] = [standing(before, files), standing(after, files)];
  const times = (tree: Source, call: string): number => textOf(tree, files).split(`${call}(`).length;
  const movedOut = missing(is, was).some((entry) => entry.startsWith(OUTSIDE) && times(before, entry.slice(OUTSIDE.length)) === times(after, entry.slice(OUTSIDE.length)));
  const lost = missing(was, is).filter((entry) => !entry.startsWith(OUTSIDE))
    // A step that is done before the start instead is still done.
    .filter((entry, at, all) => !movedOut || !/^step of /.test(entry) || all.indexOf(entry) !== at)
    // Event handlers may become a lifespan, which does the same.
    .filter((entry) => !moved || !/^(?:@on_event|(?:guarded |conditional )?add_event_handler)\b/.test(entry));
  if (lost.length > 0) return `It would take away what the app declares: ${[...new Set(lost)].join(', ')}.`;
  const blank = blanked(before, after, files);
  if (blank.length > 0) return `It would put None in the place of what was imported: ${blank.join(', ')}.`;
  if (swallowers(after, files) > swallowers(before, files)) return 'It would add an except that swallows every error.';
  return undefined;
}

/** Routes and tables of a loaded app; undefined when the boot did not get that far or was not watched. */
export function declaredBy(record: BootRecord): readonly string[] | undefined {
  const { output, purpose } = record;
  if (purpose === 'confirm' || purpose === 'restart') return undefined;
  if (!output.markers.waiting && !output.markers.complete && output.routes.length === 0) return undefined;
  const routes = output.routes.flatMap((route) => (route.methods.length === 0 ? [`route ${route.path}`] : route.methods.map((method) => `${method} ${route.path}`)));
  return [...routes, ...output.database.tables.map((table) => `table ${table}`)];
}

/** What loaded apps of this run declared, each with the stage it was seen at. */
export interface Known {
  readonly stage: BootRecord['evidence']['stage'];
  readonly names: readonly string[];
}

/** Why the loaded app is a smaller one than before; undefined when it is not, or when nothing is known to compare with. */
export function shrunk(known: readonly Known[], after: BootRecord): string | undefined {
  const now = declaredBy(after);
  if (!now) return undefined;
  const have = new Set(now);
  const lost = known
    .filter((one) => stageRank(after.evidence.stage) >= stageRank(one.stage))
    .flatMap((one) => one.names.filter((name) => !have.has(name)));
  return lost.length > 0 ? `The app lost what it had: ${[...new Set(lost)].join(', ')}.` : undefined;
}
