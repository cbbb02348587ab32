/**
 * Calls that hand over a callable together with its arguments, for a package to call it later: `add_middleware(CORSMiddleware, allow_origins=…)`,
 * `Middleware(Gzip, minimum_size=…)`, `partial(connect, timeout=…)`. When the arguments do not fit, no frame of the traceback lies in the tree.
 */
import { callsOf, definitionsOf, originOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { isServerCode } from './engines.ts';

export interface DeferredCall {
  readonly file: SourceFile;
  readonly call: Call;
}

/** @param callable as Python prints it: `CORSMiddleware.__init__`, `connect` */
export function deferredCalls(callable: string, source: Source): readonly DeferredCall[] {
  const name = bareName(callable);
  const files = [...source.files.values()].filter((file) => isServerCode(file.path) && file.text.includes(name));
  return files.flatMap((file) => callsOf(file).filter((call) => {
    const [first] = call.arguments;
    const isName = first !== undefined && first.name === undefined && !first.splat && /^[\w.]+$/.test(first.value);
    return isName && (call.arguments.length > 1 || /(?:add_middleware|^Middleware)$/.test(call.written)) && originOf(file, first.value).split('.').at(-1) === name;
  }).map((call) => ({ file, call })));
}

/** Parameters of a callable of the tree, without `self`; undefined where the tree has none of that name, or several. */
export function ownParameters(callable: string, source: Source): { readonly parameters: readonly string[]; readonly open: boolean } | undefined {
  const found = [...source.files.values()].filter((file) => file.text.includes(bareName(callable))).flatMap((file) => definitionsOf(file)).filter(({ name, kind }) => name === bareName(callable) && kind !== 'import');
  const [only] = found;
  if (only === undefined || found.length > 1) return undefined;
  const method = only.kind === 'class' ? (only.node.childForFieldName('body')?.namedChildren ?? []).find((each) => each?.childForFieldName('name')?.text === '__init__') : only.node;
  const list = (method?.childForFieldName('parameters')?.namedChildren ?? []).flatMap((each) => each ?? []);
  if (list.length === 0) return undefined;
  const names = list.flatMap((each) => (/splat|separator/.test(each.type) ? [] : [each.type === 'identifier' ? each.text : (each.childForFieldName('name') ?? each.namedChild(0))?.text ?? '']));
  return { parameters: names.filter((name) => name !== '' && name !== 'self'), open: list.some(({ type }) => type === 'dictionary_splat_pattern') };
}

function bareName(callable: string): string {
  return callable.replace(/\.__(?:init|call|new)__$/, '').split('.').at(-1) ?? callable;
}
