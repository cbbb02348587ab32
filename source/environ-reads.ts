/** Direct reads: os.environ, os.getenv, decouple, environs, Starlette's Config. */
import type { Node } from 'web-tree-sitter';
import { callsOf } from './calls.ts';
import type { Call } from './calls.ts';
import { refusals } from './checks.ts';
import { originOf } from './imports.ts';
import { isAddress, isNeeded } from './needed.ts';
import { ancestors, lineOf, nodesOf, stringValue } from './syntax.ts';
import type { SourceFile, VariableRead } from './types.ts';

const READS = /environ|getenv|decouple|environs|starlette\.config|dotenv_values/;

/** Name of a function of the tree that reads a variable by its first argument → whether it refuses to go on without a value. */
export type Wrappers = ReadonlyMap<string, boolean>;

/** @param guarded names of variables and attributes that some `if not NAME: raise` of the tree checks */
export function directReads(file: SourceFile, wrappers: Wrappers = new Map(), guarded: ReadonlySet<string> = new Set()): readonly VariableRead[] {
  const mentions = READS.test(file.text) || [...wrappers.keys()].some((name) => file.text.includes(name));
  if (!mentions) return [];
  return [...subscripts(file), ...callsOf(file).flatMap((call) => readAt(file, call, wrappers, guarded))];
}

/** Functions such as `def get_env(key, default): … os.getenv(key, …)`: a call of one is a read. */
export function readingFunctions(files: readonly SourceFile[]): Wrappers {
  const names = files.filter((file) => /os\.(environ|getenv)|\b(environ|getenv)\b/.test(file.text)).flatMap((file) => nodesOf(file, 'function_definition').flatMap((node) => {
    const parameters = (node.childForFieldName('parameters')?.namedChildren ?? []).filter((each) => each !== null && each.text !== 'self' && each.text !== 'cls');
    const first = parameters[0]?.childForFieldName('name')?.text ?? /^\w+/.exec(parameters[0]?.text ?? '')?.[0];
    const name = node.childForFieldName('name')?.text;
    if (first === undefined || name === undefined) return [];
    const reads = new RegExp(`(environ\\[|environ\\.get\\(|getenv\\()\\s*${first}\\b`);
    const body = node.childForFieldName('body')?.text ?? '';
    return reads.test(body) ? [[name, /environ\[/.test(body) || /\braise\b|\bexit\(/.test(body)] as const] : [];
  }));
  return new Map(names);
}

/** os.environ["NAME"], read and not assigned */
function subscripts(file: SourceFile): readonly VariableRead[] {
  return nodesOf(file, 'subscript').flatMap((node): readonly VariableRead[] => {
    const object = node.childForFieldName('value');
    if (!object || originOf(file, object.text) !== 'os.environ') return [];
    const name = stringValue(node.childForFieldName('subscript'));
    const written = node.parent?.type === 'assignment' && node.parent.childForFieldName('left')?.startIndex === node.startIndex;
    const deleted = node.parent?.type === 'delete_statement';
    if (name === undefined || written || deleted) return [];
    return [{ name, file: file.path, line: lineOf(node), required: true, default: null, type: typeAround(node), reader: 'environ' }];
  });
}

type Reader = VariableRead['reader'];

function readAt(file: SourceFile, call: Call, wrappers: Wrappers, guarded: ReadonlySet<string>): readonly VariableRead[] {
  const wrapper = call.callee.slice(call.callee.lastIndexOf('.') + 1);
  const reader = readerOf(file, call) ?? (wrappers.has(wrapper) ? 'getenv' : undefined);
  const written = stringValue(call.arguments.find((each) => each.name === undefined || each.name === 'key')?.valueNode ?? null);
  if (!reader || written === undefined || !/^[A-Za-z_]\w*$/.test(written) || call.written.endsWith('.prefixed')) return [];
  const name = prefixesOf(call.node) + written;
  const given = call.arguments.find((each) => each.name === 'default') ?? call.arguments.filter((each) => each.name === undefined)[1];
  const isDefault = given !== undefined && !(given.name === undefined && (reader === 'decouple' || reader === 'environs') && isCast(call, given.value));
  const fallback = isDefault ? stringValue(given.valueNode) ?? given.value : orElse(call.node);
  const lenient = (reader === 'environ' || reader === 'getenv' || reader === 'dotenv') && wrappers.get(wrapper) !== true;
  const needed = (): boolean => isNeeded(file, call, name, guarded);
  const local = call.assignedTo?.split(':')[0]?.trim().split('.').at(-1);
  return [{
    name, file: file.path, line: call.line, reader, default: fallback,
    required: (fallback === null && (!lenient || needed())) || (fallback === '' && isAddress(name) && needed()),
    type: castOf(call) ?? typeAround(call.node), checks: local === undefined ? {} : refusals(file, undefined, local),
  }];
}

/** `with env.prefixed("APP_"):` around it, from the outermost in. */
function prefixesOf(node: Node): string {
  let prefix = '';
  for (const up of ancestors(node)) {
    if (up.type !== 'with_statement') continue;
    const call = up.namedChild(0)?.descendantsOfType('call').find((each) => /\.prefixed$/.test(each?.childForFieldName('function')?.text ?? ''));
    prefix = (stringValue(call?.childForFieldName('arguments')?.namedChild(0) ?? null) ?? '') + prefix;
  }
  return prefix;
}

function readerOf(file: SourceFile, call: Call): Reader | undefined {
  if (call.callee === 'os.getenv') return 'getenv';
  if (call.callee === 'os.environ.get') return 'environ';
  if (call.callee === 'decouple.config') return 'decouple';
  const receiver = call.written.split('.')[0] ?? '';
  const made = callsOf(file).find((each) => each.assignedTo?.split(':')[0]?.trim() === receiver)?.callee ?? '';
  // env = Env(); env.str("NAME") · config = Config(".env"); config("NAME", cast=Secret) · values = dotenv_values(); values.get("NAME")
  if (/^environs\./.test(made) || /^environ\.(Env|FileAwareEnv)$/.test(made)) return 'environs';
  if (/^starlette\.config\.Config$/.test(made) || /^decouple\.(Config|AutoConfig)$/.test(made)) return call.written === receiver ? 'decouple' : undefined;
  if (/^dotenv\.dotenv_values$/.test(made) && /\.get$/.test(call.written)) return 'dotenv';
  return undefined;
}

/** Starlette's second positional argument is the cast. */
function isCast(call: Call, value: string): boolean {
  return call.callee !== 'decouple.config' && /^(str|int|float|bool|Secret|CommaSeparatedStrings|URL|DatabaseURL|\w+\.\w+)$/.test(value);
}

function castOf(call: Call): string | undefined {
  const cast = call.arguments.find((each) => each.name === 'cast');
  if (cast !== undefined) return castType(cast.value);
  const method = call.written.includes('.') ? call.written.split('.').at(-1) ?? '' : '';
  const item = call.arguments.find((each) => each.name === 'subcast')?.value;
  // environs takes lists apart at their commas, and time spans as seconds.
  if (method === 'list') return item === undefined ? 'csv' : `Csv(${item})`;
  return METHODS[method];
}

const METHODS: Readonly<Record<string, string>> = {
  int: 'int', bool: 'bool', float: 'float', url: 'AnyHttpUrl', json: 'Json', dict: 'csv_pairs', decimal: 'Decimal', timedelta: 'int', uuid: 'UUID', path: 'Path', date: 'date', datetime: 'datetime', time: 'time',
  log_level: 'Literal["INFO"]', email: 'EmailStr', db_url: 'PostgresDsn', dj_db_url: 'PostgresDsn', cache_url: 'RedisDsn',
};

/** cast=int · cast=Csv(int) · cast=lambda v: v.split(",") · cast=lambda v: [int(x) for x in v.split(",")] */
function castType(cast: string): string {
  if (!cast.startsWith('lambda')) return cast.replace(/^[\w.]*\.(?=\w+\()/, '').replace(/^(?!Choices|Csv)(.*\.)?(\w+)\(.*$/s, '$2');
  if (/loads\(/.test(cast)) return 'Json';
  if (!/split\(/.test(cast)) return /\b(int|float)\(/.exec(cast)?.[1] ?? 'str';
  return `Csv(${/\b(int|float)\(/.exec(cast)?.[1] ?? 'str'})`;
}

const CONVERTERS: Readonly<Record<string, string>> = { int: 'int', float: 'float', bool: 'bool', Decimal: 'Decimal', UUID: 'UUID', Path: 'Path', loads: 'Json', ZoneInfo: 'ZoneInfo', fromisoformat: 'datetime' };

/** int(os.environ["PORT"]) → int */
function typeAround(node: Node): string {
  const list = node.parent;
  const callee = list?.type === 'argument_list' ? list.parent?.childForFieldName('function')?.text ?? '' : '';
  return CONVERTERS[callee.slice(callee.lastIndexOf('.') + 1)] ?? 'str';
}

/** os.getenv("NAME") or "default" → default */
function orElse(node: Node): string | null {
  const up = node.parent;
  if (up?.type !== 'boolean_operator' || up.childForFieldName('operator')?.text !== 'or' || up.childForFieldName('left')?.startIndex !== node.startIndex) return null;
  const right = up.childForFieldName('right');
  return stringValue(right) ?? right?.text ?? null;
}
