/** What a value must satisfy beyond its type, as far as the code says it in plain words: `Field(min_length=32)`, `constr(regex="…")`, validators. */
import type { Node } from 'web-tree-sitter';
import { nodesOf, stringValue } from './syntax.ts';
import type { SourceFile } from './types.ts';

export interface Checks {
  readonly minLength?: number;
  readonly maxLength?: number;
  /** Inclusive bounds, and exclusive ones. */
  readonly ge?: number;
  readonly gt?: number;
  readonly le?: number;
  readonly lt?: number;
  readonly multipleOf?: number;
  /** As Python's `re` reads it. */
  readonly pattern?: string;
  /** The only values that are taken. */
  readonly choices?: readonly string[];
  readonly refused?: readonly string[];
  /** It must begin so. */
  readonly prefix?: string;
}

const NUMBERS: Readonly<Record<string, 'minLength' | 'maxLength' | 'ge' | 'gt' | 'le' | 'lt' | 'multipleOf'>> = {
  min_length: 'minLength', max_length: 'maxLength', min_items: 'minLength', max_items: 'maxLength', ge: 'ge', gt: 'gt', le: 'le', lt: 'lt', multiple_of: 'multipleOf',
  gte: 'ge', lte: 'le', min_value: 'ge', max_value: 'le', len_min: 'minLength', len_max: 'maxLength',
};

/** Keywords of a call such as `Field(…)`, `constr(…)`, `StringConstraints(…)`, `Validator(…)`. */
export function checksOfCall(call: Node): Checks {
  let found: Checks = {};
  for (const each of call.childForFieldName('arguments')?.namedChildren ?? []) {
    if (each?.type !== 'keyword_argument') continue;
    const name = each.childForFieldName('name')?.text ?? '';
    const value = each.childForFieldName('value');
    const key = NUMBERS[name];
    const number = Number(value?.text.replaceAll('_', ''));
    if (key !== undefined && !Number.isNaN(number)) found = { ...found, [key]: number };
    const text = /^(pattern|regex)$/.test(name) ? stringValue(value?.type === 'call' ? value.childForFieldName('arguments')?.namedChild(0) ?? null : value) : undefined;
    if (text !== undefined) found = { ...found, pattern: text };
    if (name === 'is_in') found = { ...found, choices: texts(value) };
  }
  return found;
}

/** The stricter of two. */
export function both(one: Checks, two: Checks): Checks {
  const least = (key: 'maxLength' | 'le' | 'lt'): Checks => bound(key, one[key], two[key], Math.min);
  const most = (key: 'minLength' | 'ge' | 'gt'): Checks => bound(key, one[key], two[key], Math.max);
  const refused = [...(one.refused ?? []), ...(two.refused ?? [])];
  return { ...one, ...two, ...least('maxLength'), ...least('le'), ...least('lt'), ...most('minLength'), ...most('ge'), ...most('gt'), ...(refused.length > 0 ? { refused } : {}) };
}

function bound(key: keyof Checks, one: number | undefined, two: number | undefined, pick: (a: number, b: number) => number): Checks {
  if (one === undefined && two === undefined) return {};
  return { [key]: one === undefined ? two : two === undefined ? one : pick(one, two) };
}

/** Field → what the validators in a class body refuse: `@field_validator("KEY") def check(cls, v): if len(v) < 32: raise …`. */
export function checksOfValidators(file: SourceFile, body: readonly Node[]): ReadonlyMap<string, Checks> {
  const found = new Map<string, Checks>();
  for (const node of body) {
    if (node.type !== 'decorated_definition') continue;
    const decorator = node.namedChildren.flatMap((each) => (each?.type === 'decorator' && each.namedChild(0)?.type === 'call' ? [each.namedChild(0)] : []))
      .find((call) => /(^|\.)(field_validator|validator)$/.test(call?.childForFieldName('function')?.text ?? ''));
    const definition = node.childForFieldName('definition');
    if (!decorator || !definition) continue;
    const value = definition.childForFieldName('parameters')?.namedChildren.map((each) => each?.childForFieldName('name')?.text ?? each?.text ?? '').find((name) => !/^(cls|self)$/.test(name)) ?? 'v';
    const checks = refusals(file, definition, value);
    for (const each of decorator.childForFieldName('arguments')?.namedChildren ?? []) {
      const field = stringValue(each);
      if (field !== undefined) found.set(field, both(found.get(field) ?? {}, checks));
    }
  }
  return found;
}

/** What the `if … raise` statements of a function refuse of the value that it calls `name`. */
export function refusals(file: SourceFile, top: Node | undefined, name: string): Checks {
  let found: Checks = {};
  for (const node of nodesOf(file, 'if_statement', top)) {
    const consequence = node.childForFieldName('consequence');
    const condition = node.childForFieldName('condition');
    if (!consequence || !condition || !stops(consequence)) continue;
    // Of `a or b` each part refuses alone.
    for (const part of alternatives(condition)) found = both(found, refusalOf(file, part, name));
  }
  return found;
}

/** The block ends the program or raises. */
export function stops(block: Node): boolean {
  return block.descendantsOfType('raise_statement').length > 0 || /\b(sys\.exit|os\._exit|exit|quit)\s*\(/.test(block.text);
}

function alternatives(condition: Node): readonly Node[] {
  if (condition.type === 'parenthesized_expression') return condition.namedChildren.flatMap((each) => (each ? alternatives(each) : []));
  if (condition.type !== 'boolean_operator' || condition.childForFieldName('operator')?.text !== 'or') return [condition];
  return [condition.childForFieldName('left'), condition.childForFieldName('right')].flatMap((each) => (each ? alternatives(each) : []));
}

function refusalOf(file: SourceFile, condition: Node, name: string): Checks {
  const own = `(?:self\\.|settings\\.|config\\.|cls\\.)?${name}(?:\\.(?:upper|lower|strip|get_secret_value)\\(\\))?`;
  const text = condition.text;
  const at = (pattern: string): Readonly<Record<string, string>> | undefined => new RegExp(`^${pattern}`, 's').exec(text)?.groups;
  const length = at(`len\\(\\s*${own}\\s*\\)\\s*(?<operator><=?|>=?|!=|==)\\s*(?<number>\\d+)`);
  if (length) return lengthCheck(length['operator'] ?? '', Number(length['number']));
  const number = at(`${own}\\s*(?<operator><=?|>=?)\\s*(?<number>-?[\\d_]+(?:\\.\\d+)?)\\s*$`);
  if (number) return numberCheck(number['operator'] ?? '', Number(number['number']?.replaceAll('_', '')));
  const list = at(`${own}\\s+(?<not>not\\s+)?in\\s+(?<list>.+)$`) ?? at(`not\\s+${own}\\s+(?<in>in)\\s+(?<list>.+)$`);
  if (list) {
    const values = listed(file, condition, list['list'] ?? '');
    if (values.length === 0) return {};
    return list['not'] === undefined && list['in'] === undefined ? { refused: values } : { choices: values };
  }
  const equal = at(`${own}\\s*==\\s*["'](?<value>[^"']*)["']`);
  if (equal) return { refused: [equal['value'] ?? ''] };
  const start = at(`not\\s+${own}\\.startswith\\(\\s*\\(?\\s*["'](?<prefix>[^"']*)["']`);
  if (start) return { prefix: start['prefix'] ?? '' };
  const pattern = at(`not\\s+re\\.(?<how>full)?match\\(\\s*r?["'](?<pattern>[^"']*)["']\\s*,\\s*${own}`);
  return pattern ? { pattern: `^${pattern['pattern'] ?? ''}${pattern['how'] === undefined ? '' : '$'}` } : {};
}

function lengthCheck(operator: string, number: number): Checks {
  if (operator === '<') return { minLength: number };
  if (operator === '<=') return { minLength: number + 1 };
  if (operator === '>') return { maxLength: number };
  if (operator === '>=') return { maxLength: number - 1 };
  return operator === '!=' ? { minLength: number, maxLength: number } : {};
}

function numberCheck(operator: string, number: number): Checks {
  if (operator === '<') return { ge: number };
  if (operator === '<=') return { gt: number };
  return operator === '>' ? { le: number } : { lt: number };
}

/** `["a", "b"]`, or a name of one in the file. */
function listed(file: SourceFile, near: Node, written: string): readonly string[] {
  if (!/^\w+$/.test(written)) {
    const node = near.descendantsOfType(['list', 'tuple', 'set']).at(-1);
    return node ? texts(node) : [];
  }
  const assignment = nodesOf(file, 'assignment').find((node) => node.childForFieldName('left')?.text === written);
  return assignment ? texts(assignment.childForFieldName('right')) : [];
}

/** The strings and numbers in a list, tuple or set. */
function texts(node: Node | null): readonly string[] {
  return (node?.descendantsOfType(['string', 'integer']) ?? []).flatMap((each) => (each === null ? [] : each.type === 'integer' ? [each.text] : stringValue(each) ?? []));
}
