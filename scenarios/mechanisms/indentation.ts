/** Lines that are not indented as their block needs it: who belongs to which block is read from the lines around, and tried. */
import type { Edit, SourceFile } from '../../source/types.ts';
import type { Fix } from '../types.ts';
import { canBeRead } from './syntax-repairs.ts';
import { saidOf } from './syntax.ts';
import type { Broken } from './syntax.ts';
import { insertAt, lineStart, lineText, replaceAt } from './text-lines.ts';
import { fixOf } from './words.ts';

/** `expected an indented block after function definition on line 12` */
const EMPTY_BLOCK = /^expected an indented block(?: after [\w' ]{1,60} on line (?<opener>\d+))?/;

interface Repair {
  readonly title: string;
  readonly edits: readonly Edit[];
}

export function indentRepairs(broken: Broken): readonly Fix[] {
  const { file, line, exception } = broken;
  const block = EMPTY_BLOCK.exec(exception.message);
  const repairs = block !== null ? missingBlock(file, line, Number(block.groups?.['opener'] ?? line - 1)) : strayLines(file, line);
  return repairs.filter(({ edits }) => edits.length > 0 && canBeRead(file, edits)).slice(0, 4).flatMap(({ title, edits }) => fixOf({
    title: `${title} of ${file.path}`, safety: 'likely', edits,
    explanation: `Python says: ${saidOf(exception)}. With this change the file can be read; whether the lines belong to that block wants a look.`,
  }));
}

/** The next lines were meant to be the block, or the one line was, or there was to be nothing yet. */
function missingBlock(file: SourceFile, line: number, opener: number): readonly Repair[] {
  const inner = `${indentOf(file, opener)}${stepOf(file)}`;
  const eol = file.text.includes('\r\n') ? '\r\n' : '\n';
  const run = runFrom(file, line);
  const shift = (lines: readonly number[]): readonly Edit[] => lines.flatMap((each) => replaceAt(file, lineStart(file, each), indentOf(file, line), inner));
  const whole = { title: `Indent lines ${line} to ${run.at(-1) ?? line}`, edits: shift(run) };
  const single = { title: `Indent line ${line}`, edits: shift([line]) };
  const shorter = run.slice(1, -1).toReversed().map((last) => ({ title: `Indent lines ${line} to ${last}`, edits: shift(run.filter((each) => each <= last)) }));
  const empty = { title: 'Add pass as the missing block', edits: [insertAt(file, lineStart(file, opener + 1), `${inner}pass${eol}`)] };
  // A line at the level of the opener that begins something new was never meant to be inside.
  const begins = /^\s*(?:@|def |class |async def |if __name__|from |import |\S+\s*=\s*FastAPI)/.test(lineText(file, line));
  if (begins) return [empty, single, whole];
  // The body of a function is all that follows; of an `if` or a loop the next line belongs to it for certain, and no other.
  const body = /^\s*(?:async\s+)?(?:def|class)\b/.test(lineText(file, opener));
  return body ? [...(run.length > 1 ? [whole] : []), ...shorter, single, empty] : [single, ...shorter.toReversed(), whole, empty];
}

/** A line, or several, stand where no block is: as deep as the line above, or as any block around. */
function strayLines(file: SourceFile, line: number): readonly Repair[] {
  const run = runFrom(file, line).filter((each) => indentOf(file, each) === indentOf(file, line));
  const above = [...new Set(levelsAbove(file, line))];
  return above.flatMap((indent) => [run, [line]].map((lines) => ({
    title: lines.length > 1 ? `Indent lines ${line} to ${lines.at(-1) ?? line} by ${indent.length}` : `Indent line ${line} by ${indent.length}`,
    edits: lines.flatMap((each) => replaceAt(file, lineStart(file, each), indentOf(file, each), indent)),
  })));
}

/** Indents of the lines above, nearest first: the blocks that are open there. */
function levelsAbove(file: SourceFile, line: number): readonly string[] {
  const levels: string[] = [];
  for (let at = line - 1; at >= 1; at -= 1) {
    const text = lineText(file, at);
    if (text.trim() === '' || text.trim().startsWith('#')) continue;
    const indent = indentOf(file, at);
    if (levels.length === 0 || indent.length < (levels.at(-1)?.length ?? 0)) levels.push(indent);
    if (indent === '') break;
  }
  return levels;
}

/** The line and those directly below it that are at least as deep, up to the next definition at its level. */
function runFrom(file: SourceFile, line: number): readonly number[] {
  const depth = indentOf(file, line).length;
  const last = file.text.split('\n').length;
  const run = [line];
  for (let at = line + 1; at <= last; at += 1) {
    const text = lineText(file, at);
    if (text.trim() === '') {
      if (depth === 0) break;
      continue;
    }
    if (indentOf(file, at).length < depth || (depth === 0 && /^(?:@|def |class |async def )/.test(text))) break;
    // Behind these nothing of the same block is reached.
    if (/^\s*(?:return|raise|break|continue)\b/.test(lineText(file, run.at(-1) ?? line)) && indentOf(file, at).length === depth && indentOf(file, run.at(-1) ?? line).length === depth) break;
    run.push(at);
  }
  return run;
}

function indentOf(file: SourceFile, line: number): string {
  return /^[ \t]*/.exec(lineText(file, line))?.[0] ?? '';
}

/** One step of indentation as the file has it. */
export function stepOf(file: SourceFile): string {
  const first = /^(?:\t|[ ]{2,8})(?=\S)/m.exec(file.text)?.[0];
  return first ?? '    ';
}
