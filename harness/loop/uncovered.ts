/**
 * A start that stops earlier than before is worse, with one exception: where the fix makes it load a file that it did not reach before, and
 * that file has a fault of its own. That fault was hidden behind the one that is gone.
 */
import type { Frame } from '../../parsers/evidence.ts';
import type { Source } from '../../source/types.ts';
import type { BootRecord } from '../types.ts';

/** The tree before a fix and with it. */
export interface Change {
  readonly from: Source;
  readonly to: Source;
}

/** Whether the boot of `to` stopped below an import that only the fix brought, in another file than that of the import. */
export function uncovered({ evidence }: BootRecord, change: Change): boolean {
  const last = evidence.faults[0]?.chain.at(-1);
  if (last === undefined || /\bpartially initialized module\b/.test(last.message)) return false;
  const own = last.frames.filter(({ owner }) => owner === 'tree');
  const place = last.syntax?.file ?? own.at(-1)?.file;
  return own.some((frame) => frame.file !== place && isNew(frame, change));
}

function isNew({ file, line }: Frame, { from, to }: Change): boolean {
  const text = to.files.get(file)?.text.split('\n')[line - 1];
  const before = from.files.get(file)?.text;
  return text !== undefined && before !== undefined && /^\s*(?:from|import)\b/.test(text) && !before.split('\n').includes(text);
}
