/** A lock file that no boot installed from: what was proven is the manifest, and a tool that reads the lock may bring something else. */
import { tomlRequirements } from '../../source/declared.ts';
import { isFresh, readLock } from '../../source/lock-files.ts';
import type { Source } from '../../source/types.ts';
import type { LoopResult } from '../types.ts';
import type { Recommendation } from './schema.ts';

const MOST_NAMED = 3;

/** Advice where a kept fix changed the manifest and its lock stayed as it was, or the lock did not fit from the beginning. */
export function unprovenLock({ source, texts }: Pick<LoopResult, 'source' | 'texts'>): readonly Recommendation[] {
  const { install: { files, kind, manifest } } = source;
  const lock = files.find((file) => /\.lock$/.test(file));
  if (lock === undefined || kind === 'uv-lock' || texts.has(lock)) return [];
  const names = unlocked(source, manifest, lock);
  const why = texts.has(manifest) ? `${manifest} was changed, and ${lock} is still the old one`
    : names.length === 0 ? undefined : `it does not hold the ${names.slice(0, MOST_NAMED).join(', ')} that ${manifest} asks for`;
  return why === undefined ? [] : [{
    priority: 'HIGH',
    description: `Write ${lock} anew (\`${commandFor(lock)}\`) and boot once more: ${why}.`,
    impact: `The boots installed what ${manifest} declares. A tool that installs from ${lock} refuses it, or brings versions that no boot has seen.`,
  }];
}

/** Keeps what is locked and still allowed, in each tool's present release. */
function commandFor(lock: string): string {
  const tool = /(?:^|\/)(?<tool>uv|poetry|pdm)\.lock$/.exec(lock)?.groups?.['tool'];
  return tool === undefined ? 'pipenv lock' : tool === 'pdm' ? 'pdm lock --update-reuse' : `${tool} lock`;
}

/** What is declared and not locked, or locked in a version that the declaration excludes. */
function unlocked(source: Source, manifest: string, lock: string): readonly string[] {
  const textOf = (path: string): string => (source.files.get(path) ?? source.outside?.get(path))?.text ?? '';
  const locked = readLock(lock, textOf(lock));
  if (locked === undefined) return [];
  const members = new Set(locked.filter(({ local }) => local).map(({ name }) => name));
  const declared = tomlRequirements(manifest, textOf(manifest)).filter(({ main, name }) => main && !members.has(name));
  return [...new Set(declared.filter((each) => !isFresh([each], locked)).map(({ name }) => name))];
}
