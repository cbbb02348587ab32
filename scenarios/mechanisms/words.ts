/** Words for people: plain sentences, names in quotes, nothing that could be a secret. */
import type { Fault } from '../../parsers/evidence.ts';
import type { Fix } from '../types.ts';

/** `a`, `a and b`, `a, b and c` */
export function list(items: readonly string[]): string {
  if (items.length < 2) return items.join('');
  return `${items.slice(0, -1).join(', ')} and ${items.at(-1) ?? ''}`;
}

/** First line of a text, cut to `length` characters. */
export function firstLine(text: string, length = 200): string {
  const end = text.indexOf('\n');
  const line = (end < 0 ? text : text.slice(0, end)).slice(0, length + 1).trim();
  return line.length > length ? `${line.slice(0, length)}…` : line;
}

/** A message without what changes from boot to boot: addresses, numbers, times, hexadecimal ids. For facts. */
export function steady(text: string): string {
  return firstLine(text, 300)
    .replace(/0x[0-9a-f]+/gi, '0x…')
    .replace(/\b\d{1,3}(?:\.\d{1,3}){3}\b/g, '…')
    .replace(/\d+/g, '#');
}

/** The last line of a fault that says something, for texts without an exception. */
export function lastWords(fault: Fault): string {
  return firstLine(fault.summary === '' ? fault.text : fault.summary);
}

/** A candidate, or none when its edits came out empty: nothing to change is no fix. */
export function fixOf(fix: Fix): readonly Fix[] {
  return fix.edits.length === 0 && fix.safety !== 'manual' ? [] : [fix];
}
