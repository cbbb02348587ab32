/** Code that looks at an environment variable and gives up when it does not like what it sees: which variable, and what it wants. */
import type { Node } from 'web-tree-sitter';
import { ancestors } from '../../source/syntax.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { variableBehind } from './variables.ts';

export interface CheckedVariable {
  readonly variable: string;
  /** What it is compared with; undefined when only its presence counts. */
  readonly wanted?: string;
}

/** The variable in the condition above a statement that ends the start: `if not os.getenv("KEY"): raise …`, `assert KEY`. */
export function checkedVariable(source: Source, file: SourceFile, node: Node): CheckedVariable | undefined {
  const holder = node.type === 'assert_statement' ? node : [...ancestors(node)].find((each) => each.type === 'if_statement' || each.type === 'elif_clause' || each.type === 'function_definition');
  const condition = holder?.type === 'assert_statement' ? holder.namedChild(0) : holder?.childForFieldName('condition');
  if (!condition) return undefined;
  const variable = variableBehind(source, file, condition.text);
  const wanted = /(?:!=|==|not in|in)\s*[([{]?\s*["'](?<value>[^"']{1,100})["']/.exec(condition.text)?.groups?.['value'];
  return variable === undefined ? undefined : { variable, ...(wanted === undefined ? {} : { wanted }) };
}

/** Set by the environment file or the run. */
export function isGiven(source: Source, variable: string): boolean {
  return (source.run.env[variable] ?? source.dotenv.get(variable) ?? '') !== '';
}
