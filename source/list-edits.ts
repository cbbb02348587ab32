/** Adding to and taking from a comma-separated list in the text: imported names, arguments, TOML arrays. */
import { lineEnding, lineStart } from './splice.ts';
import type { Span } from './syntax.ts';

export interface Splice extends Span {
  readonly text: string;
}

/**
 * Adds an item behind the last one in the way the list is laid out: on its own line when the last item has one, with a trailing comma
 * where there was one. `close` is the offset of the closing bracket (or the end of the list).
 */
export function appendItem(text: string, items: readonly Span[], close: number, item: string): Splice {
  const last = items.at(-1);
  if (!last) return { start: close, end: close, text: item };
  const start = lineStart(text, last.start);
  const ownLine = /^[ \t]*$/.test(text.slice(start, last.start)) && (items.length > 1 || /\n/.test(text.slice(last.end, close)));
  const blank = ownLine ? `${lineEnding(text)}${text.slice(start, last.start)}` : ' ';
  const comma = /^\s*,/.exec(text.slice(last.end, close))?.[0].length;
  if (comma === undefined) return { start: last.end, end: last.end, text: `,${blank}${item}` };
  // Behind the comma and its comment: so two items that were added one after the other can each be left out without the other.
  const after = last.end + comma;
  const comment = ownLine ? (/^[ \t]*#[^\r\n]*/.exec(text.slice(after, close))?.[0].length ?? 0) : 0;
  return { start: after + comment, end: after + comment, text: `${blank}${item},` };
}

/** Takes one of at least two items out, with its comma and, when it had a line of its own, that line. */
export function removeItem(items: readonly Span[], index: number): Splice {
  const item = items[index];
  const next = items[index + 1];
  const previous = items[index - 1];
  if (!item) throw new Error(`the list has no item ${index}`);
  if (next) return { start: item.start, end: next.start, text: '' };
  return { start: previous?.end ?? item.start, end: item.end, text: '' };
}
