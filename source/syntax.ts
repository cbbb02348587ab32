/** Parsing: the only file that knows the parser library. Everything above it works on nodes. */
import { createRequire } from 'node:module';
import { Language, Parser } from 'web-tree-sitter';
import type { Node, Tree } from 'web-tree-sitter';
import type { SourceFile } from './types.ts';

/** Half-open range of UTF-16 offsets in a file's text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface SyntaxFault extends Span {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

let loading: Promise<Parser> | undefined;
let parser: Parser | undefined;

/** Loads the grammar once. Everything else here is synchronous and needs it to have been awaited. */
export async function loadPython(): Promise<void> {
  loading ??= createParser();
  parser = await loading;
}

async function createParser(): Promise<Parser> {
  await Parser.init();
  const grammar = createRequire(import.meta.url).resolve('tree-sitter-python/tree-sitter-python.wasm');
  const created = new Parser();
  created.setLanguage(await Language.load(grammar));
  return created;
}

/** A file of the tree; `.py` and `.pyi` files get a `syntax` that is parsed on first access. */
export function sourceFile(path: string, text: string): SourceFile {
  if (!/\.pyi?$/.test(path)) return { path, text };
  let tree: Tree | undefined;
  const file = { path, text };
  // Not enumerable: a Source that is logged or copied must not parse every file.
  Object.defineProperty(file, 'syntax', { enumerable: false, get: () => (tree ??= parse(text)) });
  return file;
}

/** A tree is often read twice in a row, as a whole and from the backend's root: equal text is parsed once, as long as somebody holds the result. */
const parsed = new Map<string, WeakRef<Tree>>();
const MOST_PARSED = 5000;

function parse(text: string): Tree {
  if (!parser) throw new Error('loadPython() must be awaited before Python is parsed');
  const known = parsed.get(text)?.deref();
  if (known) return known;
  const tree = parser.parse(text);
  if (!tree) throw new Error('the Python parser gave no tree');
  if (parsed.size >= MOST_PARSED) parsed.clear();
  parsed.set(text, new WeakRef(tree));
  return tree;
}

export function isPython(file: SourceFile): boolean {
  return file.path.endsWith('.py');
}

/** Nodes of these types in the order of the text; empty for files that are not Python. */
export function nodesOf(file: SourceFile, types: string | string[], below?: Node): readonly Node[] {
  const top = below ?? file.syntax?.rootNode;
  return top ? top.descendantsOfType(types).filter((node) => node !== null) : [];
}

/** 1-based. */
export function lineOf(node: Node): number {
  return node.startPosition.row + 1;
}

export function spanOf(node: Node): Span {
  return { start: node.startIndex, end: node.endIndex };
}

/** 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

/** Ancestors, innermost first. */
export function* ancestors(node: Node): Generator<Node> {
  for (let up = node.parent; up; up = up.parent) yield up;
}

/** Qualified name of the enclosing functions and classes; empty at module level. */
export function scopeOf(node: Node): string {
  const names: string[] = [];
  for (const up of ancestors(node)) {
    if (up.type === 'function_definition' || up.type === 'class_definition') names.unshift(up.childForFieldName('name')?.text ?? '');
    if (up.type === 'lambda') names.unshift('<lambda>');
  }
  return names.join('.');
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '\\': '\\', "'": "'", '"': '"', '0': '\0' };

/** Value of a string literal (also implicitly joined ones); undefined for f-strings with parts to fill in and anything else. */
export function stringValue(node: Node | null): string | undefined {
  if (!node) return undefined;
  if (node.type === 'parenthesized_expression' && node.namedChildCount === 1) return stringValue(node.namedChild(0));
  if (node.type === 'concatenated_string') {
    const parts = node.namedChildren.map((part) => stringValue(part));
    return parts.every((part) => part !== undefined) ? parts.join('') : undefined;
  }
  if (node.type !== 'string') return undefined;
  if (node.namedChildren.some((part) => part?.type === 'interpolation')) return undefined;
  const literal = /^(?<prefix>[a-zA-Z]*)(?<quote>"""|'''|"|')(?<body>[\s\S]*)\k<quote>$/.exec(node.text);
  if (!literal?.groups) return undefined;
  const { prefix = '', body = '' } = literal.groups;
  return /r/i.test(prefix) ? body : body.replace(/\\([nrt\\'"0])/g, (_, escape: string) => ESCAPES[escape] ?? '').replace(/\\\r?\n/g, '');
}

/** Offsets of the text between the quotes; undefined for anything that is not one plain string literal. */
export function stringSpan(node: Node): Span | undefined {
  const literal = /^[a-zA-Z]*("""|'''|"|')/.exec(node.text);
  if (node.type !== 'string' || !literal?.[1]) return undefined;
  return { start: node.startIndex + literal[0].length, end: node.endIndex - literal[1].length };
}

/** Places where the text is not Python; empty when it parses. */
export function syntaxFaults(file: SourceFile): readonly SyntaxFault[] {
  const root = file.syntax?.rootNode;
  if (!root) return [];
  const broken = root.hasError ? brokenNodes(root) : [];
  // The grammar still knows Python 2.
  const old = nodesOf(file, ['print_statement', 'exec_statement']);
  return [...broken, ...old].map((node) => ({ file: file.path, line: lineOf(node), text: (node.text.split('\n')[0] ?? '').trim(), ...spanOf(node) }));
}

/** Outermost ERROR and MISSING nodes. */
function brokenNodes(node: Node): readonly Node[] {
  if (node.isError || node.isMissing) return [node];
  if (!node.hasError) return [];
  return node.children.flatMap((child) => (child ? brokenNodes(child) : []));
}
