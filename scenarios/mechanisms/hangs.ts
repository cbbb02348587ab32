/** A start that does not go on: which line of the tree waits, in which function, and what its thread is doing. */
import type { Node } from 'web-tree-sitter';
import type { Evidence, Fault } from '../../parsers/evidence.ts';
import { nodesOf } from '../../source/syntax.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { said } from './faults.ts';

export interface Frame {
  readonly file: string;
  readonly line: number;
  readonly function: string;
}

export interface Hang {
  readonly at: number;
  readonly fault: Fault;
  readonly file: SourceFile;
  readonly line: number;
  /** The function around the waiting line. */
  readonly node: Node | undefined;
  readonly name: string;
  /** The waiting line, trimmed. */
  readonly text: string;
  /** The stack that the waiting line belongs to, outermost first. */
  readonly stack: readonly Frame[];
  /** A thread that computes or waits in a call, not a task that the event loop could go on without. */
  readonly blocking: boolean;
}

/** `No progress for 30 s; the code waits at src/main.py:14 in lifespan` */
const WAITS = /^No progress for \d+ s; the code waits at (?<file>[^\s:]{1,300}):(?<line>\d{1,7}) in (?<name>\S{1,200})/;

export function hangs(evidence: Evidence, source: Source): readonly Hang[] {
  return said(evidence, ['hang'], WAITS).flatMap(({ at, fault, match }) => {
    const { file: path = '', line = '0', name = '' } = match.groups ?? {};
    const file = source.files.get(path);
    if (file === undefined) return [];
    const number = Number(line);
    const stack = stacksOf(fault.text).find((each) => each.frames.some((frame) => frame.file === path && frame.line === number));
    const node = nodesOf(file, 'function_definition').filter((each) => each.startPosition.row + 1 <= number && number <= each.endPosition.row + 1).at(-1);
    return [{ at, fault, file, line: number, node, name, text: file.text.split('\n')[number - 1]?.trim() ?? '', stack: stack?.frames ?? [], blocking: stack?.kind === 'thread' && !idle(stack.frames) }];
  });
}

/** `thread MainThread:` above its frames, which look as in a traceback. */
function stacksOf(text: string): readonly { readonly kind: 'thread' | 'task'; readonly frames: readonly Frame[] }[] {
  const stacks: { kind: 'thread' | 'task'; frames: Frame[] }[] = [];
  for (const line of text.split('\n')) {
    const head = /^(?<kind>thread|task) .{0,200}:$/.exec(line)?.groups;
    const frame = /^ {2}File "(?<file>[^"]{1,400})", line (?<line>\d{1,7}), in (?<name>.{1,200})$/.exec(line)?.groups;
    if (head !== undefined) stacks.push({ kind: head['kind'] === 'task' ? 'task' : 'thread', frames: [] });
    else if (frame !== undefined) stacks.at(-1)?.frames.push({ file: frame['file'] ?? '', line: Number(frame['line']), function: frame['name'] ?? '' });
  }
  return stacks;
}

/** The event loop itself waits for something to do. */
function idle(frames: readonly Frame[]): boolean {
  return /selectors\.py$|uvloop/.test(frames.at(-1)?.file ?? '');
}
