/** Asks the resolver after a boot that stopped at its packages, so that rules find other versions in the index. */
import type { Place } from '../agent/runtime.ts';
import type { Evidence } from '../parsers/evidence.ts';
import { detectAll } from '../scenarios/load.ts';
import { versionQuestion } from '../scenarios/mechanisms/versions.ts';
import type { PackageIndex, Resolution, Source } from '../source/types.ts';

/** What one boot showed, without the resolver's answers. */
export interface Shown {
  readonly evidence: Evidence;
  readonly source: Source;
  readonly index: PackageIndex;
}

/** Answers by question: the same one is not asked twice in a run. */
export type Answers = Map<string, readonly Resolution[]>;

/** The index with `resolutions` when versions are the matter, else as it is. @param lastChange ISO time of the tree's last commit */
export async function withVersions(
  place: () => Promise<Pick<Place, 'resolve'>>, { evidence, source, index }: Shown, lastChange: string | undefined, answers: Answers, signal: AbortSignal,
): Promise<PackageIndex> {
  if (evidence.stage === 'healthy') return index;
  const question = versionQuestion(evidence, source, index, detectAll(evidence, source, index).findings, lastChange);
  if (question === undefined) return index;
  const key = JSON.stringify(question);
  const resolutions = answers.get(key) ?? await (await place()).resolve({ install: source.install, question }, signal);
  answers.set(key, resolutions);
  return { ...index, resolutions };
}

/** What `uv lock` makes of the tree's manifest; null when it makes nothing. */
export async function lockAnew(place: Pick<Place, 'resolve'>, source: Source, proven: readonly string[], signal: AbortSignal): Promise<string | null> {
  const [answer] = await place.resolve({ install: source.install, question: { goal: 'lock', bounds: [], free: [], constraints: [], suspects: [], names: proven } }, signal);
  return answer?.text ?? null;
}
