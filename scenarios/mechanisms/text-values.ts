/**
 * Values that were text once, or look like text, and are objects: where the failing statement uses one as text, and how its text is had. A class says
 * that it has a text form by a `__str__` of its own; one that hides its text (pydantic's SecretStr) has a method that gives it.
 */
import type { Node } from 'web-tree-sitter';
import { callsOf } from '../../source/python.ts';
import { lineOf, nodesOf } from '../../source/syntax.ts';
import type { PackageIndex, SourceFile } from '../../source/types.ts';

/** What only text can do; methods that lists and paths have under the same name (`count`, `index`) say nothing. */
const METHODS: ReadonlySet<string> = new Set((
  'capitalize casefold center encode endswith expandtabs find format_map isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable isspace istitle ' +
  'isupper join ljust lower lstrip partition removeprefix removesuffix replace rfind rindex rjust rpartition rsplit rstrip split splitlines startswith strip swapcase title ' +
  'translate upper zfill').split(' '));

/** Built-in values whose text means what they mean; the text of a list or of None means nothing. */
const PLAIN: ReadonlySet<string> = new Set(['int', 'float', 'bool', 'PosixPath', 'WindowsPath', 'UUID', 'Decimal', 'IPv4Address', 'IPv6Address']);
/** What gives the text of an object that does not show it. */
const REVEAL = 'get_secret_value';

/** How a value was used: as an argument, added to text, searched in, cut, or asked for a method of text. */
export type Use = 'argument' | 'sum' | 'search' | 'subscript' | 'method';

export interface Misuse {
  /** Name of the value's class; empty when the message has none. */
  readonly type: string;
  readonly use: Use;
  /** The method of text that the value does not have. */
  readonly method?: string;
}

const MESSAGES: readonly (readonly [Use, RegExp])[] = [
  // 'PostgresDsn' object has no attribute 'replace'
  ['method', /^'(?<type>\w{1,100})' object has no attribute '(?<method>\w{1,40})'/],
  // Expected string or URL object, got PostgresDsn('postgresql://…')   expected string or bytes-like object, got 'HttpUrl'   expected str, bytes or os.PathLike object, not SecretStr
  ['argument', /\bexpected (?:a )?str(?:ing)?\b[^\n]{0,60}?\b(?:got|not) (?:an? )?['"<]?(?<type>[A-Za-z_]\w{0,100})/i],
  // option values must be strings (configparser)   must be str, not PostgresDsn   sequence item 0: expected str instance, HttpUrl found
  ['argument', /^option values must be strings$|\bmust be (?:a )?str(?:ing)?, not '?(?<type>[A-Za-z_]\w{0,100})|expected str instance, (?<other>\w{1,100}) found/],
  // can only concatenate str (not "HttpUrl") to str   unsupported operand type(s) for +: 'HttpUrl' and 'str'
  ['sum', /^can only concatenate str \(not "(?<type>\w{1,100})"\) to str|^unsupported operand type\(s\) for \+: (?:'str' and '(?<right>\w{1,100})'|'(?<other>\w{1,100})' and 'str')/],
  // argument of type 'PostgresDsn' is not iterable   … is not a container or iterable
  ['search', /^argument of type '(?<type>\w{1,100})' is not (?:a container or )?iterable/],
  // 'HttpUrl' object is not subscriptable
  ['subscript', /^'(?<type>\w{1,100})' object is not subscriptable/],
];

/** What the message says about a value that is no text; undefined when it says nothing of the kind. `decode` is asked of text where bytes were. */
export function misuseIn(message: string): Misuse | undefined {
  for (const [use, pattern] of MESSAGES) {
    const groups = pattern.exec(message.slice(0, 1_000))?.groups;
    if (groups === undefined) continue;
    const type = groups['type'] ?? groups['other'] ?? groups['right'] ?? '';
    const method = groups['method'];
    if (method === undefined) return { type, use };
    return METHODS.has(method) || method === 'decode' ? { type, use, method } : undefined;
  }
  return undefined;
}

/** `str(…)`, or the method that shows what is hidden; undefined for values whose text means nothing, and for classes of the tree. */
export function textOf(type: string, index: PackageIndex): ((expression: string) => string) | undefined {
  const asText = (expression: string): string => `str(${expression})`;
  if (type === '' || PLAIN.has(type)) return asText;
  const places = (index.names[type] ?? []).filter(({ kind }) => kind === 'class');
  if (places.length === 0 || places.some(({ origin }) => origin === 'tree')) return undefined;
  const shapes = (index.members ?? []).filter(({ name }) => name === type);
  if (shapes.some(({ names }) => names.includes(REVEAL))) return (expression) => `${expression}.${REVEAL}()`;
  return shapes.some(({ names }) => names.includes('__str__')) ? asText : undefined;
}

/** Where an expression is used in such a way; `callee` of arguments only. */
export interface TextUse {
  readonly node: Node;
  readonly line: number;
  readonly callee: string;
}

/** Expressions that may be the value, those of the line or of the whole file; of a line, the likeliest first. */
export function usesIn(file: SourceFile, { use, method }: Misuse, direct: boolean, line?: number): readonly TextUse[] {
  const field = (node: Node, name: string): Node | null => node.childForFieldName(name);
  // A chained call is printed under the line on which its name or its beginning stands.
  const here = (type: string): readonly Node[] => nodesOf(file, type).filter((node) => line === undefined || (lineOf(node) <= line && node.endPosition.row + 1 >= line));
  const plain = (nodes: readonly (Node | null)[]): readonly TextUse[] => nodes.flatMap((node) => (node === null ? [] : [{ node, line: lineOf(node), callee: '' }]));
  const found = use === 'method' && direct ? plain(here('attribute').filter((node) => field(node, 'attribute')?.text === method).map((node) => field(node, 'object')))
    : use === 'sum' ? plain(here('binary_operator').filter((node) => field(node, 'operator')?.text === '+').flatMap((node) => [field(node, 'right'), field(node, 'left')]))
    : use === 'search' ? plain(here('comparison_operator').filter((node) => node.children.some((child) => child?.type === 'in' || child?.type === 'not in')).map((node) => node.namedChildren.at(-1) ?? null))
    : use === 'subscript' ? plain(here('subscript').map((node) => field(node, 'value')))
    : argumentsIn(file, line);
  return found.filter(({ node }) => isValue(node));
}

/** Arguments of calls, those that are named like an address first. */
function argumentsIn(file: SourceFile, line: number | undefined): readonly TextUse[] {
  const given = callsOf(file).filter((call) => (line === undefined || call.line === line) && !/^(?:str|repr)$/.test(call.written))
    .flatMap((call) => call.arguments.filter(({ splat }) => !splat).map((argument) => ({ argument, call })));
  const looksRight = /ur[li]|dsn|host|secret|password|path|key/i;
  const weight = ({ argument }: (typeof given)[number]): number => Number(looksRight.test(`${argument.name ?? ''} ${argument.value}`));
  return given.toSorted((a, b) => weight(b) - weight(a)).map(({ argument, call }) => ({ node: argument.valueNode, line: call.line, callee: call.callee }));
}

/** Not a text, number or comparison as written, and not made text already. */
function isValue(node: Node): boolean {
  return ['identifier', 'attribute', 'call', 'subscript'].includes(node.type) && !/^(?:str|repr|f)\(/.test(node.text);
}
