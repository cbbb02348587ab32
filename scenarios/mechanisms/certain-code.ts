/** Code that every start runs: module level of the loaded files, the start-up function, and what these call. Conditions and handlers end the certainty. */
import type { Node } from 'web-tree-sitter';
import { callsOf, definitionsOf, importedNames } from '../../source/python.ts';
import type { Call, Definition } from '../../source/python.ts';
import { ancestors } from '../../source/syntax.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { fileOfModule } from './apps.ts';
import { lifespanArgument } from './lifespans.ts';
import { loadedFiles } from './reach.ts';
import { startUpOf } from './start-up.ts';

const UNSURE = /^(?:if_statement|elif_clause|else_clause|try_statement|except_clause|while_statement|for_statement|match_statement|conditional_expression|boolean_operator|lambda|list_comprehension|set_comprehension|dictionary_comprehension|generator_expression|function_definition)$/;

/** Nothing between the node and `top` (the module when there is none) decides whether it runs. Decorators and defaults of a function belong to what stands around it. */
export function isUnconditional(node: Node, top?: Node): boolean {
  let inner: Node = node;
  for (const up of ancestors(node)) {
    if (top !== undefined && up.id === top.id) return true;
    if (UNSURE.test(up.type) && !(up.type === 'function_definition' && up.childForFieldName('body')?.id !== inner.id) && !(up.type === 'if_statement' && up.childForFieldName('condition')?.id === inner.id)) return false;
    if (up.type === 'with_statement' && /\bsuppress\(|\braises\(/.test(up.text.slice(0, 200))) return false;
    inner = up;
  }
  return top === undefined;
}

/** What a name of a file means: a definition of the tree, followed through imports. Undefined where it is bound twice, or by a package. */
export function definitionBehind(source: Source, file: SourceFile, dotted: string, depth = 0): { readonly file: SourceFile; readonly definition: Definition } | undefined {
  const [first = '', ...rest] = dotted.split('.');
  const own = definitionsOf(file).filter(({ name }) => name === first);
  if (own.length > 1 || depth > 4) return undefined;
  if (own[0] !== undefined && own[0].kind !== 'import') return rest.length === 0 ? { file, definition: own[0] } : undefined;
  const origin = importedNames(file).get(first);
  if (origin === undefined) return undefined;
  const whole = [origin, ...rest].join('.');
  const cut = whole.lastIndexOf('.');
  const home = cut === -1 ? undefined : fileOfModule(whole.slice(0, cut), source);
  return home === undefined || home === file ? undefined : definitionBehind(source, home, whole.slice(cut + 1), depth + 1);
}

export interface CertainCall {
  readonly file: SourceFile;
  readonly call: Call;
  /** `<module>`, or the function that runs at the start. */
  readonly within: string;
  /** Awaited or at module level while modules load, else when the app starts. */
  readonly stage: 'import' | 'lifespan';
}

const known = new WeakMap<Source, readonly CertainCall[]>();

/** Calls that no start can avoid. */
export function certainCalls(source: Source): readonly CertainCall[] {
  const before = known.get(source);
  if (before !== undefined) return before;
  const found = [...loadedFiles(source)].flatMap((path): readonly CertainCall[] => {
    const file = source.files.get(path);
    return file === undefined || !path.endsWith('.py') ? [] : callsOf(file).filter((call) => isUnconditional(call.node)).map((call) => ({ file, call, within: '<module>', stage: 'import' }));
  });
  const calls = [...found, ...startCalls(source)];
  known.set(source, calls);
  return calls;
}

function startCalls(source: Source): readonly CertainCall[] {
  const given = lifespanArgument(source);
  const started = startUpOf(source);
  // A handler of events runs beside a lifespan only in frameworks of old; what the app is given goes first.
  const first = given?.node !== undefined ? { file: given.file, node: given.node } : started !== undefined && given === undefined ? started : undefined;
  return first === undefined ? [] : callsWithin(source, first.file, first.node, new Set(), 0);
}

function callsWithin(source: Source, file: SourceFile, node: Node, entered: Set<number>, depth: number): readonly CertainCall[] {
  if (entered.has(node.id) || depth > 4) return [];
  entered.add(node.id);
  const end = endOf(node);
  const within = node.childForFieldName('name')?.text ?? '';
  return callsOf(file).filter((call) => call.start > node.startIndex && call.end <= end && isUnconditional(call.node, node)).flatMap((call): readonly CertainCall[] => {
    const behind = definitionBehind(source, file, call.written);
    const inner = behind?.definition.kind === 'function' && (!behind.definition.async || call.awaited) && behind.definition.node.parent?.type !== 'decorated_definition' ? behind : undefined;
    return [{ file, call, within, stage: 'lifespan' }, ...(inner === undefined ? [] : callsWithin(source, inner.file, inner.definition.node, entered, depth + 1))];
  });
}

/** What stands behind the yield of a lifespan belongs to the end, and what is behind a return to nothing. */
function endOf(node: Node): number {
  const body = node.childForFieldName('body');
  const last = (body?.namedChildren ?? []).find((each) => each !== null && (/^(?:return_statement|raise_statement)$/.test(each.type) || /^\s*(?:\w+\s*=\s*)?yield\b/.test(each.text)));
  return last?.endIndex ?? node.endIndex;
}
