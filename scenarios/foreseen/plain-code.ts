/** Python text without what is no code: comments and the insides of strings become blanks, so that lines and offsets stay. */

const QUIET = /(?<comment>#[^\n]*)|(?<prefix>\b[rRbBuUfFtT]{1,2})?(?<quote>"""|'''|"|')/g;

export function plainCode(text: string): string {
  let plain = '';
  let at = 0;
  QUIET.lastIndex = 0;
  for (let found = QUIET.exec(text); found !== null; found = QUIET.exec(text)) {
    const end = found.groups?.['comment'] === undefined ? endOfString(text, QUIET.lastIndex, found.groups?.['quote'] ?? '"') : QUIET.lastIndex;
    plain += text.slice(at, found.index) + (found.groups?.['quote'] === undefined ? '' : '"') + blank(text.slice(found.index, end)).slice(found.groups?.['quote'] === undefined ? 0 : 1);
    at = end;
    QUIET.lastIndex = end;
  }
  return plain + text.slice(at);
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
