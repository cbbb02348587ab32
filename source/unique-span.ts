/**
 * Turns a change of a file into plain-text replacements (R13): whoever has the file and the pairs, and no offsets, gets the same result.
 * Whole lines where that is enough, because a person reads them; words where a line holds a secret or is very long; more lines until
 * the text occurs only once.
 */
import { editsBetween, lineEnd, lineStart } from './splice.ts';
import type { Span } from './syntax.ts';
import type { Edit } from './types.ts';

export interface Replacement {
  readonly old: string;
  readonly new: string;
}

const LONG_LINE = 200;
const MAX_LINES = 400;
// postgresql://user:password@host
const URL_PASSWORD = /:\/\/[^\s:@/]*:(?<password>[^\s@/]+)@/g;

/**
 * Replacements whose `old` occurs exactly once in `before` and that, applied one after the other as plain text, give `after` (R13).
 * Far-apart changes give several. No `old` contains one of `secrets` (or the password of a URL) unless the change itself lies inside it.
 */
export function minimalUniqueSpan(before: string, after: string, secrets: readonly string[] = []): readonly Replacement[] {
  if (before === after) return [];
  if (before === '') return [{ old: '', new: after }];
  const result: Replacement[] = [];
  let now = before;
  let shift = 0;
  for (const edit of joined(before, editsBetween('', before, after), secrets)) {
    const change = { start: edit.at + shift, end: edit.at + shift + edit.old.length };
    const wide = uniqueAround(now, change, edit.new, hidden(now, change, secrets));
    result.push({ old: now.slice(wide.start, wide.end), new: now.slice(wide.start, change.start) + edit.new + now.slice(change.end, wide.end) });
    now = now.slice(0, change.start) + edit.new + now.slice(change.end);
    shift += edit.new.length - edit.old.length;
  }
  return result;
}

/** Changes of neighbouring lines become one, unless a secret stands between them. */
function joined(before: string, edits: readonly Edit[], secrets: readonly string[]): readonly Edit[] {
  const result: Edit[] = [];
  for (const edit of edits) {
    const last = result.at(-1);
    const end = (last?.at ?? 0) + (last?.old.length ?? 0);
    const between = before.slice(end, edit.at);
    if (!last || between.split('\n').length > 2 || hidden(before, { start: end, end: end }, secrets).some((secret) => secret.start < edit.at && secret.end > end)) result.push(edit);
    else result[result.length - 1] = { ...last, old: last.old + between + edit.old, new: last.new + between + edit.new };
  }
  return result;
}

/** Secrets that the replacement must not show; one that the change itself touches cannot be hidden. */
function hidden(text: string, change: Span, secrets: readonly string[]): readonly Span[] {
  const passwords = [...text.matchAll(URL_PASSWORD)].map((match) => match.groups?.['password'] ?? '');
  const all = [...new Set([...secrets, ...passwords])].filter((secret) => secret.length > 0);
  return all.flatMap((secret) => occurrences(text, secret).map((start) => ({ start, end: start + secret.length })))
    .filter((span) => span.end <= change.start || span.start >= change.end);
}

function occurrences(text: string, part: string): readonly number[] {
  const found: number[] = [];
  for (let at = text.indexOf(part); at !== -1; at = text.indexOf(part, at + 1)) found.push(at);
  return found;
}

function uniqueAround(text: string, change: Span, replacement: string, secrets: readonly Span[]): Span {
  const fits = (span: Span): boolean => span.end > span.start && isUnique(text, span) && !secrets.some((secret) => secret.start < span.end && secret.end > span.start);
  for (const span of candidates(text, change, replacement)) if (fits(span)) return span;
  // Every way to make it unique shows a secret or takes the whole file: uniqueness comes first.
  for (const span of candidates(text, change, replacement)) if (span.end > span.start && isUnique(text, span)) return span;
  return { start: 0, end: text.length };
}

function isUnique(text: string, span: Span): boolean {
  const part = text.slice(span.start, span.end);
  return text.indexOf(part) === span.start && text.indexOf(part, span.start + 1) === -1;
}

/** Spans around the change, the preferred first. */
function* candidates(text: string, change: Span, replacement: string): Generator<Span> {
  const line = wholeLines(text, change, replacement);
  if (line.end - line.start <= Math.max(LONG_LINE, (change.end - change.start) * 2)) yield line;
  yield* words(text, change, line);
  yield line;
  let { start, end } = { start: lineStart(text, line.start), end: line.end };
  yield { start, end };
  for (let grown = 0; grown < MAX_LINES; grown += 1) {
    const up = start > 0 ? lineStart(text, start - 1) : start;
    const down = end < text.length ? lineEnd(text, text.indexOf('\n', end) === -1 ? end : text.indexOf('\n', end) + 1) : end;
    yield { start: up, end };
    yield { start, end: down };
    yield { start: up, end: down };
    ({ start, end } = { start: up, end: down });
  }
}

/** The changed lines without indentation and the last newline; a line that goes away takes its newline with it. */
function wholeLines(text: string, change: Span, replacement: string): Span {
  const start = lineStart(text, change.start);
  const pure = change.start === change.end;
  if (pure && start === change.start && /\n$/.test(replacement)) {
    // New lines: the line above holds them in place, or the one below at the top of the file.
    if (start > 0) return { start: lineStart(text, start - 1), end: start };
    return { start, end: lineEnd(text, start) };
  }
  if (replacement === '' && start === change.start && text[change.end - 1] === '\n') return { start, end: change.end };
  const indent = /^[ \t]*/.exec(text.slice(start, change.start))?.[0].length ?? 0;
  return { start: start + indent, end: Math.max(change.end, lineEnd(text, text[change.end - 1] === '\n' && !pure ? change.end - 1 : change.end)) };
}

/** Spans that grow from the change over whole words within the line, shortest first. */
function* words(text: string, change: Span, line: Span): Generator<Span> {
  const lefts = boundaries(text, line.start, change.start).reverse();
  const rights = boundaries(text, change.end, line.end);
  const pairs = lefts.flatMap((start) => rights.map((end) => ({ start, end })));
  yield* pairs.sort((a, b) => a.end - a.start - (b.end - b.start));
}

/** Word boundaries from `from` to `to`, both ends included; at most 40. */
function boundaries(text: string, from: number, to: number): number[] {
  const all: number[] = [];
  for (let at = from; at <= to; at += 1) {
    const inWord = /\w/.test(text[at - 1] ?? '') && /\w/.test(text[at] ?? '');
    if (at === to || at === from || !inWord) all.push(at);
  }
  return all.length <= 40 ? all : [...all.slice(0, 20), ...all.slice(-20)];
}
