/** Import statements of one file. */
import type { Node } from 'web-tree-sitter';
import { absoluteModule } from './modules.ts';
import { ancestors, isPython, lineOf, nodesOf, spanOf } from './syntax.ts';
import type { Span } from './syntax.ts';
import type { ImportStatement, SourceFile } from './types.ts';

/** One imported name with its place: `X as Y` is one. */
export interface ImportedName extends Span {
  readonly name: string;
  readonly alias?: string;
}

/** A statement with its places in the text; `import a, b` is one statement with two modules. */
export interface ImportNode extends Span {
  readonly node: Node;
  readonly line: number;
  readonly from: boolean;
  /** As written, dots included; empty for `import a, b`. */
  readonly written: string;
  readonly moduleSpan: Span;
  readonly names: readonly ImportedName[];
  readonly wildcard: boolean;
  readonly eager: boolean;
  readonly guarded: boolean;
  /** No condition and no exception handler around it. */
  readonly certain: boolean;
  /** Name of the module-level function it stands in; absent at module level and deeper down. */
  readonly inFunction?: string;
  /** Not inside any block: a new line may stand below it. */
  readonly topLevel: boolean;
}

const cache = new WeakMap<SourceFile, readonly ImportNode[]>();

export function importNodes(file: SourceFile): readonly ImportNode[] {
  const known = cache.get(file);
  if (known) return known;
  const found = isPython(file) || file.path.endsWith('.pyi')
    ? nodesOf(file, ['import_statement', 'import_from_statement', 'future_import_statement']).map(importNode)
    : [];
  cache.set(file, found);
  return found;
}

function importNode(node: Node): ImportNode {
  const from = node.type !== 'import_statement';
  const module = node.childForFieldName('module_name');
  const names = node.childrenForFieldName('name').filter((name) => name !== null).map(importedName);
  return {
    node, from, names, line: lineOf(node), ...spanOf(node), ...circumstances(node),
    written: node.type === 'future_import_statement' ? '__future__' : module?.text.replace(/\s/g, '') ?? '',
    moduleSpan: module ? spanOf(module) : { start: node.startIndex, end: node.startIndex },
    wildcard: node.namedChildren.some((child) => child?.type === 'wildcard_import'),
    topLevel: node.parent?.type === 'module',
  };
}

function importedName(node: Node): ImportedName {
  if (node.type !== 'aliased_import') return { name: node.text, ...spanOf(node) };
  const alias = node.childForFieldName('alias')?.text;
  return { name: node.childForFieldName('name')?.text ?? '', ...(alias === undefined ? {} : { alias }), ...spanOf(node) };
}

type Circumstances = Pick<ImportNode, 'eager' | 'guarded' | 'certain' | 'inFunction'>;

function circumstances(node: Node): Circumstances {
  let eager = true;
  let guarded = false;
  let certain = true;
  let inFunction: string | undefined;
  for (const up of ancestors(node)) {
    if (up.type === 'function_definition' || up.type === 'lambda') {
      eager = false;
      inFunction = isModuleLevel(up) ? up.childForFieldName('name')?.text : undefined;
    }
    if (up.type === 'if_statement' && (isTypeChecking(up, node) || isMainCheck(up))) eager = false;
    if (/^(if_statement|except_clause|match_statement|while_statement)$/.test(up.type)) certain = false;
    if (up.type === 'try_statement' && catchesImportError(up, node)) guarded = true;
    if (up.type === 'with_statement' && /\bsuppress\([^)]*(ImportError|ModuleNotFoundError|Exception)/.test(up.child(1)?.text ?? '')) guarded = true;
  }
  return { eager, guarded, certain, ...(inFunction === undefined ? {} : { inFunction }) };
}

function isModuleLevel(definition: Node): boolean {
  return definition.parent?.type === 'module' || (definition.parent?.type === 'decorated_definition' && definition.parent.parent?.type === 'module');
}

function isTypeChecking(statement: Node, node: Node): boolean {
  if (!/^(typing\.|t\.)?TYPE_CHECKING$/.test(statement.childForFieldName('condition')?.text ?? '')) return false;
  const body = statement.childForFieldName('consequence');
  return body !== null && body.startIndex <= node.startIndex && node.endIndex <= body.endIndex;
}

function isMainCheck(statement: Node): boolean {
  return /^__name__\s*==/.test(statement.childForFieldName('condition')?.text ?? '');
}

/** In the body of the try, not in a handler: there an ImportError would still escape. */
function catchesImportError(statement: Node, node: Node): boolean {
  const body = statement.childForFieldName('body');
  if (!body || node.startIndex < body.startIndex || node.endIndex > body.endIndex) return false;
  return statement.namedChildren.some((child) => {
    if (child?.type !== 'except_clause') return false;
    const head = child.text.slice(0, child.text.indexOf(':'));
    return /^except\s*$/.test(head) || /\b(ImportError|ModuleNotFoundError|Exception|BaseException)\b/.test(head);
  });
}

/** All import statements. Relative ones are resolved against the import roots (folders relative to the root, `.` for itself). */
export function importsOf(file: SourceFile, roots: readonly string[] = ['.']): readonly ImportStatement[] {
  return importNodes(file).flatMap((node) => statementsOf(file, node, roots));
}

/** `import a, b` is two statements. */
export function statementsOf(file: SourceFile, node: ImportNode, roots: readonly string[]): readonly ImportStatement[] {
  const { line, eager, guarded, certain, written } = node;
  const common = { file: file.path, line, eager, guarded, certain };
  if (!node.from) return node.names.map(({ name, alias }) => ({ ...common, module: name, names: [], ...(alias === undefined ? {} : { alias }) }));
  const names = node.wildcard ? [{ name: '*' }] : node.names.map(({ name, alias }) => ({ name, ...(alias === undefined ? {} : { alias }) }));
  return [{ ...common, names, module: absoluteModule(written, file.path, roots), written }];
}

const origins = new WeakMap<SourceFile, ReadonlyMap<string, string>>();

/** Local name → dotted origin for every name the file imports: `create_engine` → `sqlmodel.create_engine`, `sa` → `sqlalchemy`. */
export function importedNames(file: SourceFile): ReadonlyMap<string, string> {
  const known = origins.get(file);
  if (known) return known;
  const found = new Map<string, string>();
  for (const statement of importNodes(file)) {
    const module = absoluteModule(statement.written, file.path, ['.']);
    for (const { name, alias } of statement.names) {
      if (statement.from) found.set(alias ?? name, `${module}.${name}`);
      else found.set(alias ?? name.split('.')[0] ?? name, alias === undefined ? name.split('.')[0] ?? name : name);
    }
  }
  origins.set(file, found);
  return found;
}

/** Dotted origin of a name or attribute chain as written in the file; what was written when it is not imported. */
export function originOf(file: SourceFile, written: string): string {
  const [head = '', ...rest] = written.replace(/\s/g, '').split('.');
  const origin = importedNames(file).get(head);
  return [origin ?? head, ...rest].join('.');
}

/** Modules that the tree takes names from, or imports whole; each once. */
export function importedModules(source: { readonly imports: readonly ImportStatement[] }): readonly string[] {
  return [...new Set(source.imports.map(({ module }) => module))].filter((module) => module !== '');
}
