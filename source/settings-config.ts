/** How a settings class is set up: prefix, files, delimiter; its own, then its parents'. */
import { join } from 'node:path/posix';
import type { Node } from 'web-tree-sitter';
import { definitionsOf } from './calls.ts';
import type { Definition } from './calls.ts';
import { staticText, treeFile } from './static-values.ts';
import { nodesOf, stringValue } from './syntax.ts';
import type { SourceFile } from './types.ts';

export type Files = ReadonlyMap<string, SourceFile>;
/** A class of the tree and its file. */
export interface Model {
  readonly file: SourceFile;
  readonly definition: Definition;
}

/** The parent of a class, when the tree has it. */
export function treeClass(files: Files, file: SourceFile, dotted: string): Model | undefined {
  const own = definitionsOf(file).find((each) => each.kind === 'class' && each.name === dotted);
  if (own) return { file, definition: own };
  const cut = dotted.lastIndexOf('.');
  const other = cut === -1 ? undefined : treeFile(files, dotted.slice(0, cut));
  const found = other && definitionsOf(other).find((each) => each.kind === 'class' && each.name === dotted.slice(cut + 1));
  return other && found ? { file: other, definition: found } : undefined;
}

export interface Config {
  readonly prefix: string;
  readonly envFiles: readonly string[];
  /** The files are counted from a folder that only a run knows (`Path(__file__).parent / ".env"`), not from the working directory. */
  readonly anchored: boolean;
  readonly delimiter: string;
  readonly caseSensitive: boolean;
  /** pydantic 1: `fields = {"name": {"env": "THE_NAME"}}` */
  readonly names: ReadonlyMap<string, readonly string[]>;
}

const NO_CONFIG: Config = { prefix: '', envFiles: [], anchored: false, delimiter: '', caseSensitive: false, names: new Map() };

/** `model_config = SettingsConfigDict(…)` or a dict, `class Config:`, class keywords; parents first. */
export function configOf(files: Files, model: Model, depth: number): Config {
  let config = NO_CONFIG;
  for (const base of depth > 6 ? [] : model.definition.bases) {
    const parent = treeClass(files, model.file, base);
    if (parent) config = { ...config, ...configOf(files, parent, depth + 1) };
  }
  const settings = configEntries(model);
  const text = (key: string): string | undefined => textOf(files, model, settings.get(key));
  return {
    prefix: text('env_prefix') ?? config.prefix,
    envFiles: settings.has('env_file') ? strings(settings.get('env_file')) : config.envFiles,
    anchored: settings.has('env_file') ? !isPlain(settings.get('env_file')) : config.anchored,
    delimiter: text('env_nested_delimiter') ?? config.delimiter,
    caseSensitive: settings.has('case_sensitive') ? settings.get('case_sensitive')?.text === 'True' : config.caseSensitive,
    names: settings.has('fields') ? namesIn(settings.get('fields')) : config.names,
  };
}

/** A literal, a name of the class body (`_prefix: ClassVar[str] = "APP_"`), or a constant of the tree. */
function textOf(files: Files, model: Model, node: Node | undefined): string | undefined {
  if (!node) return undefined;
  const own = node.type !== 'identifier' ? undefined : bodyOf(model.definition.node).map((statement) => statement.namedChild(0)).find((each) => each?.type === 'assignment' && each.childForFieldName('left')?.text === node.text);
  return stringValue(own?.childForFieldName('right') ?? node) ?? staticText(files, model.file, node);
}

function namesIn(node: Node | undefined): ReadonlyMap<string, readonly string[]> {
  return new Map((node?.namedChildren ?? []).flatMap((entry) => {
    const field = stringValue(entry?.childForFieldName('key') ?? null);
    const value = entry?.childForFieldName('value');
    const env = value?.type === 'dictionary' ? value.namedChildren.find((each) => stringValue(each?.childForFieldName('key') ?? null) === 'env')?.childForFieldName('value') : value;
    const names = strings(env ?? undefined);
    return field === undefined || names.length === 0 ? [] : [[field, names] as const];
  }));
}

/** env_file=".env", (".env", ".env.prod"), BASE / ".env" or f"{BASE}/.env": the texts in it, without what is only known at run time. */
export function strings(node: Node | undefined): readonly string[] {
  if (!node) return [];
  const own = stringValue(node);
  return own !== undefined ? [own] : [node, ...node.descendantsOfType('string')].flatMap((each) => (each?.type === 'string' ? stringValue(each) ?? each.text.replace(/^[a-zA-Z]*["']+|["']+$/g, '').replace(/\{[^}]*\}\/?/g, '') : []));
}

/** Texts and tuples or lists of texts: each is a path as it stands. */
function isPlain(node: Node | undefined): boolean {
  if (node === undefined || stringValue(node) !== undefined) return true;
  return /^(tuple|list)$/.test(node.type) && node.namedChildren.every((each) => each !== null && stringValue(each) !== undefined);
}

/**
 * Whether a class reads this file (relative to the root). `env_file` counts from the working directory: `../.env` is not the tree's `.env` when the
 * server starts at the root, and pydantic says nothing of a file that is not there.
 */
export function readsEnvFile({ envFiles, anchored }: Pick<Config, 'envFiles' | 'anchored'>, path: string, cwd: string): boolean {
  if (!anchored) return envFiles.some((written) => join(cwd === '' ? '.' : cwd, written) === path);
  const ends = envFiles.map((written) => written.replace(/^(?:\.\.?\/)+/, '')).filter((end) => end !== '');
  return ends.some((end) => path.endsWith(end));
}

function configEntries(model: Model): ReadonlyMap<string, Node> {
  const found = new Map<string, Node>();
  const add = (name: string | undefined, value: Node | null): void => {
    if (name !== undefined && value) found.set(name, value);
  };
  for (const statement of bodyOf(model.definition.node)) {
    const node = statement.type === 'expression_statement' ? statement.namedChild(0) : statement;
    if (node?.type === 'class_definition' && node.childForFieldName('name')?.text === 'Config') {
      for (const inner of bodyOf(node)) add(inner.namedChild(0)?.childForFieldName('left')?.text, inner.namedChild(0)?.childForFieldName('right') ?? null);
    }
    const right = node?.type === 'assignment' && node.childForFieldName('left')?.text === 'model_config' ? node.childForFieldName('right') : null;
    for (const entry of right?.childForFieldName('arguments')?.namedChildren ?? []) add(entry?.childForFieldName('name')?.text, entry?.childForFieldName('value') ?? null);
    for (const entry of right?.type === 'dictionary' ? right.namedChildren : []) add(stringValue(entry?.childForFieldName('key') ?? null), entry?.childForFieldName('value') ?? null);
  }
  for (const entry of model.definition.node.childForFieldName('superclasses')?.namedChildren ?? []) {
    if (entry?.type === 'keyword_argument') add(entry.childForFieldName('name')?.text, entry.childForFieldName('value'));
  }
  return found;
}

/** Statements of a class. */
export function bodyOf(node: Node): readonly Node[] {
  return (node.childForFieldName('body')?.namedChildren ?? []).filter((each) => each !== null);
}

/** Values of an Enum's members, as text. */
export function enumValues(file: SourceFile, definition: Definition): readonly string[] {
  const members = nodesOf(file, 'assignment', definition.node).filter((node) => node.parent?.parent?.parent?.id === definition.node.id);
  return members.flatMap((node, index) => {
    const right = node.childForFieldName('right');
    const text = stringValue(right);
    if (text !== undefined) return [text];
    if (right?.type === 'integer') return [right.text];
    if (!/(^|\.)auto\(\)$/.test(right?.text ?? '')) return [];
    return [definition.bases.some((base) => /StrEnum$/.test(base)) ? node.childForFieldName('left')?.text.toLowerCase() ?? '' : String(index + 1)];
  });
}
