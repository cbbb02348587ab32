/** Classes below pydantic's BaseSettings (v1 and v2) and the variables that fill their fields. */
import type { Node } from 'web-tree-sitter';
import { callsOf, definitionsOf } from './calls.ts';
import { both, checksOfCall, checksOfValidators } from './checks.ts';
import type { Checks } from './checks.ts';
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
  readonly checks: Checks;
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
  /** They count from a folder that only a run knows, not from the working directory. */
  readonly anchored: boolean;
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
      prefix: config.prefix, envFiles: config.envFiles, anchored: config.anchored, fields: fieldsOf(source.files, model, config, origin === 'pydantic', 0),
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

/** Fields of a plain pydantic model. */
export function modelFields(files: Files, model: Model): readonly SettingsField[] {
  return fieldsOf(files, model, { prefix: '', envFiles: [], anchored: false, delimiter: '', caseSensitive: true, names: new Map() }, false, 0);
}

function fieldsOf(files: Files, model: Model, config: Config, v1: boolean, depth: number): readonly SettingsField[] {
  const body = bodyOf(model.definition.node);
  const validated = checksOfValidators(model.file, body);
  const own = body.flatMap((statement) => {
    const node = statement.type === 'expression_statement' ? statement.namedChild(0) : null;
    return node?.type === 'assignment' ? fieldAt(files, model, node, config, v1, depth) : [];
  }).map((field) => withChecks(field, validated.get(field.field)));
  const names = new Set(own.map((each) => each.field));
  const inherited = depth > 6 ? [] : model.definition.bases.flatMap((base) => {
    const parent = treeClass(files, model.file, base);
    return parent && parent.definition.name !== model.definition.name ? fieldsOf(files, parent, config, v1, depth + 1).filter((each) => !names.has(each.field)) : [];
  });
  return [...inherited, ...own];
}

/** A default that the class itself refuses is none: it validates defaults too. */
function withChecks(field: SettingsField, checks: Checks | undefined): SettingsField {
  if (checks === undefined) return field;
  const required = field.required || (field.defaultValue !== undefined && (checks.refused?.includes(field.defaultValue) ?? false));
  return { ...field, required, checks: both(field.checks, checks) };
}

function fieldAt(files: Files, model: Model, node: Node, config: Config, v1: boolean, depth: number): readonly SettingsField[] {
  const field = node.childForFieldName('left')?.text ?? '';
  const type = node.childForFieldName('type')?.text ?? '';
  const right = node.childForFieldName('right');
  if (!/^[A-Za-z]\w*$/.test(field) || field === 'model_config' || /^(typing\.)?ClassVar\b/.test(type) || (type === '' && !v1)) return [];
  const given = defaultOf(model.file, right, node.childForFieldName('type'), v1);
  const names = given.names ?? config.names.get(field) ?? [config.prefix + field];
  const base = { field, checks: given.checks, file: model.file.path, line: lineOf(node), ...spanOf(node), type: type === '' ? literalType(right) : type };
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
  readonly checks: Checks;
  readonly text?: string;
  readonly value?: string;
  readonly names?: readonly string[];
}

/** What stands right of a field, and in the `Field(…)` of `Annotated[…]`. */
function defaultOf(file: SourceFile, right: Node | null, type: Node | null, v1: boolean): Default {
  const noted = type?.descendantsOfType('call').find((each) => isField(each)) ?? undefined;
  const inType = noted === undefined || noted === null ? {} : named(noted);
  const optional = /(^|\W)Optional\[|\|\s*None\b|None\s*\|/.test(type?.text ?? '');
  if (!right) return v1 && optional ? { required: false, checks: {}, text: 'None', ...inType } : { required: true, checks: {}, ...inType };
  if (right.type === 'ellipsis') return { required: true, checks: {}, ...inType };
  const call = right.type === 'call' && isField(right) ? callsOf(file).find((each) => each.start === right.startIndex && each.end === right.endIndex) : undefined;
  if (!call) return { required: false, checks: {}, text: right.text, ...literal(right), ...inType };
  const argument = (name: string): Node | undefined => call.arguments.find((each) => each.name === name)?.valueNode;
  const first = argument('default') ?? call.arguments.find((each) => each.name === undefined && !each.splat)?.valueNode;
  const factory = argument('default_factory');
  const rest = { checks: checksOfCall(right), ...inType, ...named(right) };
  if (first && first.type !== 'ellipsis') return { required: false, text: first.text, ...literal(first), ...rest };
  if (factory) return { required: false, text: `${factory.text}()`, ...rest };
  return { required: true, ...rest };
}

function isField(call: Node | null): boolean {
  return /(^|\.)Field$/.test(call?.childForFieldName('function')?.text ?? '');
}

/** Names that a `Field(…)` gives its variable. */
function named(call: Node): { names?: readonly string[] } {
  const keywords = new Map((call.childForFieldName('arguments')?.namedChildren ?? []).map((each) => [each?.childForFieldName('name')?.text ?? '', each?.childForFieldName('value') ?? undefined]));
  const names = ['validation_alias', 'env', 'alias'].map((name) => aliases(keywords.get(name))).find((each) => each.length > 0);
  return names === undefined ? {} : { names };
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
export function settingsReads(classes: readonly Pick<SettingsClass, 'fields'>[]): readonly VariableRead[] {
  return classes.flatMap((each) => each.fields.flatMap((field): readonly VariableRead[] => {
    const name = field.names[0];
    if (name === undefined) return [];
    return [{ name, file: field.file, line: field.line, required: field.required, default: field.defaultValue ?? field.defaultText ?? null, type: field.type, checks: field.checks, reader: 'pydantic-settings' }];
  }));
}
