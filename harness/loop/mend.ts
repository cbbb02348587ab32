/**
 * A package that a fix adds may not go together with a version that the manifest pins: then that attempt stops at the installation, and the
 * resolver, asked after every such boot, names the pins that must move. They belong to the fix that brought the package, and are tried with it.
 */
import { stageRank } from '../../parsers/boot-output.ts';
import type { Fix } from '../../scenarios/types.ts';
import { editsBetween } from '../../source/edits.ts';
import { declaredRequirements } from '../../source/manifest.ts';
import type { Edit, Source } from '../../source/types.ts';
import { applyFix } from './apply.ts';
import { applicable } from './choose.ts';
import type { Choice } from './choose.ts';
import type { Session, State } from './session.ts';
import type { BootRecord, Texts } from '../types.ts';

/** An attempt that was not kept, with the trees and boots around it. */
export interface Failed extends Choice {
  readonly from: State;
  readonly to: State;
  readonly before: BootRecord;
  readonly after: BootRecord;
}

/** The fix and the moves that its added package needs, as one; undefined when the attempt failed by anything else. */
export async function withMoves({ deps, options }: Session, { fix, from, to, before, after }: Failed): Promise<Fix | undefined> {
  const atInstall = after.evidence.stage === 'install' && stageRank(before.evidence.stage) > stageRank('install');
  const added = namesOf(to.source).difference(namesOf(from.source));
  if (!atInstall || added.size === 0) return undefined;
  const [move] = after.findings.filter(({ stage }) => stage === 'install').flatMap((finding) => applicable(finding, options));
  if (move === undefined) return undefined;
  const applied = await applyFix(to, move, deps.syntaxProblem);
  if ('problem' in applied) return undefined;
  // A cure that takes the package out again would undo the fix.
  if (!added.isSubsetOf(namesOf(await deps.sourceWith(applied.texts)))) return undefined;
  return {
    ...fix, title: `${fix.title}; ${move.title.slice(0, 1).toLowerCase()}${move.title.slice(1)}`,
    safety: fix.safety === 'safe' ? move.safety : fix.safety, edits: joined(fix, move, from.source, applied.texts),
    explanation: `${fix.explanation} The package that it adds does not go together with the requirements as they are. ${move.explanation}`,
  };
}

/** Distributions that the manifest names. */
function namesOf(source: Source): ReadonlySet<string> {
  return new Set(declaredRequirements(source).map(({ name }) => name));
}

/** The fix's own edits where the moves touch nothing, and what became of the other files, as seen from the tree before both. */
function joined(fix: Fix, move: Fix, from: Source, texts: Texts): readonly Edit[] {
  const moved = new Set(move.edits.map(({ file }) => file));
  const rest = [...moved].flatMap((file) => {
    const text = texts.get(file) ?? '';
    const old = from.files.get(file)?.text;
    return old === undefined ? [{ file, old: '', new: text, at: 0 }] : editsBetween(file, old, text);
  });
  return [...fix.edits.filter(({ file }) => !moved.has(file)), ...rest];
}
