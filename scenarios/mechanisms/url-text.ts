/**
 * Database URLs that are almost right. They are read the way a person does: the last `@` before something that looks like a host ends the
 * password, whatever the password holds. A strict reader stops at the first character that means something in a URL.
 */
import type { DatabaseUrl } from '../../source/database.ts';
import type { DotenvEntry } from '../../source/dotenv.ts';
import { dotenvEntries } from '../../source/dotenv.ts';
import type { Edit, Source } from '../../source/types.ts';
import { settingsUrls } from './drivers.ts';

/** `postgresql+asyncpg://user:p@ss/word@host:5432/name?ssl=require` */
const LOOSE = /^(?<head>[a-z][\w]*(?:\+\w+)?:\/\/)(?<user>[^:@/\s]+):(?<password>.+)@(?<host>[\w.-]+|\[[\da-f:]+\])(?<port>:\d+)?(?<tail>(?:\/[\w.-]*)?(?:\?[^@]*)?)$/d;

/** Characters that end a part of a URL, and a percent sign that begins no escape. */
const RESERVED = /[@/?#:[\]\s]|%(?![\da-fA-F]{2})/g;

export interface Unescaped {
  readonly url: DatabaseUrl;
  /** One edit for each character, so that none of them shows the password. */
  readonly edits: readonly Edit[];
}

/** URLs of the server whose password holds characters that must be percent-encoded. */
export function unescapedPasswords(source: Source, dialect: string): readonly Unescaped[] {
  return settingsUrls(source, dialect).filter((url) => !url.template).flatMap((url) => {
    const span = LOOSE.exec(url.url)?.indices?.groups?.['password'];
    const file = source.files.get(url.file);
    if (span === undefined || file === undefined) return [];
    // The offsets hold only where the file has the URL as it is read.
    if (file.text.slice(url.start, url.start + url.url.length) !== url.url) return [];
    const password = url.url.slice(span[0], span[1]);
    const edits = [...password.matchAll(RESERVED)].map((match): Edit => ({ file: url.file, old: match[0], new: encodeURIComponent(match[0]), at: url.start + span[0] + match.index }));
    return edits.length === 0 ? [] : [{ url, edits }];
  });
}

export interface BareAddress {
  readonly entry: DotenvEntry;
  readonly file: string;
  /** Offsets of the address within the entry's file, quotes and blanks around it left out. */
  readonly start: number;
  readonly end: number;
  readonly hasScheme: boolean;
  /** Offsets of what should be `://` and is not: `:/`, `//`, `:///` before a user. */
  readonly mark?: { readonly start: number; readonly end: number };
  /** Something besides the address is part of the value: quotes, blanks, a second `NAME=`. */
  readonly wrapped: boolean;
}

/** `postgresql:/user:…@host`, `postgresql//user:…@host`, `postgresql+asyncpg:///user:…@host` */
const BROKEN_MARK = /^[a-z]\w*(?:\+\w+)?(?<mark>:\/{0,1}(?!\/)|\/\/|:\/{3,})(?=[^@/\s]+:[^@\s]+@[\w.-]+)/d;

/** ` 'postgresql://…' `, `"…"`, `DATABASE_URL=postgresql://…`, `user:secret@host/name` */
const WRAPPED = /^(?<before>[\s"'`<]*(?:[A-Z_]+=)?[\s"'`<]*)(?<inside>(?<scheme>[a-z][\w+]*:\/\/)?[^\s"'`<>]+?)(?<after>[\s"'`>;,]*)$/;

/** The value of a variable that should hold an address; undefined when it holds nothing of the kind. */
export function addressIn(source: Source, file: string, variable: string): BareAddress | undefined {
  const text = source.files.get(file)?.text ?? '';
  const entry = dotenvEntries(text).findLast((each) => each.name.toLowerCase() === variable.toLowerCase());
  const found = entry?.value === null || entry?.value === undefined ? null : WRAPPED.exec(entry.value);
  if (!entry || !found?.groups) return undefined;
  const { before = '', inside = '', after = '', scheme } = found.groups;
  const mark = BROKEN_MARK.exec(inside)?.indices?.groups?.['mark'];
  const known = /^(?:postgres(?:ql)?|mysql|mariadb|sqlite)\b/.test(inside);
  if (scheme === undefined && !(mark !== undefined && known) && !/^[^@/\s]+@[\w.-]+(?::\d+)?(?:\/|$)/.test(inside)) return undefined;
  const at = text.indexOf(inside, entry.start);
  if (at < 0 || at + inside.length > entry.end) return undefined;
  const broken = mark !== undefined && known ? { mark: { start: at + mark[0], end: at + mark[1] } } : {};
  return { entry, file, start: at, end: at + inside.length, hasScheme: scheme !== undefined || 'mark' in broken, wrapped: before !== '' || after !== '', ...broken };
}
