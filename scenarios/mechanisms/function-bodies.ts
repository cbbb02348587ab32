/** Bodies of functions: where code runs only when somebody calls it. */
import type { SourceFile } from '../../source/types.ts';

export interface Body {
  /** Offset of the first statement of the function's body, behind a docstring. */
  readonly at: number;
  readonly indent: string;
}

/** First statements of the functions in whose bodies the uses lie; undefined when one lies elsewhere. */
export function bodiesUsing(file: SourceFile, uses: readonly { readonly start: number; readonly end: number }[]): readonly Body[] | undefined {
  const bodies = functionBodies(file);
  const found = uses.map((use) => bodies.find((body) => use.start >= body.at && use.end <= body.end));
  return found.some((body) => body === undefined) ? undefined : [...new Set(found.flatMap((body) => body ?? []))];
}

/** Bodies of functions and methods, outermost; what stands in their heads (decorators, defaults, annotations) is outside. */
function functionBodies(file: SourceFile): readonly (Body & { readonly end: number })[] {
  const root = file.syntax?.rootNode;
  if (root === undefined) return [];
  return root.descendantsOfType('function_definition').flatMap((node) => {
    const body = node?.childForFieldName('body');
    if (node === null || body === null || body === undefined) return [];
    const statements = body.namedChildren.filter((child) => child !== null && child.type !== 'comment');
    const first = statements[0]?.type === 'expression_statement' && statements[0].namedChild(0)?.type === 'string' && statements.length > 1 ? statements[1] : statements[0];
    if (first === undefined || first === null || body.startPosition.row === node.startPosition.row) return [];
    return [{ at: first.startIndex, end: body.endIndex, indent: ' '.repeat(first.startPosition.column) }];
  });
}
