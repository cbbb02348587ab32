/** Classes below pydantic's BaseSettings (v1 and v2) and the variables that fill their fields. */
import type { Node } from 'web-tree-sitter';
import { callsOf, definitionsOf } from './calls.ts';
import { isAside } from './import-roots.ts';
import { originOf } from './imports.ts';
import { bodyOf, configOf, strings, treeClass } from './settings-config.ts';
import type { Config, Files, Model } from './settings-config.ts';
import { isPython, lineOf, spanOf, stringValue } from './syntax.ts';
import type { Span } from './syntax.ts';
import type { Source, SourceFile, VariableRead } from './types.ts';

export interface SettingsField extends Span {
  readonly field: string;
  /** Environment names that set it, first wins; upper case unless case-sensitive. */
  readonly names: readonly string[];
  readonly file: string;
  readonly line: number;
  readonly type: string;
  readonly required: boolean;
  /** As written in Python; absent when required. */
  readonly defaultText?: string;
  /** Value of a default that is a plain literal. */
  readonly defaultValue?: string;
}

/** One class below pydantic's BaseSettings. */
export interface SettingsClass extends Span {
  readonly file: string;
  readonly line: number;
  readonly name: string;
  /** Where BaseSettings was imported from: `pydantic_settings` or `pydantic`. */
  readonly origin: string;
  readonly prefix: string;
  /** `env_file` as written, relative to the working directory. */
  readonly envFiles: readonly string[];
  readonly fields: readonly SettingsField[];
}

/** Fields include those of parent classes in the tree and, with a nested delimiter, those of nested models (`DATABASE__HOST`). */
export function settingsClasses(source: Pick<Source, 'files'>): readonly SettingsClass[] {
  const models = allModels(source.files);
  return models.flatMap((model) => {
    const origin = settingsOrigin(source.files, model, 0);
    if (origin === undefined || isAside(model.file.path)) return [];
    const config = configOf(source.files, model, 0);
    return [{
      file: model.file.path, line: model.definition.line, start: model.definition.start, end: model.definition.end, name: model.definition.name, origin,
      prefix: config.prefix, envFiles: config.envFiles, fields: fieldsOf(source.files, model, config, origin === 'pydantic', 0),
    }];
  });
}

function allModels(files: Files): readonly Model[] {
  return [...files.values()].filter((file) => isPython(file) && /class\s+\w+\s*\([^)]*\w/.test(file.text) && /ettings|BaseModel/.test(file.text))
    .flatMap((file) => definitionsOf(file).filter((each) => each.kind === 'class').map((definition) => ({ file, definition })));
}

function settingsOrigin(files: Files, model: Model, depth: number): string | undefined {
  if (depth > 6) return undefined;
  for (const base of model.definition.bases) {
    if (/(^|\.)BaseSettings$/.test(base)) return base.startsWith('pydantic_settings') ? 'pydantic_settings' : base.startsWith('pydantic') ? 'pydantic' : base.slice(0, Math.max(0, base.lastIndexOf('.')));
    const parent = treeClass(files, model.file, base);
    const origin = parent && parent.definition.name !== model.definition.name ? settingsOrigin(files, parent, depth + 1) : undefined;
    if (origin !== undefined) return origin;
  }
  return undefined;
}

function fieldsOf(files: Files, model: Model, config: Config, v1: boolean, depth: number): readonly SettingsField[] {
  const own = bodyOf(model.definition.node).flatMap((statement) => {
    const node = statement.type === 'expression_statement' ? statement.namedChild(0) : null;
    return node?.type === 'assignment' ? fieldAt(files, model, node, config, v1, depth) : [];
  });
  const names = new Set(own.map((each) => each.field));
  const inherited = depth > 6 ? [] : model.definition.bases.flatMap((base) => {
    const parent = treeClass(files, model.file, base);
    return parent && parent.definition.name !== model.definition.name ? fieldsOf(files, parent, config, v1, depth + 1).filter((each) => !names.has(each.field)) : [];
  });
  return [...inherited, ...own];
}

function fieldAt(files: Files, model: Model, node: Node, config: Config, v1: boolean, depth: number): readonly SettingsField[] {
  const field = node.childForFieldName('left')?.text ?? '';
  const type = node.childForFieldName('type')?.text ?? '';
  const right = node.childForFieldName('right');
  if (!/^[A-Za-z]\w*$/.test(field) || field === 'model_config' || /^(typing\.)?ClassVar\b/.test(type) || (type === '' && !v1)) return [];
  const given = defaultOf(model.file, right, type, v1);
  const names = given.names ?? [config.prefix + field];
  const base = { field, file: model.file.path, line: lineOf(node), ...spanOf(node), type: type === '' ? literalType(right) : type };
  const cased = names.map((name) => (config.caseSensitive ? name : name.toUpperCase()));
  const nested = config.delimiter === '' || depth > 4 ? undefined : treeClass(files, model.file, originOf(model.file, type));
  if (nested && !enumLike(nested)) {
    const inner = fieldsOf(files, nested, { ...config, prefix: `${config.prefix}${field}${config.delimiter}` }, v1, depth + 1);
    const mine = given.required ? inner : inner.map((each) => ({ ...each, required: false }));
    const holder = given.required && !inner.some((each) => each.required) ? [{ ...base, names: cased, required: true }] : [];
    return [...mine.map((each) => ({ ...each, field: `${field}.${each.field}` })), ...holder];
  }
  return [{ ...base, names: cased, required: given.required, ...(given.text === undefined ? {} : { defaultText: given.text }), ...(given.value === undefined ? {} : { defaultValue: given.value }) }];
}

function enumLike(model: Model): boolean {
  return model.definition.bases.some((base) => /Enum$/.test(base));
}

function literalType(node: Node | null): string {
  if (node?.type === 'integer') return 'int';
  if (node?.type === 'float') return 'float';
  return node?.type === 'true' || node?.type === 'false' ? 'bool' : 'str';
}

interface Default {
  readonly required: boolean;
  readonly text?: string;
  readonly value?: string;
  readonly names?: readonly string[];
}

/** What stands right of a field, or inside `Annotated[…]`. */
function defaultOf(file: SourceFile, right: Node | null, type: string, v1: boolean): Default {
  const optional = /(^|\W)Optional\[|\|\s*None\b|None\s*\|/.test(type);
  if (!right) return v1 && optional ? { required: false, text: 'None' } : { required: true };
  if (right.type === 'ellipsis') return { required: true };
  const call = right.type === 'call' ? callsOf(file).find((each) => each.start === right.startIndex && each.end === right.endIndex) : undefined;
  if (!call || !/(^|\.)Field$/.test(call.callee)) return { required: false, text: right.text, ...literal(right) };
  const argument = (name: string): Node | undefined => call.arguments.find((each) => each.name === name)?.valueNode;
  const names = ['validation_alias', 'env', 'alias'].map((name) => aliases(argument(name))).find((each) => each.length > 0);
  const first = argument('default') ?? call.arguments.find((each) => each.name === undefined && !each.splat)?.valueNode;
  const factory = argument('default_factory');
  const named = names === undefined ? {} : { names };
  if (first && first.type !== 'ellipsis') return { required: false, text: first.text, ...literal(first), ...named };
  if (factory) return { required: false, text: `${factory.text}()`, ...named };
  return { required: true, ...named };
}

/** alias="A" · validation_alias=AliasChoices("A", "B") · env=["A", "B"]; a path into another variable is no name. */
function aliases(node: Node | undefined): readonly string[] {
  if (!node || /AliasPath/.test(node.childForFieldName('function')?.text ?? '')) return [];
  return strings(node);
}

function literal(node: Node): { value?: string } {
  const text = stringValue(node);
  if (text !== undefined) return { value: text };
  // SecretStr("…"), PostgresDsn("…"): the text is the value.
  const list = node.type === 'call' && /(Str|Bytes|Dsn|Url|Path)$/.test(node.childForFieldName('function')?.text ?? '') ? node.childForFieldName('arguments') : null;
  const inner = list?.namedChildCount === 1 ? stringValue(list.namedChild(0)) : undefined;
  if (inner !== undefined) return { value: inner };
  return /^(integer|float|true|false)$/.test(node.type) ? { value: node.text } : {};
}

/** One record per field, under its first name. */
export function settingsReads(classes: readonly SettingsClass[]): readonly VariableRead[] {
  return classes.flatMap((each) => each.fields.flatMap((field): readonly VariableRead[] => {
    const name = field.names[0];
    if (name === undefined) return [];
    return [{ name, file: field.file, line: field.line, required: field.required, default: field.defaultValue ?? field.defaultText ?? null, type: field.type, reader: 'pydantic-settings' }];
  }));
}
