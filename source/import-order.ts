/**
 * Loads the tree on paper, as Python would: from the app's module down, statement by statement, each module once. What runs is the code at
 * module level; blocks for type checkers and functions do not, unless the module calls the function while it loads. What a
 * `try … except ImportError` catches, and what stands below a condition, is followed but never counted as certain.
 *
 * A fault does not end the simulation: it goes on as if the fault had been repaired, so that what is hidden behind it comes to light.
 */
import { distance } from 'fastest-levenshtein';
import type { Node } from 'web-tree-sitter';
import { callsOf, definitionsOf } from './calls.ts';
import { importRoots } from './import-roots.ts';
import { importNodes, statementsOf } from './imports.ts';
import type { ImportNode } from './imports.ts';
import { fileOf, moduleOf, packageOf } from './modules.ts';
import { ancestors, syntaxFaults } from './syntax.ts';
import type { ImportStatement, Source, SourceFile } from './types.ts';

export interface ImportFault {
  readonly form: 'module-missing' | 'name-missing' | 'circular' | 'no-parent' | 'beyond-top';
  /** The file that imports, and where. */
  readonly file: string;
  readonly line: number;
  readonly module: string;
  /** Absent when the module itself is missing. */
  readonly name?: string;
  /** For a circle: its files, from the one that is asked to the one that asks. */
  readonly circle: readonly string[];
}

export interface LoadOrder {
  /** Files in the order in which they begin to load. */
  readonly files: readonly string[];
  /** Files that every start loads, and whose failure ends it. */
  readonly certain: ReadonlySet<string>;
  /** Faults between the tree's own modules, in the order in which starts would meet them. */
  readonly faults: readonly ImportFault[];
  /** When a line of a module runs: larger is later. Undefined for a file that is not certain to load. */
  moment(file: string, line: number): number | undefined;
}

type Tree = Pick<Source, 'files' | 'run'> & Partial<Pick<Source, 'opaque'>>;

/** File of the app's module (`src.main:app` → `src/main.py`); undefined when there is none. */
export function targetFile(source: Tree, target: string = source.run.app): string | undefined {
  const path = fileOf(target.split(':')[0] ?? '', source.files, importRoots(source.run));
  return path !== undefined && source.files.has(path) ? path : undefined;
}

/** Names that only running the module would tell: `from x import *`, `__getattr__`, `globals()`. A file that is broken is another fault. */
export function isOpenEnded(file: SourceFile): boolean {
  return /\bimport \*|\bdef __getattr__\(|\bglobals\(\)|\blocals\(\)|\bsys\.modules\b|\bimport_module\(/.test(file.text) || syntaxFaults(file).length > 0;
}

interface Mark {
  readonly line: number;
  readonly begun: number;
  ended: number;
}

interface Walk {
  readonly source: Tree;
  readonly roots: readonly string[];
  readonly state: Map<string, 'loading' | 'done'>;
  readonly files: string[];
  readonly certain: Set<string>;
  readonly faults: ImportFault[];
  readonly marks: Map<string, Mark[]>;
  /** Files that are loading, outermost first, with the offset each has come to. */
  readonly stack: { readonly file: string; at: number }[];
  clock: number;
}

/** @param start a file of the tree, usually `targetFile(source)` */
export function loadOrder(source: Tree, start: string): LoadOrder {
  const roots = importRoots(source.run);
  const walk: Walk = { source, roots, state: new Map(), files: [], certain: new Set(), faults: [], marks: new Map(), stack: [], clock: 0 };
  for (const path of packagesOf(walk, moduleOf(start, roots) ?? '')) load(walk, path, true);
  load(walk, start, true);
  const attribute = source.run.app.split(':')[1] ?? '';
  const file = source.files.get(start);
  if (source.run.factory && file !== undefined) {
    walk.stack.push({ file: start, at: file.text.length });
    for (const node of lazyImports(file, attribute)) run(walk, file, node, true);
    walk.stack.pop();
  }
  return { files: walk.files, certain: walk.certain, faults: walk.faults, moment: (path, line) => momentOf(walk.marks.get(path), line) };
}

function momentOf(marks: readonly Mark[] | undefined, line: number): number | undefined {
  const exact = marks?.find((mark) => mark.line === line);
  const before = exact === undefined ? marks?.findLast((mark) => mark.line < line) : undefined;
  const moment = exact?.begun ?? before?.ended;
  return moment === undefined ? undefined : moment + line / 1e6;
}

function packagesOf(walk: Walk, module: string): readonly string[] {
  const parts = module.split('.').slice(0, -1);
  return parts.flatMap((_, index) => find(walk, parts.slice(0, index + 1).join('.')) ?? []);
}

/** File of a module; undefined for namespace packages and what the tree does not have. */
function find(walk: Walk, module: string): string | undefined {
  const path = fileOf(module, walk.source.files, walk.roots);
  return path !== undefined && walk.source.files.has(path) ? path : undefined;
}

/** `certain`: every start gets here, and an error here ends it. A file that was reached uncertainly before is walked again. */
function load(walk: Walk, path: string, certain: boolean): void {
  const known = walk.state.get(path);
  if (known === 'loading' || (known === 'done' && (!certain || walk.certain.has(path)))) return;
  const file = walk.source.files.get(path);
  if (file === undefined) return;
  if (known === undefined) walk.files.push(path);
  if (certain) walk.certain.add(path);
  const marks: Mark[] = [{ line: 0, begun: walk.clock++, ended: walk.clock }];
  if (certain) walk.marks.set(path, marks);
  walk.state.set(path, 'loading');
  const place = { file: path, at: 0 };
  walk.stack.push(place);
  for (const { at, line, nodes } of eventsOf(file)) {
    place.at = at;
    const mark: Mark = { line, begun: walk.clock++, ended: 0 };
    for (const node of nodes) run(walk, file, node, certain);
    mark.ended = walk.clock++;
    marks.push(mark);
  }
  walk.stack.pop();
  walk.state.set(path, 'done');
}

interface Event {
  readonly at: number;
  readonly line: number;
  readonly nodes: readonly ImportNode[];
}

const events = new WeakMap<SourceFile, readonly Event[]>();

/** What a module imports while it loads, in order: its own statements, and those of functions that it calls itself. */
function eventsOf(file: SourceFile): readonly Event[] {
  const known = events.get(file);
  if (known !== undefined) return known;
  const nodes = importNodes(file);
  const own = nodes.filter((node) => node.eager).map((node): Event => ({ at: node.start, line: node.line, nodes: [node] }));
  const lazy = nodes.some((node) => node.inFunction !== undefined);
  const called = lazy ? callsOf(file).filter((call) => call.scope === '' && !isDormant(call.node)) : [];
  const found = [...own, ...called.flatMap((call): readonly Event[] => {
    const inside = lazyImports(file, call.written);
    return inside.length === 0 ? [] : [{ at: call.start, line: call.line, nodes: inside }];
  })].toSorted((a, b) => a.at - b.at);
  events.set(file, found);
  return found;
}

function lazyImports(file: SourceFile, name: string): readonly ImportNode[] {
  return importNodes(file).filter((node) => node.inFunction === name);
}

/** `if __name__ == "__main__": main()` */
function isDormant(node: Node): boolean {
  return [...ancestors(node)].some((up) => up.type === 'if_statement' && /^(__name__\s*==|(typing\.)?TYPE_CHECKING$)/.test(up.childForFieldName('condition')?.text ?? ''));
}

function run(walk: Walk, file: SourceFile, node: ImportNode, certain: boolean): void {
  const sure = certain && node.certain && !node.guarded;
  for (const statement of statementsOf(file, node, walk.roots)) perform(walk, statement, sure);
}

function perform(walk: Walk, statement: ImportStatement, sure: boolean): void {
  const { module, names, file, line } = statement;
  if ((module === '' && statement.written === undefined) || module === '__future__') return;
  const fault = (form: ImportFault['form'], name?: string, circle: readonly string[] = []): void => {
    if (sure) walk.faults.push({ form, file, line, module, circle, ...(name === undefined ? {} : { name }) });
  };
  const dots = /^\.*/.exec(statement.written ?? '')?.[0].length ?? 0;
  const depth = packageOf(file, walk.roots).split('.').filter(Boolean).length;
  if (dots > depth) return fault(depth === 0 ? 'no-parent' : 'beyond-top');
  const whole = fileOf(module, walk.source.files, walk.roots);
  if (whole === undefined) {
    // A file that cannot be read as text is another fault than one that is not there.
    if (isOpaque(walk, module)) return;
    if (fileOf(module.split('.')[0] ?? '', walk.source.files, walk.roots) !== undefined) fault('module-missing');
    const meant = meantModule(walk, module);
    if (meant !== undefined) perform(walk, { ...statement, module: meant }, sure);
    return;
  }
  for (const path of packagesOf(walk, `${module}.x`)) load(walk, path, sure);
  const target = walk.source.files.get(whole);
  for (const { name } of names) {
    if (name === '*') continue;
    const submodule = find(walk, `${module}.${name}`);
    const bound = target === undefined ? 'no' : boundIn(walk, target, name);
    if (submodule !== undefined && bound !== 'yes') load(walk, submodule, sure);
    else if (bound === 'later') fault('circular', name, circleOf(walk, whole));
    else if (bound === 'no' && fileOf(`${module}.${name}`, walk.source.files, walk.roots) === undefined && !isOpaque(walk, `${module}.${name}`)) fault('name-missing', name);
  }
}

/** The one module beside the missing one whose name is nearly the same: it is what loads once the slip is mended. */
function meantModule(walk: Walk, module: string): string | undefined {
  const cut = module.lastIndexOf('.');
  const parent = cut === -1 ? undefined : fileOf(module.slice(0, cut), walk.source.files, walk.roots);
  if (parent === undefined) return undefined;
  const folder = `${parent.replace(/\/?__init__\.py$/, '').replace(/\.py$/, '')}/`;
  const name = module.slice(cut + 1);
  const beside = [...walk.source.files.keys()].flatMap((path) => (path.startsWith(folder) ? /^(?<stem>\w+)(?:\.py|\/__init__\.py)$/.exec(path.slice(folder.length))?.groups?.['stem'] ?? [] : []));
  const near = beside.filter((stem) => distance(stem, name) <= (name.length > 4 ? 2 : 1));
  return near.length === 1 ? `${module.slice(0, cut)}.${near[0] ?? ''}` : undefined;
}

function isOpaque(walk: Walk, module: string): boolean {
  return walk.source.opaque?.some((path) => path.endsWith(`${module.replaceAll('.', '/')}.py`)) === true;
}

/** Whether a module has a name at this moment: one that is still loading has only what stands above the line it has come to. */
function boundIn(walk: Walk, file: SourceFile, name: string): 'yes' | 'later' | 'no' {
  const loading = walk.stack.find((place) => place.file === file.path);
  const found = definitionsOf(file).filter((definition) => definition.name === name);
  if (loading === undefined) return found.length > 0 || isOpenEnded(file) || /^__\w+__$/.test(name) ? 'yes' : 'no';
  if (found.some((definition) => definition.start < loading.at) || isOpenEnded(file) || /^__\w+__$/.test(name)) return 'yes';
  return found.length > 0 ? 'later' : 'no';
}

function circleOf(walk: Walk, asked: string): readonly string[] {
  const from = walk.stack.findIndex((place) => place.file === asked);
  return walk.stack.slice(Math.max(0, from)).map((place) => place.file);
}
