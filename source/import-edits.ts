/** Edits of import statements. */
import { importNodes } from './imports.ts';
import type { ImportNode } from './imports.ts';
import { appendItem, removeItem } from './list-edits.ts';
import { absoluteModule } from './modules.ts';
import { lineEnd, lineEnding, lineStart, nextLine, replaceSpan } from './splice.ts';
import { nodesOf } from './syntax.ts';
import type { Edit, SourceFile } from './types.ts';

/** True when the statement imports from `module`, however it is written there; import roots may cut leading folders off. */
function isFrom(file: SourceFile, statement: ImportNode, module: string): boolean {
  if (!statement.from) return false;
  if (statement.written === module) return true;
  if (!statement.written.startsWith('.')) return false;
  const full = absoluteModule(statement.written, file.path, ['.']);
  return full === module || full.endsWith(`.${module}`);
}

/** Runs when the module is loaded and catches nothing: a name may be added to it. */
function isOpen(statement: ImportNode): boolean {
  return statement.eager && !statement.guarded && !statement.wildcard && statement.names.length > 0;
}

/** Adds `name` to the `from module import …` there is, else inserts a line behind the file's imports. Empty when it is imported already. */
export function importName(file: SourceFile, module: string, name: string, alias?: string): readonly Edit[] {
  const statements = importNodes(file).filter((each) => isFrom(file, each, module) && each.eager && !each.guarded);
  if (statements.some((each) => each.names.some((known) => known.name === name && known.alias === alias))) return [];
  const item = alias === undefined ? name : `${name} as ${alias}`;
  const open = statements.find((each) => isOpen(each) && each.topLevel);
  if (open) return [append(file, open, item)];
  return [insertImport(file, `from ${module} import ${item}`, module)];
}

function append(file: SourceFile, statement: ImportNode, item: string): Edit {
  const closing = file.text.slice(statement.start, statement.end).endsWith(')') ? statement.end - 1 : statement.end;
  const splice = appendItem(file.text, statement.names, closing, item);
  return { file: file.path, old: '', new: splice.text, at: splice.start };
}

/** Adds `import module` where it is not there yet. */
export function importModule(file: SourceFile, module: string): readonly Edit[] {
  const known = importNodes(file).some((each) => !each.from && each.eager && !each.guarded && each.names.some((name) => name.name === module && name.alias === undefined));
  return known ? [] : [insertImport(file, `import ${module}`, module)];
}

function insertImport(file: SourceFile, line: string, module: string): Edit {
  const eol = lineEnding(file.text);
  // Python wants this one in front of all others.
  const after = module === '__future__' ? undefined : lastImport(file, module);
  if (after) {
    const at = nextLine(file.text, after.end);
    const onNewLine = file.text[at - 1] === '\n';
    return { file: file.path, old: '', new: onNewLine ? line + eol : eol + line, at };
  }
  const at = startOfCode(file);
  const atEnd = at === file.text.length && at > 0 && file.text[at - 1] !== '\n';
  return { file: file.path, old: '', new: atEnd ? eol + line + eol : line + eol, at };
}

/** The import a new line goes behind: the last one of the same top package, else the last of the first block of imports. */
function lastImport(file: SourceFile, module: string): ImportNode | undefined {
  const top = module.split('.')[0];
  const all = importNodes(file).filter((each) => each.topLevel);
  const relative = all.findLast((each) => each.from && each.written !== '' && each.written.split('.')[0] === top);
  if (relative) return relative;
  // Later imports may stand below code that they need; the first block is always safe.
  const root = file.syntax?.rootNode;
  let last: ImportNode | undefined;
  for (const node of root?.namedChildren ?? []) {
    if (!node || node.type === 'comment') continue;
    const known = all.find((each) => each.start === node.startIndex);
    if (known) last = known;
    else if (last && last.written !== '__future__') break;
    else if (node.type !== 'expression_statement' || node.namedChild(0)?.type !== 'string') break;
  }
  return last;
}

/** Behind BOM, comments at the top and the docstring. */
function startOfCode(file: SourceFile): number {
  const bom = file.text.startsWith('\uFEFF') ? 1 : 0;
  const first = file.syntax?.rootNode.namedChildren.find((node) => node && node.type !== 'comment');
  if (first?.type === 'expression_statement' && first.namedChild(0)?.type === 'string') return nextLine(file.text, first.endIndex);
  if (first) return lineStart(file.text, first.startIndex) || bom;
  return file.text.length;
}

/** Takes `name` out of `from module import …`, and the whole statement when it was its only name. */
export function dropImportedName(file: SourceFile, module: string, name: string): readonly Edit[] {
  return importNodes(file).filter((each) => isFrom(file, each, module)).flatMap((statement) => {
    const index = statement.names.findIndex((each) => each.name === name);
    return index === -1 ? [] : dropAt(file, statement, index);
  });
}

/** Takes one name (`a`, or `a as b` as its local name) out of whatever statement on that line imports it. */
export function dropImportAt(file: SourceFile, line: number, local: string): readonly Edit[] {
  for (const statement of importNodes(file)) {
    const last = line >= statement.line && line <= statement.node.endPosition.row + 1;
    const index = statement.names.findIndex((each) => (each.alias ?? each.name) === local);
    if (last && index !== -1) return dropAt(file, statement, index);
  }
  return [];
}

function dropAt(file: SourceFile, statement: ImportNode, index: number): readonly Edit[] {
  if (statement.names.length > 1) {
    const splice = removeItem(statement.names, index);
    return replaceSpan(file, splice, splice.text);
  }
  return dropStatement(file, statement);
}

function dropStatement(file: SourceFile, statement: ImportNode): readonly Edit[] {
  const block = statement.node.parent;
  const siblings = block?.namedChildren.filter((node) => node && node.type !== 'comment').length ?? 0;
  if (block?.type === 'block' && siblings === 1) return replaceSpan(file, statement, 'pass');
  const start = lineStart(file.text, statement.start);
  const alone = /^[ \t]*$/.test(file.text.slice(start, statement.start).replace('\uFEFF', '')) && /^[ \t]*(#.*)?$/.test(file.text.slice(statement.end, lineEnd(file.text, statement.end)));
  if (!alone) return replaceSpan(file, { start: statement.start, end: statement.end + (/^[ \t]*;[ \t]*/.exec(file.text.slice(statement.end))?.[0].length ?? 0) }, '');
  const from = file.text[start] === '\uFEFF' ? start + 1 : start;
  return replaceSpan(file, { start: from, end: nextLine(file.text, statement.end) }, '');
}

/** `from a import X, y` → `from a import y` + `from b import X`; an alias is kept. `toName` renames what is imported, not its uses. */
export function moveImportedName(file: SourceFile, name: string, fromModule: string, toModule: string, toName: string = name): readonly Edit[] {
  const statement = importNodes(file).find((each) => isFrom(file, each, fromModule) && each.names.some((known) => known.name === name));
  if (!statement || (fromModule === toModule && toName === name)) return [];
  const index = statement.names.findIndex((each) => each.name === name);
  const known = statement.names[index];
  const alias = known?.alias ?? (toName === name ? undefined : name);
  const item = alias === undefined || alias === toName ? toName : `${toName} as ${alias}`;
  const target = importNodes(file).find((each) => isFrom(file, each, toModule) && isOpen(each) && each.node.parent?.id === statement.node.parent?.id);
  if (target) {
    const there = target.names.some((each) => each.name === toName && (each.alias ?? each.name) === (alias ?? toName));
    if (target === statement) return known ? replaceSpan(file, known, item) : [];
    return [...dropAt(file, statement, index), ...(there ? [] : [append(file, target, item)])];
  }
  if (statement.names.length === 1 && known) return [...replaceSpan(file, statement.moduleSpan, toModule), ...replaceSpan(file, known, item)];
  return [...dropAt(file, statement, index), newLineBelow(file, statement, `from ${toModule} import ${item}`)];
}

function newLineBelow(file: SourceFile, statement: ImportNode, line: string): Edit {
  const eol = lineEnding(file.text);
  const indent = /^[ \t]*/.exec(file.text.slice(lineStart(file.text, statement.start)))?.[0] ?? '';
  const at = nextLine(file.text, statement.end);
  const onNewLine = file.text[at - 1] === '\n';
  return { file: file.path, old: '', new: onNewLine ? indent + line + eol : eol + indent + line, at };
}

/** Replaces the module of the import statement on that line: `from models import X` → `from src.models import X`. */
export function replaceImportedModule(file: SourceFile, line: number, module: string, toModule: string): readonly Edit[] {
  const statement = importNodes(file).find((each) => each.line === line && (isFrom(file, each, module) || each.names.some((name) => !each.from && name.name === module)));
  if (!statement) return [];
  if (statement.from) return replaceSpan(file, statement.moduleSpan, toModule);
  const name = statement.names.find((each) => each.name === module);
  if (!name) return [];
  // `import models` binds `models`; the new dotted import must bind the same name.
  const item = name.alias === undefined && !module.includes('.') ? `${toModule} as ${module}` : toModule;
  const dotted = name.alias === undefined ? { start: name.start, end: name.end } : { start: name.start, end: name.start + name.name.length };
  return replaceSpan(file, dotted, item);
}

/** Puts an import inside the body of a function instead of the top of the file: breaks a cycle at its weakest edge. */
export function moveImportIntoFunctions(file: SourceFile, line: number, functions: readonly string[]): readonly Edit[] {
  const statement = importNodes(file).find((each) => each.line === line && each.topLevel);
  if (!statement || functions.length === 0) return [];
  const eol = lineEnding(file.text);
  const text = file.text.slice(statement.start, statement.end).replace(/\s+/g, ' ').replace(/\( /, '(').replace(/,? \)/, ')');
  const inserts = nodesOf(file, 'function_definition').filter((node) => functions.includes(node.childForFieldName('name')?.text ?? '')).flatMap((node): Edit[] => {
    const body = node.childForFieldName('body');
    const doc = body?.namedChild(0)?.namedChild(0)?.type === 'string' ? body.namedChild(1) : body?.namedChild(0);
    if (!body || !doc || body.startPosition.row === node.startPosition.row) return [];
    const at = lineStart(file.text, doc.startIndex);
    return [{ file: file.path, old: '', new: `${file.text.slice(at, doc.startIndex)}${text}${eol}`, at }];
  });
  return inserts.length === 0 ? [] : [...dropStatement(file, statement), ...inserts];
}
