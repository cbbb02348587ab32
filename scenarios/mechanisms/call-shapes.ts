/** What a function of the tree takes, and whether a call fits: in Python's own words when it does not. */
import type { Node } from 'web-tree-sitter';
import type { Call } from '../../source/python.ts';

export interface Shape {
  /** Positional parameters in order. */
  readonly positional: readonly { readonly name: string; readonly optional: boolean; readonly only: boolean }[];
  readonly keywordOnly: readonly { readonly name: string; readonly optional: boolean }[];
  /** How many positional arguments; Infinity with `*args`. */
  readonly most: number;
  /** `**kwargs` */
  readonly open: boolean;
}

/** @param skip parameters that the caller does not pass: `self` */
export function shapeOf(definition: Node, skip = 0): Shape {
  const positional: { name: string; optional: boolean; only: boolean }[] = [];
  const keywordOnly: { name: string; optional: boolean }[] = [];
  let [many, open, behindStar] = [false, false, false];
  for (const each of definition.childForFieldName('parameters')?.namedChildren ?? []) {
    if (each === null || each.type === 'comment') continue;
    const inner = each.type === 'typed_parameter' ? each.namedChild(0)?.type ?? '' : each.type;
    if (inner === 'dictionary_splat_pattern') open = true;
    else if (inner === 'list_splat_pattern') [many, behindStar] = [true, true];
    else if (each.type === 'keyword_separator') behindStar = true;
    else if (each.type === 'positional_separator') for (const before of positional) before.only = true;
    else {
      const name = (each.type === 'identifier' ? each : each.childForFieldName('name') ?? each.namedChild(0))?.text ?? '';
      const optional = each.type.includes('default');
      if (behindStar) keywordOnly.push({ name, optional });
      else positional.push({ name, optional, only: false });
    }
  }
  const left = positional.slice(skip);
  return { positional: left, keywordOnly, most: many ? Infinity : left.length, open };
}

/** What Python would say of the call; undefined when it fits, or when only running would tell what is passed. */
export function misfit(name: string, shape: Shape, call: Call): string | undefined {
  if (call.arguments.some(({ splat }) => splat) || call.argumentsSpan.end - call.argumentsSpan.start < 2) return undefined;
  const named = call.arguments.flatMap((each) => (each.name === undefined ? [] : [each.name]));
  const count = call.arguments.length - named.length;
  const unknown = shape.open ? undefined : named.find((each) => !shape.positional.some((one) => one.name === each && !one.only) && !shape.keywordOnly.some((one) => one.name === each));
  if (unknown !== undefined) return `${name}() got an unexpected keyword argument '${unknown}'`;
  if (count > shape.most) return `${name}() takes ${shape.most} positional argument${shape.most === 1 ? '' : 's'} but ${count} ${count === 1 ? 'was' : 'were'} given`;
  const missing = shape.positional.filter((one, at) => at >= count && !one.optional && !named.includes(one.name)).map((one) => `'${one.name}'`);
  if (missing.length > 0) return `${name}() missing ${missing.length} required positional argument${missing.length === 1 ? '' : 's'}: ${missing.join(', ').replace(/, ([^,]*)$/, missing.length > 2 ? ', and $1' : ' and $1')}`;
  const unsaid = shape.keywordOnly.filter((one) => !one.optional && !named.includes(one.name)).map((one) => `'${one.name}'`);
  return unsaid.length === 0 ? undefined : `${name}() missing ${unsaid.length} required keyword-only argument${unsaid.length === 1 ? '' : 's'}: ${unsaid.join(' and ')}`;
}
