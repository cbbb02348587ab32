/** A fix that adds a package which a pin excludes: the pins that must move for it belong to the same fix. */
import { describe, expect, test } from 'vitest';
import { applyReplay } from '../../harness/loop/replay.ts';
import type { LoopDeps, LoopOptions } from '../../harness/types.ts';
import type { Finding, Fix } from '../../scenarios/types.ts';
import { fix, play, swap } from './loop-script.ts';
import type { Files, Ill, Told } from './loop-script.ts';

const FILES = { 'main.py': 'from pydantic import BaseSettings\n', 'requirements.txt': 'pydantic>=2\npython-dotenv==0.19.0\n' };

/** requirements.txt is a manifest, as the real reader of trees would have it. */
const manifest = (deps: LoopDeps): Partial<LoopDeps> => ({
  sourceWith: async (texts) => {
    const source = await deps.sourceWith(texts);
    return { ...source, install: { ...source.install, kind: 'requirements', manifest: 'requirements.txt', files: ['requirements.txt'] } };
  },
});

const moved: Ill = {
  name: 'moved', stage: 'import', shows: (files) => !files['main.py']?.includes('pydantic_settings'),
  fixes: (source) => [fix([
    { file: 'main.py', old: '', new: '_settings', at: 'from pydantic'.length },
    { file: 'requirements.txt', old: '', new: 'pydantic-settings\n', at: source.files.get('requirements.txt')?.text.length ?? 0 },
  ], 'Import BaseSettings from pydantic_settings')],
};

function excluded(...fixes: readonly ((...on: Parameters<Ill['fixes']>) => Fix)[]): Ill {
  return {
    name: 'excluded', stage: 'install', file: 'requirements.txt', shows: (files) => /pydantic-settings/.test(text(files)) && /python-dotenv==0\.19/.test(text(files)),
    fixes: (source) => fixes.map((make) => make(source)),
  };
}

const text = (files: Files): string => files['requirements.txt'] ?? '';
const run = async (conflict: Ill, options: Partial<LoopOptions> = {}): Promise<Told> => play({ files: FILES, ills: [conflict, moved], deps: manifest, options });
const unresolved = (told: Told): readonly Finding['kind'][] => told.unresolved.map((finding) => finding.kind);

describe('an added package that a pin excludes', () => {
  test('the pin moves with it, in one fix of the same fault', async () => {
    const told = await run(excluded((source) => swap(source, 'requirements.txt', '0.19.0', '0.21.0')));
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'baacr' });
    expect(told.kept.map(({ finding, fix: { safety } }) => [finding.kind, safety])).toEqual([['moved', 'safe']]);
    expect(told.files).toEqual({ 'main.py': 'from pydantic_settings import BaseSettings\n', 'requirements.txt': 'pydantic>=2\npython-dotenv==0.21.0\npydantic-settings\n' });
    const replayed = applyReplay(new Map(Object.entries(FILES)), told.kept.flatMap((kept) => kept.edits));
    expect(Object.fromEntries(replayed)).toEqual(told.files);
  });

  test('a move that needs a look makes the whole fix need one', async () => {
    const told = await run(excluded((source) => swap(source, 'requirements.txt', '0.19.0', '1.0.0', 'likely')));
    expect(told.kept.map((kept) => kept.fix.safety)).toEqual(['likely']);
  });

  test('with safe fixes only, a move that is not safe is not made', async () => {
    const told = await run(excluded((source) => swap(source, 'requirements.txt', '0.19.0', '1.0.0', 'likely')), { safeOnly: true });
    expect(told).toMatchObject({ outcome: 'stuck', kept: [], purposes: 'ba' });
    expect(unresolved(told)).toEqual(['moved']);
  });

  test('taking the added package out again is no move', async () => {
    const told = await run(excluded((source) => swap(source, 'requirements.txt', 'pydantic-settings\n', '')));
    expect(told).toMatchObject({ outcome: 'stuck', kept: [], purposes: 'ba' });
  });

  test('without an answer the fix is taken back as before', async () => {
    const told = await run(excluded());
    expect(told).toMatchObject({ outcome: 'stuck', kept: [], purposes: 'ba' });
    expect(told.disk).toEqual(FILES);
  });

  test('moves that do not install either are tried once', async () => {
    const told = await run({ ...excluded((source) => swap(source, 'requirements.txt', 'pydantic>=2', 'pydantic>=2.1')), shows: (files) => /pydantic-settings/.test(text(files)) });
    expect(told).toMatchObject({ outcome: 'stuck', kept: [], purposes: 'baa' });
    expect(told.disk).toEqual(FILES);
  });
});
