/** fixes.patch: a unified diff that `git apply` turns into the healed tree. */
import { FILE_HEADERS_ONLY, formatPatch, structuredPatch } from 'diff';

/** One changed file; `before` is null when the fixes created it. Paths use `/` and are relative to DIR. */
export interface FileChange {
  readonly path: string;
  readonly before: string | null;
  readonly after: string;
}

/** Empty text when nothing changed. Holds the user's own bytes: secrets are not masked. */
export function renderPatch(changes: readonly FileChange[]): string {
  return changes
    .filter(({ before, after }) => before !== after)
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
    .map(filePatch).join('');
}

function filePatch({ path, before, after }: FileChange): string {
  const isCreate = before === null;
  const patch = structuredPatch(isCreate ? '/dev/null' : `a/${path}`, `b/${path}`, before ?? '', after, undefined, undefined, { context: 3 });
  return formatPatch({ ...patch, isGit: true, ...(isCreate ? { isCreate } : {}) }, FILE_HEADERS_ONLY);
}
