/**
 * Carries edits from the text they were written for to another version of it: a three-way merge at the size of words. Needed when
 * a fix below is dropped, and when the report's order differs from the order of discovery.
 */
import { diffArrays } from 'diff';
import type { Edit } from '../../source/types.ts';

/** An unchanged or changed stretch: half-open offsets in both versions. */
interface Stretch {
  readonly same: boolean;
  readonly base: readonly [number, number];
  readonly onto: readonly [number, number];
}

/** The edits with offsets in `onto`; undefined when the text they replace is not there any more. */
export function rebase(edits: readonly Edit[], base: string, onto: string): readonly Edit[] | undefined {
  if (base === onto) return edits;
  const stretches = compare(base, onto);
  const moved: Edit[] = [];
  for (const edit of edits) {
    const at = edit.old === '' ? mapPoint(stretches, edit.at) : (mapSpan(stretches, edit.at, edit.at + edit.old.length) ?? onlyPlaceOf(edit.old, onto));
    if (at === undefined) return undefined;
    moved.push({ ...edit, at });
  }
  return overlap(moved) ? undefined : moved;
}

/** Lays edits (offsets in `text`, not overlapping) over a text. */
export function layOver(text: string, edits: readonly Edit[]): string {
  let result = text;
  // Equal offsets: the later edit of the list comes behind the earlier one, so it is laid first.
  const backwards = edits.map((edit, order) => ({ edit, order })).toSorted((a, b) => b.edit.at - a.edit.at || b.order - a.order);
  for (const { edit } of backwards) result = result.slice(0, edit.at) + edit.new + result.slice(edit.at + edit.old.length);
  return result;
}

function overlap(edits: readonly Edit[]): boolean {
  const sorted = edits.toSorted((a, b) => a.at - b.at || a.old.length - b.old.length);
  return sorted.some((edit, index) => {
    const next = sorted[index + 1];
    return next !== undefined && edit.at + edit.old.length > next.at;
  });
}

function mapSpan(stretches: readonly Stretch[], start: number, end: number): number | undefined {
  const home = stretches.find((one) => one.same && one.base[0] <= start && end <= one.base[1]);
  return home && home.onto[0] + (start - home.base[0]);
}

/** A point inside a stretch that is simply gone moves to where it was; inside a rewritten one it has no place. */
function mapPoint(stretches: readonly Stretch[], at: number): number | undefined {
  const same = stretches.find((one) => one.same && one.base[0] <= at && at <= one.base[1]);
  if (same) return same.onto[0] + (at - same.base[0]);
  const changed = stretches.find((one) => one.base[0] <= at && at <= one.base[1]);
  if (!changed) return undefined;
  if (at === changed.base[1]) return changed.onto[1];
  return at === changed.base[0] || changed.onto[0] === changed.onto[1] ? changed.onto[0] : undefined;
}

function onlyPlaceOf(old: string, text: string): number | undefined {
  const first = text.indexOf(old);
  return first !== -1 && text.indexOf(old, first + 1) === -1 ? first : undefined;
}

function compare(base: string, onto: string): readonly Stretch[] {
  const stretches: Stretch[] = [];
  let at = 0;
  let to = 0;
  const changes = diffArrays(wordsOf(base), wordsOf(onto));
  for (let index = 0; index < changes.length; index += 1) {
    let removed = 0;
    let added = 0;
    while (changes[index]?.added || changes[index]?.removed) {
      const length = changes[index]?.value.join('').length ?? 0;
      if (changes[index]?.added) added += length;
      else removed += length;
      index += 1;
    }
    if (removed || added) stretches.push({ same: false, base: [at, at + removed], onto: [to, to + added] });
    at += removed;
    to += added;
    const length = changes[index]?.value.join('').length ?? 0;
    if (length) stretches.push({ same: true, base: [at, at + length], onto: [to, to + length] });
    at += length;
    to += length;
  }
  return stretches;
}

/** Words, single marks, runs of blanks, line ends: together the whole text. */
function wordsOf(text: string): string[] {
  return text.match(/\w+|\r\n|\n|[^\S\r\n]+|[^\w\s]|\s/gu) ?? [];
}
