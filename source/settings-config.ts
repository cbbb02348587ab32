/** How a settings class is set up: prefix, files, delimiter; its own, then its parents'. */
import type { Node } from 'web-tree-sitter';
import { definitionsOf } from './calls.ts';
import type { Definition } from './calls.ts';
import { treeFile } from './static-values.ts';
import { isPython, nodesOf, stringValue } from './syntax.ts';
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
  readonly delimiter: string;
  readonly caseSensitive: boolean;
}

const NO_CONFIG: Config = { prefix: '', envFiles: [], delimiter: '', caseSensitive: false };

/** `model_config = SettingsConfigDict(…)` or a dict, `class Config:`, class keywords; parents first. */
export function configOf(files: Files, model: Model, depth: number): Config {
  let config = NO_CONFIG;
  for (const base of depth > 6 ? [] : model.definition.bases) {
    const parent = treeClass(files, model.file, base);
    if (parent) config = { ...config, ...configOf(files, parent, depth + 1) };
  }
  const settings = configEntries(model);
  const text = (key: string): string | undefined => stringValue(settings.get(key) ?? null);
  return {
    prefix: text('env_prefix') ?? config.prefix,
    envFiles: settings.has('env_file') ? strings(settings.get('env_file')) : config.envFiles,
    delimiter: text('env_nested_delimiter') ?? config.delimiter,
    caseSensitive: settings.has('case_sensitive') ? settings.get('case_sensitive')?.text === 'True' : config.caseSensitive,
  };
}

/** env_file=".env", (".env", ".env.prod"), BASE / ".env" or f"{BASE}/.env": the texts in it, without what is only known at run time. */
export function strings(node: Node | undefined): readonly string[] {
  if (!node) return [];
  const own = stringValue(node);
  return own !== undefined ? [own] : [node, ...node.descendantsOfType('string')].flatMap((each) => (each?.type === 'string' ? stringValue(each) ?? each.text.replace(/^[a-zA-Z]*["']+|["']+$/g, '').replace(/\{[^}]*\}\/?/g, '') : []));
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

/** Values of an Enum class or a Literal type; empty for anything else. */
export function allowedValues(files: Files, type: string): readonly string[] {
  const listed = /Literal\[(?<items>[^\]]*)\]/.exec(type)?.groups?.['items'];
  if (listed !== undefined) return [...listed.matchAll(/["']([^"']*)["']/g)].map((match) => match[1] ?? '');
  const name = /^[\w.]+$/.exec(type.replace(/^Optional\[|\]$|\s*\|\s*None/g, ''))?.[0].split('.').at(-1);
  if (name === undefined || !/^[A-Z]/.test(name)) return [];
  for (const file of files.values()) {
    if (!isPython(file) || !file.text.includes(`class ${name}`)) continue;
    const definition = definitionsOf(file).find((each) => each.kind === 'class' && each.name === name && each.bases.some((base) => /Enum$/.test(base)));
    if (definition) return nodesOf(file, 'assignment', definition.node).flatMap((node) => stringValue(node.childForFieldName('right')) ?? []);
  }
  return [];
}
