/** `.env` files as python-dotenv reads them, with spans for editing. */
import { lineEnding, replaceSpan } from './splice.ts';
import { lineAt } from './syntax.ts';
import type { Edit, SourceFile } from './types.ts';

export interface DotenvEntry {
  readonly name: string;
  /** Unquoted and unescaped; interpolation is left as written. null for a bare `NAME` line. */
  readonly value: string | null;
  readonly line: number;
  /** Of the value as written, quotes included; equal offsets when empty. */
  readonly start: number;
  readonly end: number;
  readonly quote: '' | '"' | "'";
}

// export NAME = "value with \" and
// newlines"   # comment
const ENTRY = /^(?<lead>[ \t]*(?:export[ \t]+)?)(?<name>'[^'\r\n]+'|[^=#\s]+)[ \t]*(?<equals>=[ \t]*(?<value>'(?:\\'|[^'])*'|"(?:\\"|[^"])*"|[^\r\n]*))?/gm;

/** Comment lines are skipped; a line that is no assignment is ignored, as python-dotenv does with a warning. */
export function dotenvEntries(text: string): readonly DotenvEntry[] {
  const start = text.startsWith('\uFEFF') ? 1 : 0;
  const entries: DotenvEntry[] = [];
  ENTRY.lastIndex = start;
  for (let match = ENTRY.exec(text); match; match = ENTRY.exec(text)) {
    const { lead = '', name = '', equals, value = '' } = match.groups ?? {};
    if (name !== '' && !name.startsWith('#')) entries.push(entryAt(text, match.index + lead.length, unquoteName(name), equals, value, match.index + match[0].length));
    // Values may span lines: the next entry begins in the line behind this one.
    const next = text.indexOf('\n', ENTRY.lastIndex);
    if (next === -1) break;
    ENTRY.lastIndex = next + 1;
  }
  return entries;
}

function unquoteName(name: string): string {
  return name.startsWith("'") ? name.slice(1, -1) : name;
}

function entryAt(text: string, nameAt: number, name: string, equals: string | undefined, written: string, end: number): DotenvEntry {
  const line = lineAt(text, nameAt + 1);
  if (equals === undefined) return { name, value: null, line, start: end, end, quote: '' };
  const start = end - written.length;
  const quote = written[0] === '"' || written[0] === "'" ? written[0] : '';
  if (quote !== '' && written.length > 1 && written.endsWith(quote)) {
    const body = written.slice(1, -1);
    return { name, line, start, end, quote, value: quote === '"' ? unescape(body) : body.replace(/\\(['\\])/g, '$1') };
  }
  const plain = written.replace(/(^|\s+)#.*$/, '').trimEnd();
  return { name, value: plain, line, start, end: start + plain.length, quote: '' };
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '"': '"', '\\': '\\', "'": "'", a: '\x07', b: '\b', f: '\f', v: '\v' };

function unescape(body: string): string {
  return body.replace(/\\([abfnrtv"'\\])/g, (_, letter: string) => ESCAPES[letter] ?? letter);
}

/** Name → value; later lines win. */
export function dotenvOf(file: Pick<SourceFile, 'text'>): ReadonlyMap<string, string> {
  return new Map(dotenvEntries(file.text).flatMap(({ name, value }) => (value === null ? [] : [[name, value] as const])));
}

/** The same with `${NAME}` and `${NAME:-default}` filled in from earlier values, as python-dotenv gives them to the app. */
export function filledDotenv(file: Pick<SourceFile, 'text'>): ReadonlyMap<string, string> {
  const filled = new Map<string, string>();
  for (const [name, value] of dotenvOf(file)) {
    filled.set(name, value.replace(/\$\{(?<name>[^}:]*)(?::-(?<word>[^}]*))?\}/g, (_, known: string, word: string | undefined) => filled.get(known) ?? word ?? ''));
  }
  return filled;
}

/** Appends NAME=value, or replaces the value where the variable is set. `file` may be `{path: '.env', text: ''}` to create it. */
export function setVariable(file: SourceFile, name: string, value: string): readonly Edit[] {
  const known = dotenvEntries(file.text).findLast((entry) => entry.name === name);
  if (known && known.value !== null) return replaceValue(file, name, value);
  const eol = lineEnding(file.text);
  if (known) return replaceSpan(file, known, `=${quoted(value, '')}`);
  const open = file.text !== '' && !file.text.endsWith('\n');
  const at = file.text.length;
  return [{ file: file.path, old: '', new: `${open ? eol : ''}${name}=${quoted(value, '')}${open ? '' : eol}`, at }];
}

/** Replaces one value, quotes and comment kept. Empty when the variable is not there. */
export function replaceValue(file: SourceFile, name: string, value: string): readonly Edit[] {
  const known = dotenvEntries(file.text).findLast((entry) => entry.name === name);
  if (!known || known.value === null || known.value === value) return [];
  return replaceSpan(file, known, quoted(value, known.quote));
}

/** The value as written: in its old quotes, or in new ones when it would not survive without. */
function quoted(value: string, quote: '' | '"' | "'"): string {
  if (quote === "'") return `'${value.replace(/(['\\])/g, '\\$1')}'`;
  const plain = value === value.trim() && !/\n|\s#|^["'#]/.test(value);
  if (quote === '' && plain) return value;
  return `"${value.replace(/(["\\])/g, '\\$1').replaceAll('\n', '\\n')}"`;
}

/** `.env.example`, `.env_examples`, `env.sample`, `example.env`: what a person copies and fills in. @param path relative; only its last part counts */
export function isEnvExample(path: string): boolean {
  return /^(?:\.?env[\w.-]*(?:example|sample|template|dist)s?|(?:example|sample)\.env)$/i.test(path.slice(path.lastIndexOf('/') + 1));
}
