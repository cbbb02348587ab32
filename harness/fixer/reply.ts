/** What a fixer printed → a fix that may be tried, or one sentence why not. Nothing in it is believed: the boot decides. */
import type { Fix } from '../../scenarios/types.ts';
import { editsBetween } from '../../source/edits.ts';
import type { Edit, Source } from '../../source/types.ts';
import type { CodeFix } from '../report/schema.ts';
import { fixerReplySchema } from './contract.ts';

/** `none`: the fixer knows no fix, which is an honest answer. */
export type Reply = { readonly fix: Fix } | { readonly problem: string } | 'none';

/** A fix of more than this is a rewrite, not a smallest change. */
const MAX_EDITS = 50;

export function readReply(stdout: string, source: Source): Reply {
  if (stdout.trim() === '') return 'none';
  let value: unknown;
  try {
    value = JSON.parse(stdout);
  } catch {
    return { problem: 'It printed something that is no JSON.' };
  }
  const parsed = fixerReplySchema.safeParse(value);
  if (!parsed.success) return { problem: `Its answer breaks the contract: ${parsed.error.issues[0]?.message ?? 'unknown shape'}.` };
  const reply = parsed.data;
  if (reply === null) return 'none';
  const { fix: first, further_edits: further = [], title } = 'fix' in reply ? reply : { fix: reply };
  return first === null ? 'none' : toFix([first, ...further], title, source);
}

function toFix(edits: readonly CodeFix[], title: string | undefined, source: Source): Reply {
  if (edits.length > MAX_EDITS) return { problem: `It wants ${edits.length} edits; ${MAX_EDITS} is the most that is tried.` };
  const texts = new Map<string, string>();
  for (const { file_path: file, old_code, new_code } of edits) {
    const problem = outside(file) ?? (source.opaque.includes(file) ? `${file} is no UTF-8 text and is never edited.` : undefined);
    if (problem !== undefined) return { problem };
    const text = texts.get(file) ?? source.files.get(file)?.text;
    if (old_code === '' && text !== undefined) return { problem: `${file} exists already, and its edit names no old code.` };
    if (old_code !== '' && (text === undefined || text.split(old_code).length !== 2)) return { problem: `Its old code occurs ${text === undefined ? 0 : text.split(old_code).length - 1} times in ${file}; it must occur once.` };
    const at = text?.indexOf(old_code) ?? 0;
    texts.set(file, (text ?? '').slice(0, at) + new_code + (text ?? '').slice(at + old_code.length));
  }
  const files = [...texts.keys()];
  return {
    fix: {
      title: title?.trim().split('\n')[0] || `Apply the outside fixer's change of ${files.join(', ')}`,
      // A person has to nod: no rule of ours knows why this is right.
      safety: 'likely',
      // Its edits were laid one over the other; ours are all laid over the tree as it is.
      edits: [...texts].flatMap(([file, text]): readonly Edit[] => editsOf(file, source.files.get(file)?.text, text)),
      explanation: `Proposed by the outside fixer: ${edits[0]?.explanation.trim() || 'it gave no reason.'}`,
    },
  };
}

function editsOf(file: string, before: string | undefined, after: string): readonly Edit[] {
  return before === undefined ? [{ file, old: '', new: after, at: 0 }] : editsBetween(file, before, after);
}

/** Why this path may not be edited; the loop refuses paths outside of the tree as well. */
function outside(file: string): string | undefined {
  const parts = file.split(/[\\/]/);
  if (/^(?:[\\/]|[A-Za-z]:)/.test(file) || file.includes('\0') || parts.some((part) => part === '..' || part === '.' || part === '')) return `${JSON.stringify(file)} does not lie in the tree.`;
  if (parts.some((part) => part === '.git' || part === '.boot-check')) return `${file} is no file of the backend.`;
  return undefined;
}
