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
  const models = definitions.filter((one) => one.kind === 'class' && isTable(one.node)).map((one) => `table ${one.name}`);
  const steps = definitions.filter((one) => one.kind === 'function' && isLifespan(one.node)).flatMap((one) => stepsOf(one.node, one.name));
  const calls = callsOf(file).flatMap((call) => {
    const name = call.written.slice(call.written.lastIndexOf('.') + 1);
    if (call.node.parent?.type === 'decorator') {
      return DECORATORS.has(name) ? [`@${name} ${call.arguments[0]?.value ?? ''}`] : [];
    }
    return REGISTRATIONS.has(name) ? [`${insideTry(call.node) ? 'guarded ' : ''}${name}`] : [];
  });
  return [...models, ...steps, ...calls];
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
    if (!statement || statement.descendantsOfType('call').length === 0) return [];
    return [`step of ${name}${insideTry(statement) ? ', guarded' : ''}`];
  });
}

function insideTry(node: Node): boolean {
  for (let up = node.parent; up; up = up.parent) {
    if (up.type === 'function_definition' || up.type === 'class_definition') return false;
    if (up.type === 'try_statement') return true;
  }
  return false;
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

function textOf(source: Source, files: readonly string[]): string {
  return files.map((path) => source.files.get(path)?.text ?? '').join('\n');
}

/** Why this change would be an amputation; undefined when it is none. */
export function amputates(before: Source, after: Source, files: readonly string[], standing: Standing): string | undefined {
  const moved = textOf(after, files).match(/\blifespan\s*=/) && !textOf(before, files).match(/\blifespan\s*=/);
  const lost = missing(standing(before, files), standing(after, files))
    // Event handlers may become a lifespan, which does the same.
    .filter((entry) => !moved || !/^(?:@on_event|(?:guarded )?add_event_handler)\b/.test(entry));
  if (lost.length > 0) return `It would take away what the app declares: ${[...new Set(lost)].join(', ')}.`;
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
