import type { Node } from 'web-tree-sitter';
import { callsOf } from '../../source/python.ts';
import { nodesOf } from '../../source/syntax.ts';
import type { SourceFile } from '../../source/types.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import { insertAt } from '../mechanisms/text-lines.ts';
import { firstLine } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'decorator-not-called';

/** What belongs into the brackets, by the decorator's last name; undefined where only the author knows. */
const BRACKETS: Readonly<Record<string, (definition: Node) => string | undefined>> = {
  middleware: () => '("http")',
  model_validator: (definition) => (firstParameter(definition) === 'self' ? '(mode="after")' : firstParameter(definition) === 'cls' ? '(mode="before")' : undefined),
};
/** `model_validator() takes 0 positional arguments but 1 was given`   `f() missing 1 required positional argument: 'func'` */
const SAID = /^[\w.]{1,200}\(\) (?:takes \d+ positional arguments? but \d+ (?:was|were) given|missing \d+ required)/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A decorator that takes arguments is not called.',
  table: 'what belongs into the brackets of two decorators',
  refines: ['wrong-argument-count', 'package-refuses-call', 'third-party-crash', 'unknown-failure'],
  detect: (evidence, source) => raised(evidence, ['TypeError'], SAID).flatMap((seen): Finding[] => {
    const own = ownFrameOf(seen);
    const file = source.files.get(own?.file ?? '');
    const bare = own === undefined || file === undefined ? undefined : bareDecorator(file, own.line);
    if (file === undefined || bare === undefined) return [];
    return [{
      kind, stage: 'import', severity: 'CRITICAL', category: 'IMPORT', file: file.path, line: bare.node.startPosition.row + 1, facts: { decorator: bare.node.text, function: bare.function },
      what: `The decorator ${bare.node.text} of ${bare.function} in ${file.path} is not called: ${firstLine(seen.exception.message, 120)}`,
      why: 'It takes arguments first. Without brackets it is given the function itself, and takes that for an argument.',
      todo: `Write the brackets, and in them what ${bare.node.text} takes.`,
      candidates: called(file, bare), explains: [seen.at],
    }];
  }),
  scan: (source) => [...loadedFiles(source)].flatMap((path) => {
    const file = source.files.get(path);
    return file === undefined ? [] : unregistered(file);
  }),
};

/** `@app.get` and `@app.middleware` say nothing, and register nothing. */
function unregistered(file: SourceFile): readonly Finding[] {
  if (!/^@\w+\.\w+\s*$/m.test(file.text)) return [];
  const apps = new Set(callsOf(file).filter(({ callee }) => /^fastapi\b.*\.(?:FastAPI|APIRouter)$/.test(callee)).flatMap(({ assignedTo }) => assignedTo?.split(':')[0]?.trim() ?? []));
  return nodesOf(file, 'decorator').flatMap((node): readonly Finding[] => {
    const bare = bareOf(node);
    const [object = '', method = ''] = node.text.slice(1).trim().split('.');
    if (bare === undefined || !apps.has(object) || !REGISTERS.test(method)) return [];
    return [{
      kind, stage: 'health', severity: 'HIGH', category: 'ENTRYPOINT', file: file.path, line: node.startPosition.row + 1, facts: { decorator: node.text, function: bare.function },
      what: `The decorator ${node.text} of ${bare.function} in ${file.path} is not called, so ${bare.function} is never registered.`,
      why: 'It takes arguments first. Without brackets it is given the function itself, takes that for an argument, and the server starts without it.',
      todo: `Write the brackets, and in them what ${node.text} takes.`,
      candidates: called(file, bare),
    }];
  });
}

const REGISTERS = /^(?:get|post|put|patch|delete|head|options|websocket|api_route|middleware|exception_handler|on_event)$/;

interface Bare {
  readonly node: Node;
  readonly function: string;
  readonly definition: Node;
}

/** The first decorator without brackets on that line. */
function bareDecorator(file: SourceFile, line: number): Bare | undefined {
  return nodesOf(file, 'decorator').filter((node) => node.startPosition.row + 1 === line).flatMap((node) => bareOf(node) ?? [])[0];
}

function bareOf(node: Node): Bare | undefined {
  const definition = node.parent?.childForFieldName('definition');
  const written = node.namedChild(0)?.type;
  return definition && (written === 'identifier' || written === 'attribute') ? { node, definition, function: definition.childForFieldName('name')?.text ?? '' } : undefined;
}

function firstParameter(definition: Node): string | undefined {
  return definition.childForFieldName('parameters')?.namedChild(0)?.text.split(':')[0];
}

function called(file: SourceFile, { node, definition }: Bare): readonly Fix[] {
  const brackets = BRACKETS[/\w+$/.exec(node.text)?.[0] ?? '']?.(definition);
  return brackets === undefined ? [] : [{
    title: `Write ${node.text}${brackets}`, safety: 'safe', edits: [insertAt(file, node.endIndex, brackets)], explanation: `That is what ${node.text} takes for a function like this.`,
  }];
}
