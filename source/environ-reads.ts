/** Direct reads: os.environ, os.getenv, decouple, environs, Starlette's Config. */
import type { Node } from 'web-tree-sitter';
import { callsOf, nameUses } from './calls.ts';
import type { Call } from './calls.ts';
import { originOf } from './imports.ts';
import { ancestors, lineOf, nodesOf, stringValue } from './syntax.ts';
import type { SourceFile, VariableRead } from './types.ts';

const READS = /environ|getenv|decouple|environs|starlette\.config|dotenv_values/;

/** `wrappers` are the tree's own functions that read a variable by their first argument; see readingFunctions. */
export function directReads(file: SourceFile, wrappers: ReadonlySet<string> = new Set()): readonly VariableRead[] {
  const mentions = READS.test(file.text) || [...wrappers].some((name) => file.text.includes(name));
  if (!mentions) return [];
  return [...subscripts(file), ...callsOf(file).flatMap((call) => readAt(file, call, wrappers))];
}

/** Functions such as `def get_env(key, default): … os.getenv(key, …)`: a call of one is a read. */
export function readingFunctions(files: readonly SourceFile[]): ReadonlySet<string> {
  const names = files.filter((file) => /os\.(environ|getenv)|\b(environ|getenv)\b/.test(file.text)).flatMap((file) => nodesOf(file, 'function_definition').flatMap((node) => {
    const parameters = (node.childForFieldName('parameters')?.namedChildren ?? []).filter((each) => each !== null && each.text !== 'self' && each.text !== 'cls');
    const first = parameters[0]?.childForFieldName('name')?.text ?? /^\w+/.exec(parameters[0]?.text ?? '')?.[0];
    const name = node.childForFieldName('name')?.text;
    if (first === undefined || name === undefined) return [];
    const reads = new RegExp(`(environ\\[|environ\\.get\\(|getenv\\()\\s*${first}\\b`);
    return reads.test(node.childForFieldName('body')?.text ?? '') ? [name] : [];
  }));
  return new Set(names);
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

function readAt(file: SourceFile, call: Call, wrappers: ReadonlySet<string>): readonly VariableRead[] {
  const reader = readerOf(file, call) ?? (wrappers.has(call.callee.slice(call.callee.lastIndexOf('.') + 1)) ? 'getenv' : undefined);
  const name = stringValue(call.arguments.find((each) => each.name === undefined || each.name === 'key')?.valueNode ?? null);
  if (!reader || name === undefined || !/^[A-Za-z_]\w*$/.test(name)) return [];
  const given = call.arguments.find((each) => each.name === 'default') ?? call.arguments.filter((each) => each.name === undefined)[1];
  const isDefault = given !== undefined && !(given.name === undefined && (reader === 'decouple' || reader === 'environs') && isCast(call, given.value));
  const fallback = isDefault ? stringValue(given.valueNode) ?? given.value : orElse(call.node);
  const lenient = reader === 'environ' || reader === 'getenv' || reader === 'dotenv';
  return [{
    name, file: file.path, line: call.line, reader, default: fallback,
    required: (fallback === null && (!lenient || isNeeded(file, call, name))) || (fallback === '' && isAddress(name) && isNeeded(file, call, name)),
    type: castOf(call) ?? typeAround(call.node),
  }];
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

/** An empty default is none for what must be an address. */
function isAddress(name: string): boolean {
  return /(DATABASE|DB|POSTGRES|SQLALCHEMY)\w*(UR[LI]|DSN)$/i.test(name);
}

/** Starlette's second positional argument is the cast. */
function isCast(call: Call, value: string): boolean {
  return call.callee !== 'decouple.config' && /^(str|int|float|bool|Secret|CommaSeparatedStrings|URL|DatabaseURL|\w+\.\w+)$/.test(value);
}

function castOf(call: Call): string | undefined {
  const cast = call.arguments.find((each) => each.name === 'cast')?.value;
  if (cast !== undefined) return cast.replace(/^.*\./, '').replace(/\(.*$/, '');
  const method = call.written.split('.').at(-1) ?? '';
  return ['int', 'bool', 'float', 'list', 'url', 'json', 'dict'].includes(method) ? method : undefined;
}

/** int(os.environ["PORT"]) → int */
function typeAround(node: Node): string {
  const list = node.parent;
  const callee = list?.type === 'argument_list' ? list.parent?.childForFieldName('function')?.text : undefined;
  return callee !== undefined && ['int', 'float', 'bool'].includes(callee) ? callee : 'str';
}

/** os.getenv("NAME") or "default" → default */
function orElse(node: Node): string | null {
  const up = node.parent;
  if (up?.type !== 'boolean_operator' || up.childForFieldName('operator')?.text !== 'or' || up.childForFieldName('left')?.startIndex !== node.startIndex) return null;
  const right = up.childForFieldName('right');
  return stringValue(right) ?? right?.text ?? null;
}

/**
 * `os.getenv("NAME")` alone gives None, which many programs are happy with. It is needed when the value is converted, put into a text,
 * handed to what makes a connection, or checked with a raise behind it.
 */
function isNeeded(file: SourceFile, call: Call, variable: string): boolean {
  if (usedAsText(call.node)) return true;
  const name = call.assignedTo?.split(':')[0]?.trim();
  if (name === undefined || !/^[\w.]+$/.test(name)) return false;
  const local = name.split('.').at(-1) ?? name;
  // No engine can be built from nothing, wherever it is built; a fallback in the next lines makes it a choice.
  const fallback = new RegExp(`if not ${local}\\b[^\\n]*:\\s*\\n\\s*${local}\\s*=|${local}\\s+or\\s|if ${local}\\b[^\\n]*(:\\s*\\n|else\\b)`);
  if (isAddress(variable) && !fallback.test(file.text)) return true;
  const checked = new RegExp(`(if not (self\\.)?${local}\\b[^\\n]*:|if (self\\.)?${local} is None[^\\n]*:)\\s*\\n\\s*raise\\b|assert (self\\.)?${local}\\b`);
  if (checked.test(file.text)) return true;
  return nameUses(file, local).some((use) => {
    const node = file.syntax?.rootNode.descendantForIndex(use.start, use.end);
    return node !== undefined && node !== null && usedAsText(node);
  });
}

const NEEDS_TEXT = /(^|\.)(int|float|create_engine|create_async_engine|create_pool|connect|Database|make_url|AsyncEngine|init|configure|Client|from_url|URL|encode|decode)$/;

/** Converted, filled into an f-string, joined with `+`, or given a method of str. */
function usedAsText(node: Node): boolean {
  const up = node.parent;
  if (!up) return false;
  if (up.type === 'interpolation') return true;
  if (up.type === 'attribute' && up.childForFieldName('object')?.startIndex === node.startIndex) return /^(replace|split|strip|lower|upper|startswith|encode|format|rstrip|lstrip)$/.test(up.childForFieldName('attribute')?.text ?? '');
  if (up.type === 'binary_operator') return true;
  if (up.type === 'argument_list') return up.namedChild(0)?.startIndex === node.startIndex && NEEDS_TEXT.test(up.parent?.childForFieldName('function')?.text ?? '');
  return up.type === 'parenthesized_expression' && [...ancestors(up)].some((each) => each.type === 'interpolation');
}
