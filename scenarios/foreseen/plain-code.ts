/** Python text without what is no code: comments and the insides of strings become blanks, so that lines and offsets stay. */

export interface PlainCode {
  readonly code: string;
  /** Numbers of the lines that begin inside a string: they continue a statement, however they are indented. */
  readonly inside: ReadonlySet<number>;
}

const QUIET = /(?<comment>#[^\n]*)|(?<prefix>\b[rRbBuUfFtT]{1,2})?(?<quote>"""|'''|"|')/g;

export function plainCode(text: string): string {
  return readPlain(text).code;
}

export function readPlain(text: string): PlainCode {
  const inside = new Set<number>();
  let plain = '';
  let at = 0;
  let line = 1;
  QUIET.lastIndex = 0;
  for (let found = QUIET.exec(text); found !== null; found = QUIET.exec(text)) {
    const end = found.groups?.['comment'] === undefined ? endOfString(text, QUIET.lastIndex, found.groups?.['quote'] ?? '"') : QUIET.lastIndex;
    line += newlines(text.slice(at, found.index));
    const last = line + newlines(text.slice(found.index, end));
    while (line < last) inside.add((line += 1));
    plain += text.slice(at, found.index) + (found.groups?.['quote'] === undefined ? '' : '"') + blank(text.slice(found.index, end)).slice(found.groups?.['quote'] === undefined ? 0 : 1);
    at = end;
    QUIET.lastIndex = end;
  }
  return { code: plain + text.slice(at), inside };
}

function newlines(text: string): number {
  return text.split('\n').length - 1;
}

function endOfString(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text.startsWith(quote, at)) return at + quote.length;
    // A string of one line that is not closed is a broken file; the rest of it is code again.
    else if (quote.length === 1 && text[at] === '\n') return at;
  }
  return text.length;
}

function blank(text: string): string {
  return text.replace(/[^\n\r]/g, ' ');
}
