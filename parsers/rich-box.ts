/**
 * rich draws tracebacks into boxes (typer, fastapi-cli, `rich.traceback.install()`). This turns a box back into the lines
 * the interpreter would have printed, so that one parser reads both. Panels of local variables are dropped: they hold secrets
 * and words like "Error".
 */
import type { LogicalLine } from './logical-lines.ts';

/** `╭───────── Traceback (most recent call last) ─────────╮` */
const TOP = /^\s*╭─+ ?Traceback \(most recent call last\) ?─+╮\s*$/;
const BOTTOM = /^\s*╰─+╯\s*$/;
/** `│ /app/src/main.py:12 in <module>                     │`, `/app/src/main.py:12` (a SyntaxError's place) */
const FRAME = /^(?<file>\S.*?):(?<line>\d{1,7})(?: in (?<name>\S+))?\s*$/;
/** `│ in _gcd_import:1406`: a frame of a frozen module, which says nothing */
const FROZEN = /^in [\w<>.]{1,200}:\d{1,7}$/;
/** `│ ❱ 12 from nowhere import thing                       │` */
const CULPRIT = /^\s*❱\s*\d{1,7} (?:│ ?)?(?<source>.*)$/;

/** Replaces rich's boxes by plain traceback lines; other lines pass through. */
export function unboxRich(lines: readonly LogicalLine[]): LogicalLine[] {
  if (!lines.some((line) => TOP.test(line.text.slice(0, 1000)))) return [...lines];
  const out: LogicalLine[] = [];
  for (let at = 0; at < lines.length; ) {
    const line = lines[at];
    if (!line) break;
    if (!TOP.test(line.text.slice(0, 1000))) {
      out.push(line);
      at += 1;
      continue;
    }
    const end = lines.findIndex((other, position) => position > at && BOTTOM.test(other.text.slice(0, 1000)));
    const body = lines.slice(at + 1, end === -1 ? lines.length : end);
    out.push({ ...line, text: 'Traceback (most recent call last):' }, ...unbox(body));
    at = end === -1 ? lines.length : end + 1;
    at = unboxSyntax(lines, at, out);
    const width = line.text.trimEnd().length;
    at = joinWrapped(lines, at, width, out);
  }
  return out;
}

/** A SyntaxError has a box of its own below: place, source, and a triangle where it broke. */
function unboxSyntax(lines: readonly LogicalLine[], at: number, out: LogicalLine[]): number {
  if (!/^\s*╭─+╮\s*$/.test(lines[at]?.text.slice(0, 1000) ?? '')) return at;
  const end = lines.findIndex((line, position) => position > at && BOTTOM.test(line.text.slice(0, 1000)));
  if (end === -1) return at;
  for (const line of lines.slice(at + 1, end)) {
    const content = line.text.replace(/^\s*│ /, '').replace(/ *│\s*$/, '');
    const found = FRAME.exec(content.trim())?.groups;
    out.push({ ...line, text: found ? frameLine(found['file'] ?? '', found['line'] ?? '0', undefined) : `    ${content.replace('▲', '^')}` });
  }
  return end + 1;
}

function unbox(body: readonly LogicalLine[]): LogicalLine[] {
  const out: LogicalLine[] = [];
  let held = '';
  for (const line of body) {
    const content = line.text.replace(/^\s*│ ?/, '').replace(/ *│\s*$/, '');
    if (/^\s*[╭│╰]/.test(content) || FROZEN.test(content)) continue;
    const source = CULPRIT.exec(content)?.groups?.['source'];
    if (source !== undefined) {
      out.push({ ...line, text: `    ${source.replace(/^[│\s]+/, '').trim()}` });
      continue;
    }
    if (!/^[/<.\w~]/.test(content) && held === '') continue;
    const found = FRAME.exec(held + content)?.groups;
    // A path too long for the box goes on in the next line.
    held = found || content === '' ? '' : held + content;
    if (found) out.push({ ...line, text: frameLine(found['file'] ?? '', found['line'] ?? '0', found['name']) });
  }
  return out;
}

function frameLine(file: string, line: string, name: string | undefined): string {
  return `  File "${file}", line ${line}${name === undefined ? '' : `, in ${name}`}`;
}

/** The exception line stands below the box, wrapped to its width: a line whose successor's first word had no room goes on there. */
function joinWrapped(lines: readonly LogicalLine[], from: number, width: number, out: LogicalLine[]): number {
  const first = lines[from];
  if (!first || first.head || first.text.trim() === '') return from;
  let text = first.text.trimEnd();
  let last = text.length;
  let at = from + 1;
  for (let next = lines[at]; next && !next.head && next.text.trim() !== ''; next = lines[at]) {
    const word = next.text.trim().split(' ', 1)[0] ?? '';
    if (last + 1 + word.length <= width || /^\s/.test(next.text)) break;
    text += ` ${next.text.trim()}`;
    last = next.text.trimEnd().length;
    at += 1;
  }
  out.push({ ...first, text });
  return at;
}
