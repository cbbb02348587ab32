/**
 * Exception groups (TaskGroup, anyio) as the interpreter draws them:
 *
 *     + Exception Group Traceback (most recent call last):
 *     |   File "main.py", line 9, in lifespan
 *     | ExceptionGroup: unhandled errors in a TaskGroup (1 sub-exception)
 *     +-+---------------- 1 ----------------
 *       | Traceback (most recent call last):
 *       |   File "main.py", line 5, in work
 *       | ValueError: text
 *       +------------------------------------
 *
 * The margin deepens by two columns with each level. It is taken off and the inside is parsed as any other traceback.
 */
import type { ExceptionInfo } from './evidence.ts';
import type { Place } from './frames.ts';
import type { LogicalLine } from './logical-lines.ts';
import { readChain, readOne } from './traceback.ts';
import type { Chain } from './traceback.ts';
import { isHeader } from './traceback-lines.ts';

/** `  | text`, `    | text` */
const MARGIN = /^(?<indent> {0,200})\|(?: (?<text>.*))?$/s;
/** `  +-+---------------- 1 ----------------` opens members one level deeper */
const OPEN = /^(?<indent> {0,200})\+-\+-{3,} (?:\d+|\.\.\.) -{3,}$/;
/** `    +---------------- 2 ----------------`, `    +------------------------------------` */
const RULE = /^(?<indent> {0,200})\+-{3,}(?<number> (?:\d+|\.\.\.) -{3,})?(?<close>-*)$/;

interface Node {
  readonly head: LogicalLine[];
  readonly members: Node[];
}

/** Reads a group at its header; the group is the last of the chain, its members inside. */
export function readGroup(lines: readonly LogicalLine[], from: number, place: Place): Chain {
  const first = lines[from];
  if (!first) return { chain: [], end: from };
  const root: Node = { head: [{ ...first, head: false, text: 'Traceback (most recent call last):' }], members: [] };
  // Behind a logger's prefix the header's own indent is lost; the next line tells the margin.
  const next = MARGIN.exec(lines[from + 1]?.text ?? '')?.groups;
  if (!next) return readOne(lines, from, place);
  const path: Node[] = [root];
  const base = (next['indent'] ?? '').length;
  let at = from + 1;
  for (; at < lines.length; at += 1) {
    const line = lines[at];
    if (!line || line.head) break;
    if (placeLine(line, path, base)) continue;
    // Further lines of a member's message have no margin up to 3.12.
    if (!goesOn(lines, at)) break;
    path.at(-1)?.head.push(line);
  }
  return { chain: chainOf(root, place), end: at };
}

/** A line of the drawing follows soon, with no other block between. */
function goesOn(lines: readonly LogicalLine[], at: number): boolean {
  const next = lines.slice(at + 1, at + 40).find((line) => line.head || isHeader(line.text) || MARGIN.test(line.text) || RULE.test(line.text) || OPEN.test(line.text));
  return next !== undefined && !next.head && /^ /.test(next.text) && !next.text.trimStart().startsWith('+ ');
}

/** Puts one line where its margin says; false when it has none and the group is over. */
function placeLine(line: LogicalLine, path: Node[], base: number): boolean {
  const opened = OPEN.exec(line.text)?.groups;
  const ruled = opened ? undefined : RULE.exec(line.text)?.groups;
  const text = MARGIN.exec(line.text)?.groups;
  const indent = (opened ?? ruled ?? text)?.['indent'];
  if (indent === undefined) return false;
  const depth = Math.max(0, Math.floor((indent.length - base) / 2)) + (opened ? 1 : 0);
  if (opened || ruled) {
    path.length = Math.min(path.length, Math.max(1, depth));
    if (opened || ruled?.['number'] !== undefined) {
      const member: Node = { head: [], members: [] };
      path.at(-1)?.members.push(member);
      path.push(member);
    }
    return true;
  }
  path.length = Math.min(path.length, depth + 1);
  path.at(-1)?.head.push({ ...line, text: text?.['text'] ?? '' });
  return true;
}

function chainOf(node: Node, place: Place): ExceptionInfo[] {
  const firstText = node.head.findIndex((line) => line.text.trim() !== '');
  const own = node.head.slice(Math.max(0, firstText)).map((line) => (line.text.startsWith('Exception Group Traceback') ? { ...line, text: 'Traceback (most recent call last):' } : line));
  const chain = isHeader(own[0]?.text ?? '') ? readChain(own, 0, place).chain : readOne(own, 0, place).chain;
  const last = chain.at(-1);
  if (node.members.length === 0 || !last) return chain;
  return [...chain.slice(0, -1), { ...last, members: node.members.flatMap((member) => chainOf(member, place)) }];
}
