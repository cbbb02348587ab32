/** A lock file that no boot installed from: what was proven is the manifest, and a tool that reads the lock may bring something else. */
import type { LoopResult } from '../types.ts';
import type { Recommendation } from './schema.ts';

/** Advice where a kept fix changed the manifest and its lock stayed as it was. */
export function unprovenLock({ source: { install }, texts }: Pick<LoopResult, 'source' | 'texts'>): readonly Recommendation[] {
  const lock = install.files.find((file) => /\.lock$/.test(file));
  if (lock === undefined || install.kind === 'uv-lock' || !texts.has(install.manifest) || texts.has(lock)) return [];
  return [{
    priority: 'HIGH',
    description: `Write ${lock} anew and boot once more: ${install.manifest} was changed, and ${lock} is still the old one.`,
    impact: `The boots that prove the fixes installed what ${install.manifest} declares. A tool that installs from ${lock} refuses it, or brings versions that no boot has seen.`,
  }];
}
