/** A bundle's tree as it was for one of its boots: what was found, with the fixes that had been kept by then. */
import type { Bundle, BundleEntry, BundleFix } from './bundle.ts';

/** @returns in fix order; null when the bundle does not say it, as those of earlier versions do not between their first attempt and their last */
export function fixesBefore({ kept, boots }: Bundle['outcome'], boot: number): readonly BundleFix[] | null {
  if (kept.every(({ since }) => since !== undefined)) return kept.filter(({ since }) => since !== undefined && since < boot);
  const attempts = boots.filter(({ purpose }) => purpose === 'attempt').map(({ number }) => number);
  if (attempts.every((number) => number >= boot)) return [];
  return attempts.every((number) => number < boot) ? kept : null;
}

export interface TreeAt {
  readonly tree: readonly BundleEntry[];
  readonly made: readonly BundleFix[];
  /** Those of the asked ones whose text is not in this tree: another fix, which is not asked for, makes it. */
  readonly left: readonly BundleFix[];
}

/** By plain replacement as the report says; a fix is made whole or not at all. */
export function treeWith({ tree, facts }: Pick<Bundle, 'tree' | 'facts'>, fixes: readonly BundleFix[]): TreeAt {
  let entries: ReadonlyMap<string, BundleEntry> = new Map(tree.map((entry) => [entry.path, entry]));
  const [made, left]: [BundleFix[], BundleFix[]] = [[], []];
  for (const fix of fixes) {
    const after = replaced(entries, fix, facts.root);
    (after === null ? left : made).push(fix);
    entries = after ?? entries;
  }
  return { tree: [...entries.values()], made, left };
}

function replaced(entries: ReadonlyMap<string, BundleEntry>, { edits }: BundleFix, root: string): ReadonlyMap<string, BundleEntry> | null {
  const after = new Map(entries);
  for (const { file_path, old_code, new_code } of edits) {
    const path = root === '.' ? file_path : `${root}/${file_path}`;
    const entry = after.get(path) ?? { path, text: '' };
    const text = replacedOnce(entry.text, old_code, new_code);
    if (text === null) return null;
    after.set(path, { ...entry, text });
  }
  return after;
}

/** The old text stands there exactly once, or the file is new. */
function replacedOnce(text: string | undefined, old: string, replacement: string): string | null {
  if (text === undefined) return null;
  if (old === '') return text === '' ? replacement : null;
  const at = text.indexOf(old);
  return at === -1 || text.includes(old, at + 1) ? null : text.slice(0, at) + replacement + text.slice(at + old.length);
}
