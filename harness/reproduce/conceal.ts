/**
 * Secrets out of a bundle, in a way that still boots: each is replaced by a stand-in of the same length, the same one everywhere, so that a
 * password in a URL still is the password of that URL and a key is still long enough.
 */
import { mask } from '../../parsers/mask.ts';

export type Conceal = (text: string) => string;

/** Words that every tutorial has as passwords: they protect nothing, and replacing them would change the code. */
const PUBLIC = /^(?:postgres|postgresql|password|root|admin|user|test|app|db|dev|local|localhost|example|secret|changeme|\d{1,6}|true|false|none|null)$/i;

/** @param known values that the run knows to be secret @param texts of the whole tree, searched for what looks like one */
export function concealer(known: readonly string[], texts: readonly string[]): { readonly conceal: Conceal; readonly values: readonly string[] } {
  const found = texts.flatMap((text) => text.split('\n').flatMap(hiddenIn));
  const values = [...new Set([...known, ...found])].filter((value) => value.length >= 4 && !PUBLIC.test(value.trim())).toSorted((a, b) => b.length - a.length || (a < b ? -1 : 1));
  const pairs = values.flatMap((value, index): (readonly [string, string])[] => {
    const standIn = standInFor(value, index + 1);
    const encoded = value.isWellFormed() ? encodeURIComponent(value) : value;
    return encoded === value ? [[value, standIn]] : [[value, standIn], [encoded, standIn]];
  });
  return { values, conceal: (text) => pairs.reduce((out, [value, standIn]) => out.replaceAll(value, standIn), text) };
}

/** Of a URL only its password goes: the rest says which driver, host and database. */
function standInFor(value: string, number: number): string {
  const url = /^(?<before>[a-z][\w+.-]*:\/\/[^:@/\s]*:)(?<password>[^@\s]+)(?<after>@.*)$/s.exec(value)?.groups;
  if (url) return `${url['before']}${standInFor(url['password'] ?? '', number)}${url['after']}`;
  return `standin${number}x`.padEnd(value.length, 'x').slice(0, Math.max(value.length, 4));
}

/** What the mask takes out of a line, where it is a written value and no code. */
function hiddenIn(line: string): string[] {
  if (line.length > 5_000) return [];
  const masked = mask(line);
  if (masked === line || !masked.includes('***')) return [];
  const parts = masked.split('***');
  const values: string[] = [];
  let at = (parts[0] ?? '').length;
  for (const part of parts.slice(1)) {
    const end = part === '' ? line.length : line.indexOf(part, at);
    if (end === -1) break;
    values.push(line.slice(at, end));
    at = end + part.length;
  }
  return values.map((value) => value.replace(/^["']|["'],?$/g, '')).filter(isWritten);
}

/** `sk-live-51f…`, not `settings.secret_key`, `os.environ[...]` or `{password}`. */
function isWritten(value: string): boolean {
  return value.length >= 8 && /^[\w+/=.~!@#%^*-]+$/.test(value) && !/^[A-Za-z_][\w.]*$/.test(value);
}
