import type { Node } from 'web-tree-sitter';
import { definitionsOf, importedNames } from '../../source/python.ts';
import { lineEnding, lineStart, nextLine } from '../../source/splice.ts';
import { ancestors, nodesOf } from '../../source/syntax.ts';
import type { Edit, SourceFile } from '../../source/types.ts';
import { appCalls } from '../mechanisms/apps.ts';
import { aroundLine } from '../mechanisms/around-line.ts';
import { metIn, raised } from '../mechanisms/faults.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'middleware-after-start';

const STARTED = /^Cannot add middleware after an application has started/;

/** The lifespan runs when the app's middleware is built already: what adds one belongs below the line that makes the app. */
export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'Middleware is added in the start-up code, when the app is running already.',
  refines: ['third-party-crash', 'unknown-failure', 'request-fails'],
  detect: (evidence, source) => raised(evidence, ['RuntimeError'], STARTED).flatMap((seen): Finding[] => {
    const frames = seen.exception.frames.filter(({ owner }) => owner === 'tree');
    const own = frames.at(-1);
    if (own === undefined) return [];
    return [{
      kind, ...metIn(seen.fault, 'lifespan'), category: 'ENTRYPOINT', file: own.file, line: own.line, facts: { file: own.file, function: own.function },
      what: `${own.file} adds middleware in ${own.function}, after the app has started.`,
      why: 'Starlette builds the stack of middleware when the server starts the app, before the lifespan runs. Nothing can be added to it from then on.',
      todo: 'Add the middleware at module level, below the line that makes the app.',
      candidates: frames.toReversed().flatMap((frame) => moved(source.files.get(frame.file), frame.line)).slice(0, 1),
      explains: [seen.at],
    }];
  }),
};

/** Moves the statement at this line behind the statement that makes the app in the same file. */
function moved(file: SourceFile | undefined, line: number): readonly Fix[] {
  const statement = file === undefined ? undefined : aroundLine(file, line, /^expression_statement$/);
  const app = file === undefined ? undefined : appCalls(file).find(({ scope, assignedTo }) => scope === '' && assignedTo !== undefined && /^\w+$/.test(assignedTo));
  const holder = statement === undefined ? undefined : [...ancestors(statement)].find(({ type }) => type === 'function_definition');
  const made = app === undefined ? undefined : [...ancestors(app.node)].find(({ type }) => type === 'expression_statement');
  if (file === undefined || statement === undefined || holder === undefined || made === undefined || statement.parent?.id !== holder.childForFieldName('body')?.id) return [];
  const text = atModuleLevel(file, statement, holder, app?.assignedTo ?? '');
  if (text === undefined) return [];
  const eol = lineEnding(file.text);
  const start = lineStart(file.text, statement.startIndex);
  const alone = holder.childForFieldName('body')?.namedChildren.length === 1;
  const edits: Edit[] = [
    alone
      ? { file: file.path, old: statement.text, new: 'pass', at: statement.startIndex }
      : { file: file.path, old: file.text.slice(start, nextLine(file.text, statement.endIndex)), new: '', at: start },
    { file: file.path, old: '', new: `${eol}${text}`, at: made.endIndex },
  ];
  return fixOf({
    title: `Add the middleware below ${app?.assignedTo ?? 'app'} in ${file.path}`, safety: 'likely', edits,
    explanation: 'At module level the statement runs while the app is being put together, which is when middleware is taken.',
  });
}

/** The statement's text with the function's parameter replaced by the app's own name; undefined when it uses what only the function has. */
function atModuleLevel(file: SourceFile, statement: Node, holder: Node, app: string): string | undefined {
  if (/^await\b/.test(statement.text)) return undefined;
  const parameter = holder.childForFieldName('parameters')?.namedChild(0);
  const given = parameter?.type === 'identifier' ? parameter.text : parameter?.namedChild(0)?.text;
  const known = new Set([app, ...importedNames(file).keys(), ...definitionsOf(file).map(({ name }) => name)]);
  const used = nodesOf(file, 'identifier', statement).filter((node) => !names(node, 'attribute') && !names(node, 'name'));
  if (used.some(({ text }) => text !== given && !known.has(text))) return undefined;
  let text = statement.text;
  for (const node of used.toReversed().filter((each) => each.text === given)) {
    const at = node.startIndex - statement.startIndex;
    text = text.slice(0, at) + app + text.slice(at + node.text.length);
  }
  const indent = new RegExp(`^[ \\t]{0,${statement.startPosition.column}}`);
  return text.split('\n').map((each, at) => (at === 0 ? each : each.replace(indent, ''))).join('\n');
}

/** `name` in `x.name` and in `f(name=…)` is no use of a variable. */
function names(node: Node, field: 'attribute' | 'name'): boolean {
  return node.parent?.type === (field === 'attribute' ? 'attribute' : 'keyword_argument') && node.parent.childForFieldName(field)?.id === node.id;
}
