/**
 * Edits that lie inside a secret. A password with an `@` that must be `%40` is changed by one character, and that character, or what
 * surrounds it to make it unique, is a piece of the password: no list of known values masks a piece. Such an edit is shown as the whole
 * lines it stands in, the secret taken out of both; `fixes.patch` and `healed/` have the real bytes.
 */
import { mask } from '../../parsers/mask.ts';
import { lineStart } from '../../source/splice.ts';
import type { Edit } from '../../source/types.ts';
import type { Draft } from './drafts.ts';
import type { OriginalFiles } from './lines.ts';
import { isPublicDefault } from './masking.ts';
import type { CodeFix } from './schema.ts';

const SAID = 'What changes is inside a secret and is masked here; fixes.patch has it.';

/** @param drafts in fix order: applied edits build on each other, the others are for the tree after them */
export function concealDrafts(drafts: readonly Draft[], original: OriginalFiles, secrets: readonly string[]): readonly Draft[] {
  const values = formsOf(secrets);
  if (values.length === 0) return drafts;
  const texts = new Map([...original].map(([file, { text }]) => [file, text]));
  const applied = new Map(drafts.filter(({ kept }) => kept !== null).map((draft) => [draft, concealFixes(draft.edits, texts, values)]));
  return drafts.map((draft) => ({ ...draft, edits: applied.get(draft) ?? concealFixes(draft.edits, new Map(texts), values) }));
}

/** Edits by their offsets, as rules give them. */
export function concealEdits(edits: readonly Edit[], files: OriginalFiles, secrets: readonly string[]): readonly Edit[] {
  const values = formsOf(secrets);
  return values.length === 0 ? edits : edits.map((edit) => {
    const text = files.get(edit.file)?.text ?? '';
    // The offset is that of the boot that showed the fault; earlier fixes may have moved it.
    const at = text.startsWith(edit.old, edit.at) ? edit.at : text.indexOf(edit.old);
    return at === -1 ? edit : { ...edit, ...shown({ ...edit, text, at }, values) };
  });
}

/** Each is laid over `texts`, so that the next one finds its place. */
function concealFixes(fixes: readonly CodeFix[], texts: Map<string, string>, values: readonly string[]): readonly CodeFix[] {
  return fixes.map((fix) => {
    const text = texts.get(fix.file_path) ?? '';
    const at = text.indexOf(fix.old_code);
    if (at === -1) return fix;
    texts.set(fix.file_path, text.slice(0, at) + fix.new_code + text.slice(at + fix.old_code.length));
    const { old, new: after } = shown({ text, at, old: fix.old_code, new: fix.new_code }, values);
    if (old === fix.old_code && after === fix.new_code) return fix;
    return { ...fix, old_code: old, new_code: after, explanation: fix.explanation.includes('not shown here') ? fix.explanation : `${fix.explanation} ${SAID}` };
  });
}

interface Place extends Pick<Edit, 'at' | 'old' | 'new'> {
  /** Of the file before the edit. */
  readonly text: string;
}

function shown(place: Place, values: readonly string[]): Pick<Edit, 'old' | 'new'> {
  const { text, at, old } = place;
  const after = text.slice(0, at) + place.new + text.slice(at + old.length);
  if (!cuts(text, at, at + old.length, values) && !cuts(after, at, at + place.new.length, values)) return { old, new: place.new };
  return { old: mask(linesAround(text, at, at + old.length)), new: mask(linesAround(after, at, at + place.new.length)) };
}

/** Does the span share characters with a secret, or stand inside one, without holding all of it? */
function cuts(text: string, from: number, to: number, values: readonly string[]): boolean {
  return values.some((value) => {
    for (let start = text.indexOf(value); start !== -1; start = text.indexOf(value, start + 1)) {
      const end = start + value.length;
      if (start < to && end > from && !(start >= from && end <= to)) return true;
    }
    return false;
  });
}

function linesAround(text: string, from: number, to: number): string {
  const end = text.indexOf('\n', to);
  return text.slice(lineStart(text, from), end === -1 ? text.length : end);
}

/** `postgresql://shop:secret@db/shop`, and `postgresql//…` too: its scheme and host are no secret, and its password is a value of its own. */
const ADDRESS = /^[a-z][\w+.-]{0,40}:?\/{1,3}[^\s@]{0,100}:.{1,200}@/;

/** What masking by value leaves alone is not concealed either: tutorial words, and what is too short to protect anything. */
function formsOf(secrets: readonly string[]): readonly string[] {
  const values = secrets.filter((value) => value.length >= 4 && !isPublicDefault(value) && !ADDRESS.test(value));
  return [...new Set(values.flatMap((value) => [value, value.isWellFormed() ? encodeURIComponent(value) : value]))];
}
