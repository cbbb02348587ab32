/**
 * HTML as values: what is put into an `html` template is text unless it is HTML already, so that nothing a log, a path or a package says can
 * become markup. Texts lose terminal sequences and control characters; characters that reorder what a reader sees are shown by their number.
 */
import { clean } from '../layout.ts';

export interface Html { readonly markup: string }

type Value = Html | string | number | readonly Value[] | null | undefined | false;

export function html(strings: TemplateStringsArray, ...values: readonly Value[]): Html {
  return { markup: strings.reduce((out, part, index) => out + rendered(values[index - 1]) + part) };
}

/** Text of several lines. */
export function multiline(text: string): string {
  return text.split(/\r\n|\r|\n/).map((line) => clean(line)).join('\n');
}

function rendered(value: Value): string {
  if (value === null || value === undefined || value === false) return '';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'string') return escaped(value);
  return isMany(value) ? value.map(rendered).join('') : value.markup;
}

function isMany(value: Html | readonly Value[]): value is readonly Value[] {
  return Array.isArray(value);
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
/** Bidirectional overrides and isolates: `admin‮nimda‬` would be read backwards. */
const REORDERING = /[\u202A-\u202E\u2066-\u2069\u200E\u200F]/g;

function escaped(text: string): string {
  return multiline(text).replace(/[&<>"']/g, (found) => ENTITIES[found] ?? '')
    .replace(REORDERING, (found) => `<span class="codepoint">U+${(found.codePointAt(0) ?? 0).toString(16).toUpperCase()}</span>`);
}
