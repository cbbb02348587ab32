/** Lays a fix over the tree in memory. What cannot be applied, or would not parse, is refused here and costs no boot. */
import { applyEdits } from '../../source/edits.ts';
import type { Edit, Source } from '../../source/types.ts';
import type { Fix } from '../../scenarios/types.ts';
import type { State } from './session.ts';
import type { LoopDeps, Texts } from '../types.ts';

/** Either the texts after the fix, or one sentence why it cannot be applied. */
export type Applied = { readonly texts: Texts } | { readonly problem: string };

export async function applyFix(state: State, fix: Fix, syntaxProblem: LoopDeps['syntaxProblem']): Promise<Applied> {
  for (const edit of fix.edits) {
    const problem = unfit(edit, state.source);
    if (problem) return { problem };
  }
  let changed: Texts;
  try {
    changed = applyEdits(state.source.files, fix.edits);
  } catch (error) {
    return { problem: `The edit does not fit the file: ${error instanceof Error ? error.message : String(error)}` };
  }
  const real = [...changed].filter(([file, text]) => state.source.files.get(file)?.text !== text);
  if (real.length === 0) return { problem: 'The fix changes nothing.' };
  for (const [file, text] of real) {
    const problem = await newlyBroken(state.source, file, text, syntaxProblem);
    if (problem) return { problem: `${file} would no longer parse: ${problem}` };
  }
  return { texts: new Map([...state.texts, ...real]) };
}

function unfit(edit: Edit, source: Source): string | undefined {
  if (edit.file.startsWith('/') || edit.file.split('/').some((part) => part === '..' || part === '')) {
    return `${edit.file} does not lie in the tree.`;
  }
  if (source.opaque.includes(edit.file)) return `${edit.file} is not UTF-8 text and is never edited.`;
  if (!source.files.has(edit.file) && edit.old !== '') return `${edit.file} does not exist.`;
  return undefined;
}

/** A file that did not parse before may still not parse (it can hold two faults); one that did must. */
export async function newlyBroken(source: Source, file: string, text: string, syntaxProblem: LoopDeps['syntaxProblem']): Promise<string | null> {
  if (!/\.(?:pyi?|toml)$/.test(file)) return null;
  const after = await syntaxProblem(file, text);
  if (after === null) return null;
  const before = source.files.get(file);
  return before && (await syntaxProblem(file, before.text)) !== null ? null : after;
}
