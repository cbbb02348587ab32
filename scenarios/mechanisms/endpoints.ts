/** Route handlers and dependencies as written: decorator, parameters, return type. */
import type { Node } from 'web-tree-sitter';
import { importName } from '../../source/edits.ts';
import { callsOf, importedNames } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';

export interface Parameter {
  readonly name: string;
  readonly annotation?: string;
  /** Behind the annotation, or the name where there is none. */
  readonly end: number;
  readonly value?: Node;
  readonly node: Node;
}

export interface Endpoint {
  readonly file: SourceFile;
  readonly name: string;
  readonly node: Node;
  readonly parameters: readonly Parameter[];
  readonly returns?: string;
  /** The call in the decorator at the line, `router.get("/x")`. */
  readonly decorator?: Call;
}

/** The function whose decorators or head lie at the line; a route that is refused is reported at its decorator. */
export function endpointAt(file: SourceFile, line: number): Endpoint | undefined {
  const functions = (file.syntax?.rootNode.descendantsOfType('function_definition') ?? []).filter((node): node is Node => node !== null);
  const node = functions.find((each) => {
    const whole = each.parent?.type === 'decorated_definition' ? each.parent : each;
    const body = each.childForFieldName('body');
    return whole.startPosition.row + 1 <= line && line <= (body?.startPosition.row ?? each.endPosition.row) + 1;
  });
  return node === undefined ? undefined : endpointOf(file, node, line);
}

function endpointOf(file: SourceFile, node: Node, line: number): Endpoint {
  const returns = node.childForFieldName('return_type')?.text;
  const decorator = callsOf(file).find((call) => call.line <= line && line <= call.node.endPosition.row + 1 && call.node.parent?.type === 'decorator');
  return {
    file, node, name: node.childForFieldName('name')?.text ?? '', parameters: parametersOf(node), ...(returns === undefined ? {} : { returns }), ...(decorator === undefined ? {} : { decorator }),
  };
}

function parametersOf(node: Node): readonly Parameter[] {
  return (node.childForFieldName('parameters')?.namedChildren ?? []).flatMap((each): readonly Parameter[] => {
    if (each === null || each.type === 'comment') return [];
    const name = each.type === 'identifier' ? each : (each.childForFieldName('name') ?? each.namedChild(0));
    const type = each.childForFieldName('type');
    const value = each.childForFieldName('value');
    if (name === null || name.type !== 'identifier') return [];
    return [{ name: name.text, end: type?.endIndex ?? name.endIndex, node: each, ...(type === null ? {} : { annotation: type.text }), ...(value === null ? {} : { value }) }];
  });
}

/** Functions that can stand behind `Depends(…)` for a type: they return it, or yield it. */
export function providersOf(type: string, source: Source): readonly { readonly name: string; readonly file: SourceFile }[] {
  const bare = type.split('.').at(-1) ?? type;
  const gives = new RegExp(`^(?:${bare}|(?:\\w+\\.)?(?:Async)?(?:Iterator|Iterable|Generator|ContextManager)\\[\\s*(?:\\w+\\.)?${bare}\\b.*\\])$`, 's');
  return [...source.files.values()].filter((file) => file.path.endsWith('.py') && file.text.includes(bare)).flatMap((file) =>
    (file.syntax?.rootNode.children ?? []).flatMap((node) => {
      const definition = node?.type === 'function_definition' ? node : undefined;
      const returns = definition?.childForFieldName('return_type')?.text ?? '';
      return definition !== undefined && gives.test(returns) ? [{ name: definition.childForFieldName('name')?.text ?? '', file }] : [];
    }));
}

/** Takes a parameter's default away. */
export function withoutDefault(file: SourceFile, parameter: Parameter): readonly Edit[] {
  return parameter.value === undefined ? [] : [{ file: file.path, old: file.text.slice(parameter.end, parameter.value.endIndex), new: '', at: parameter.end }];
}

/** Brings `Depends` into a file that does not have it under that name, wherever it takes it from. */
export function importDepends(file: SourceFile): readonly Edit[] {
  return importedNames(file).get('Depends')?.endsWith('.Depends') === true ? [] : importName(file, 'fastapi', 'Depends');
}
