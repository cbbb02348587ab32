/** Text into columns: wrapping, cutting, and taking out what would disturb a terminal. Widths count code points. */
import { stripVTControlCharacters } from 'node:util';

/** One printable line: no escape sequences, no control characters, tabs as spaces. */
export function clean(text: string): string {
  // A log may hold anything; a bell or a cursor movement in it must not reach the terminal.
  return stripVTControlCharacters(text).replaceAll('\t', '    ').replace(/\p{Cc}/gu, '');
}

/** Cuts to `width`, ending in the ellipsis when something is lost. */
export function fit(text: string, width: number, ellipsis: string): string {
  const points = [...text];
  if (points.length <= width) return text;
  return points.slice(0, Math.max(0, width - ellipsis.length)).join('') + ellipsis;
}

/** Breaks prose at spaces; a word longer than the width (a path, a URL) stays whole. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of clean(text.replace(/\s+/g, ' ')).trim().split(' ')) {
    if (line !== '' && length(line) + 1 + length(word) > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return line === '' ? lines : [...lines, line];
}

/** `left` and `right` at both ends of a line; `right` is left out when they do not fit. */
export function ends(left: string, right: string, width: number): { readonly gap: string; readonly fits: boolean } {
  const space = width - length(left) - length(right);
  return space >= 2 ? { gap: ' '.repeat(space), fits: true } : { gap: '', fits: false };
}

export function length(text: string): number {
  return [...text].length;
}

/** `0.4 s`, `12 s`, `2 min 5 s` */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
