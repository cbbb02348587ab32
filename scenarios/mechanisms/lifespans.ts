/** What an app is given as its lifespan: which expression, and which function it leads to. */
import type { Node } from 'web-tree-sitter';
import { importedNames } from '../../source/python.ts';
import type { Argument, Call } from '../../source/python.ts';
import { treeFile } from '../../source/static-values.ts';
import { nodesOf } from '../../source/syntax.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { appCalls } from './apps.ts';
import { loadedFiles } from './reach.ts';

export interface GivenLifespan {
  /** The call that makes the app, and its `lifespan=`. */
  readonly call: Call;
  readonly argument: Argument;
  readonly at: SourceFile;
  /** Name of the function. */
  readonly name: string;
  /** Where the function stands; the app's own file when it was not found. */
  readonly file: SourceFile;
  /** The function itself; undefined for anything else, such as a module. */
  readonly node?: Node;
}

/** The first app of the loaded files that is given one. */
export function lifespanArgument(source: Source): GivenLifespan | undefined {
  for (const path of loadedFiles(source)) {
    const at = source.files.get(path);
    for (const call of at === undefined ? [] : appCalls(at)) {
      const argument = call.arguments.find(({ name }) => name === 'lifespan');
      if (at !== undefined && argument !== undefined) return { call, argument, at, ...functionOf(source, at, argument) };
    }
  }
  return undefined;
}

function functionOf(source: Source, at: SourceFile, argument: Argument): Pick<GivenLifespan, 'name' | 'file' | 'node'> {
  const name = /^\[?\s*(?:\w+\.)*(?<name>\w+)/.exec(argument.value)?.groups?.['name'] ?? argument.value;
  const own = named(at, name);
  if (own !== undefined) return { name, file: at, node: own };
  const origin = importedNames(at).get(argument.value.replace(/[^\w.].*$/s, '').split('.')[0] ?? '');
  const module = origin === undefined ? undefined : treeFile(source.files, argument.value.includes('.') ? origin : origin.slice(0, Math.max(0, origin.lastIndexOf('.'))));
  const node = module === undefined ? undefined : named(module, name);
  return module === undefined ? { name, file: at } : { name, file: module, ...(node === undefined ? {} : { node }) };
}

function named(file: SourceFile, name: string): Node | undefined {
  return nodesOf(file, 'function_definition').find((each) => each.childForFieldName('name')?.text === name);
}
