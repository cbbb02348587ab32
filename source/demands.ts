/** What a Python annotation demands of the text in an environment variable: `Optional[int]`, `Literal["a", "b"]`, `list[AnyUrl]`, a model of the tree. */
import type { Node } from 'web-tree-sitter';
import { definitionsOf } from './calls.ts';
import { both, checksOfCall } from './checks.ts';
import type { Checks } from './checks.ts';
import { modelFields } from './settings-classes.ts';
import { enumValues } from './settings-config.ts';
import type { Files } from './settings-config.ts';
import { isPython, nodesOf, sourceFile, stringValue } from './syntax.ts';

export type Form =
  | 'text' | 'int' | 'float' | 'bool' | 'url' | 'email' | 'uuid' | 'ip' | 'network' | 'folder' | 'file' | 'datetime' | 'date' | 'time' | 'duration'
  | 'list' | 'tuple' | 'dict' | 'object' | 'csv' | 'pairs' | 'zone' | 'fernet' | 'base64' | 'hex' | 'import' | 'colour';

export interface Demand {
  readonly form: Form;
  readonly checks: Checks;
  /** Of lists; of tuples and objects one after the other. */
  readonly items: readonly { readonly name?: string; readonly demand: Demand }[];
  /** Of URLs: any of these schemes, the usual one first. */
  readonly schemes: readonly string[];
}

/** Types by the last part of their name. Where a pattern fits, so does its form. */
const FORMS: readonly (readonly [RegExp, Form])[] = [
  [/^(Strict|Positive|Negative|NonNegative|NonPositive)?Int$|^(con)?int$|^ByteSize$/, 'int'], [/^(Strict|Positive|Negative|NonNegative|NonPositive|Finite)?Float$|^(con)?float$|^(con)?decimal$|^Decimal$/, 'float'],
  [/^(Strict)?Bool$|^bool$/, 'bool'], [/(Url|URL|Dsn|DSN)$/, 'url'], [/^(EmailStr|NameEmail)$/, 'email'], [/^UUID\d?$/, 'uuid'], [/^IPv\dAddress$|^IPvAny(Address|Interface)$/, 'ip'],
  [/^IPv\dNetwork$|^IPvAnyNetwork$/, 'network'], [/^(Path|PurePath|DirectoryPath|NewPath|PosixPath)$/, 'folder'], [/^FilePath$/, 'file'], [/datetime$|^PastDatetime$|^FutureDatetime$/i, 'datetime'], [/^(Past|Future)?[Dd]ate$/, 'date'],
  [/^time$/, 'time'], [/^timedelta$/, 'duration'], [/^(con)?(list|List|set|Set|frozenset|FrozenSet|Sequence|Iterable|Collection|deque|AbstractSet|MutableSequence)$|^con(list|set|frozenset)$/, 'list'], [/^[Tt]uple$/, 'tuple'],
  [/^([Dd]ict|Mapping|MutableMapping|defaultdict|Json|json)$/, 'dict'], [/^(csv|Csv|CommaSeparatedStrings)$/, 'csv'], [/^csv_pairs$/, 'pairs'], [/^(ZoneInfo|TimeZoneName|timezone)$/, 'zone'], [/^Fernet$/, 'fernet'], [/^(Base64|EncodedStr|b64decode)/, 'base64'],
  [/^(fromhex|unhexlify)$/, 'hex'], [/^(ImportString|PyObject)$/, 'import'], [/^Color$/, 'colour'],
];

const SCHEMES: readonly (readonly [RegExp, readonly string[]])[] = [
  [/Postgres|CockroachDsn/, ['postgresql', 'postgres']], [/Redis/, ['redis', 'rediss']], [/Amqp/, ['amqp', 'amqps']], [/Mongo/, ['mongodb']], [/Kafka/, ['kafka']], [/Nats/, ['nats']], [/Clickhouse|ClickHouse/i, ['clickhouse']],
  [/MySQL|Mysql/, ['mysql']], [/MariaDB/, ['mariadb']], [/Websocket/i, ['ws', 'wss']], [/^(HttpUrl|AnyHttpUrl)$/, ['http', 'https']], [/^Ftp/, ['ftp']], [/^File/, ['file']],
];

const BOUNDS: readonly (readonly [RegExp, Checks])[] = [[/^Positive/, { gt: 0 }], [/^Negative/, { lt: 0 }], [/^NonNegative/, { ge: 0 }], [/^NonPositive/, { le: 0 }]];

/** @param type as annotated; a name that nothing explains demands nothing */
export function demandOf(files: Files, type: string, checks: Checks = {}, depth = 0): Demand {
  const file = sourceFile('type.py', `x = (${type || 'str'})\n`);
  const node = nodesOf(file, 'assignment')[0]?.childForFieldName('right') ?? null;
  const found = node ? ofNode(files, node, depth) : plain('text');
  return { ...found, checks: both(found.checks, checks) };
}

function plain(form: Form, checks: Checks = {}, items: Demand['items'] = [], schemes: readonly string[] = []): Demand {
  return { form, checks, items, schemes };
}

function ofNode(files: Files, node: Node, depth: number): Demand {
  if (depth > 8) return plain('text');
  const next = (each: Node): Demand => ofNode(files, each, depth + 1);
  switch (node.type) {
    case 'parenthesized_expression': return node.namedChild(0) ? next(node.namedChild(0)!) : plain('text');
    case 'string': return demandOf(files, stringValue(node) ?? 'str', {}, depth + 1);
    case 'binary_operator': return union([node.childForFieldName('left'), node.childForFieldName('right')], next);
    case 'subscript': return ofSubscript(files, node, depth);
    case 'call': return ofCall(node, next);
    case 'identifier': case 'attribute': return ofName(files, lastPart(node.text), depth);
    default: return plain('text');
  }
}

function lastPart(dotted: string): string {
  return dotted.slice(dotted.lastIndexOf('.') + 1);
}

/** The first part that is not None. */
function union(parts: readonly (Node | null)[], next: (node: Node) => Demand): Demand {
  const first = parts.find((each) => each !== null && each.type !== 'none');
  return first ? next(first) : plain('text');
}

function ofSubscript(files: Files, node: Node, depth: number): Demand {
  const name = lastPart(node.childForFieldName('value')?.text ?? '');
  const parts = node.childrenForFieldName('subscript').flatMap((each) => (each === null ? [] : each.type === 'tuple' ? each.namedChildren.filter((inner) => inner !== null) : [each]));
  const [first] = parts;
  const next = (each: Node): Demand => ofNode(files, each, depth + 1);
  if (!first) return plain('text');
  if (name === 'Literal') return plain('text', { choices: parts.flatMap((each) => (each.type === 'none' ? [] : stringValue(each) ?? each.text.toLowerCase())) });
  if (name === 'Union') return union(parts, next);
  if (name === 'Annotated') return annotated(next(first), parts.slice(1));
  if (/^(Optional|Final|Required|NotRequired|Secret|type|Type)$/.test(name)) return next(first);
  if (name === 'Json') return next(first).form === 'text' ? plain('dict') : next(first);
  const form = FORMS.find(([pattern]) => pattern.test(name))?.[1];
  if (form === 'tuple') return parts[1]?.type === 'ellipsis' ? plain('list', {}, [{ demand: next(first) }]) : plain('tuple', {}, parts.map((each) => ({ demand: next(each) })));
  return form === 'list' ? plain('list', {}, [{ demand: next(first) }]) : plain(form ?? 'text');
}

/** `Annotated[str, Field(min_length=3), StringConstraints(…), NoDecode, Gt(3)]` */
function annotated(base: Demand, notes: readonly Node[]): Demand {
  let found = base;
  for (const note of notes) {
    const name = lastPart(note.childForFieldName('function')?.text ?? note.text);
    // Not decoded from JSON: a validator of the app takes the text apart, nearly always at its commas.
    if (name === 'NoDecode') found = { ...found, form: 'csv' };
    const limit = /^(Gt|Ge|Lt|Le|MinLen|MaxLen)$/.exec(name)?.[0];
    const number = Number(note.childForFieldName('arguments')?.namedChild(0)?.text);
    if (limit !== undefined && !Number.isNaN(number)) found = { ...found, checks: both(found.checks, { [({ MinLen: 'minLength', MaxLen: 'maxLength' } as Readonly<Record<string, string>>)[limit] ?? limit.toLowerCase()]: number }) };
    else if (note.type === 'call') found = { ...found, checks: both(found.checks, checksOfCall(note)) };
  }
  return found;
}

/** constr(…), conint(…), conlist(int, min_length=1), Choices(["a", "b"]), Csv(int) */
function ofCall(node: Node, next: (node: Node) => Demand): Demand {
  const name = lastPart(node.childForFieldName('function')?.text ?? '');
  const [first] = (node.childForFieldName('arguments')?.namedChildren ?? []).filter((each) => each !== null && each.type !== 'keyword_argument');
  if (name === 'Choices' && first) return plain('text', { choices: first.descendantsOfType('string').flatMap((each) => stringValue(each) ?? []) });
  const form = FORMS.find(([pattern]) => pattern.test(name))?.[1] ?? 'text';
  const items = first && (form === 'list' || form === 'csv') ? [{ demand: next(first) }] : [];
  return plain(form, checksOfCall(node), items);
}

function ofName(files: Files, name: string, depth: number): Demand {
  // The tree may well have a class `Path` or `Settings` of its own.
  const own = /^[A-Z_]/.test(name) ? ofTree(files, name, depth) : undefined;
  if (own) return own;
  const form = FORMS.find(([pattern]) => pattern.test(name))?.[1] ?? 'text';
  const checks = BOUNDS.find(([pattern]) => pattern.test(name))?.[1] ?? {};
  return plain(form, checks, [], form === 'url' ? SCHEMES.find(([pattern]) => pattern.test(name))?.[1] ?? [] : []);
}

/** An Enum, a model, or an alias (`Env = Literal[…]`) that the tree defines. */
function ofTree(files: Files, name: string, depth: number): Demand | undefined {
  for (const file of files.values()) {
    if (!isPython(file) || !file.text.includes(name)) continue;
    const definition = definitionsOf(file).find((each) => each.name === name && each.kind !== 'import' && each.kind !== 'function');
    if (!definition) continue;
    if (definition.kind === 'value') {
      const right = definition.node.childForFieldName('right');
      return right && right.type !== 'identifier' && depth < 6 ? ofNode(files, right, depth + 2) : undefined;
    }
    if (definition.bases.some((base) => /Enum$|Flag$/.test(base))) return plain('text', { choices: enumValues(file, definition) });
    const fields = depth > 6 ? [] : modelFields(files, { file, definition });
    if (fields.length > 0) return plain('object', {}, fields.filter((each) => each.required).map((each) => ({ name: each.field, demand: demandOf(files, each.type, each.checks, depth + 2) })));
  }
  return undefined;
}
