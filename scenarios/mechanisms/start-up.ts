/** The start-up code of an app: its lifespan, and how a step gets into it. */
import type { Node } from 'web-tree-sitter';
import { importName } from '../../source/edits.ts';
import { targetFile } from '../../source/import-order.ts';
import { lineEnding, lineStart } from '../../source/splice.ts';
import { nodesOf } from '../../source/syntax.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';
import { moduleOfFile } from './models.ts';
import { loadedFiles } from './reach.ts';

export interface StartUp {
  readonly file: SourceFile;
  readonly name: string;
  readonly async: boolean;
  readonly node: Node;
}

/** The function that runs when the server starts: the lifespan that the app is given, else a start-up handler. */
export function startUpOf(source: Source): StartUp | undefined {
  const start = targetFile(source);
  const files = [...(start === undefined ? [] : [start]), ...loadedFiles(source)].flatMap((path) => source.files.get(path) ?? []);
  for (const wanted of [isLifespan, isHandler]) {
    for (const file of files) {
      const node = nodesOf(file, 'function_definition').find(wanted);
      if (node !== undefined) return { file, name: node.childForFieldName('name')?.text ?? '', async: node.text.startsWith('async'), node };
    }
  }
  return undefined;
}

function decorators(node: Node): string {
  return node.parent?.type === 'decorated_definition' ? node.parent.text.slice(0, node.startIndex - node.parent.startIndex) : '';
}

function isLifespan(node: Node): boolean {
  return /asynccontextmanager/.test(decorators(node)) && /\blifespan\b|FastAPI|Starlette|Litestar|\bapp\b/.test(node.text.slice(0, 200)) && /\byield\b/.test(node.text);
}

function isHandler(node: Node): boolean {
  return /on_event\(\s*["']startup["']/.test(decorators(node));
}

/** Puts lines before the first statement of the function (behind its docstring); nested lines carry their own further indent. */
export function atStart({ file, node }: StartUp, lines: readonly string[]): readonly Edit[] {
  const statements = (node.childForFieldName('body')?.namedChildren ?? []).filter((each) => each !== null && each.type !== 'comment');
  const [first] = statements[0]?.type === 'expression_statement' && statements[0].namedChild(0)?.type === 'string' ? statements.slice(1) : statements;
  if (!first) return [];
  const indent = file.text.slice(lineStart(file.text, first.startIndex), first.startIndex);
  if (!/^[ \t]*$/.test(indent)) return [];
  const eol = lineEnding(file.text);
  return [{ file: file.path, old: '', new: lines.map((line, at) => `${at === 0 ? '' : indent}${line}${eol}`).join('') + indent, at: first.startIndex }];
}

/** Makes a name of another file of the tree known where the app starts. */
export function importInto(source: Source, start: StartUp, file: SourceFile, name: string): readonly Edit[] {
  const module = moduleOfFile(source, file);
  return file.path === start.file.path || module === undefined ? [] : importName(start.file, module, name);
}
