import { describe, expect, test } from 'vitest';
import { applyReplay } from '../../harness/loop/replay.ts';
import { findingOf, fix, play, swap } from './loop-script.ts';
import type { Files, Ill, Script, Told } from './loop-script.ts';

const has = (files: Files, text: string): boolean => Object.values(files).some((content) => content.includes(text));

/** Stops at `stage` while main.py holds the word. */
function word(name: string, stage: Ill['stage'], replacement: string, more: Partial<Ill> = {}): Ill {
  return { name, stage, shows: (files) => has(files, name), fixes: (source) => [swap(source, 'main.py', name, replacement)], ...more };
}

/** Somebody foresees these ills wherever their word stands in the tree. */
function foreseeing(ills: readonly Ill[]): NonNullable<Script['deps']> {
  return () => ({
    scan: (source) => ({ crashes: [], findings: ills.filter((ill) => [...source.files.values()].some(({ text }) => text.includes(ill.name))).map((ill) => findingOf(ill, source)) }),
  });
}

function owes(told: Told, original: Files): void {
  const replayed = applyReplay(new Map(Object.entries(original)), told.kept.flatMap((kept) => kept.edits));
  expect(Object.fromEntries(replayed), 'the kept edits replay to the healed tree').toEqual(told.files);
  expect(told.disk, 'the copy on disk shows what was proven').toEqual(told.files);
}

const FILES = { 'main.py': 'a = bad\nb = worse\nc = worst\n' };
const CHAIN = [word('bad', 'import', 'good'), word('worse', 'connect', 'better'), word('worst', 'lifespan', 'best')];

describe('faults that are foreseen', () => {
  test('are cured in one boot with the one that was shown, and each is proven by itself', async () => {
    const told = await play({ files: FILES, ills: CHAIN, options: { minimise: true }, deps: foreseeing(CHAIN) });
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'bammmcr', files: { 'main.py': 'a = good\nb = better\nc = best\n' }, minimal: { proven: true, boots: 3 } });
    expect(told.kept.map(({ finding, before, after }) => [finding.kind, before, after])).toEqual([['bad', 1, 2], ['worse', 4, 6], ['worst', 3, 6]]);
    expect(told.kept.map(({ since, after }) => since ?? after), 'the boot that first had each in its tree').toEqual([2, 2, 2]);
    expect(told.hides).toEqual({ 'bad []': ['worse []', 'worst []'], 'worse []': ['worst []'], 'worst []': [] });
    expect(told.prediction).toMatchObject({ precision: 1, recall: 1 });
    expect(told.prediction?.issues.map(({ finding, outcome, boot }) => [finding.kind, outcome, boot])).toEqual([['bad', 'confirmed', 1], ['worse', 'confirmed', 4], ['worst', 'confirmed', 3]]);
    owes(told, FILES);
  });

  test('are left alone when nothing would prove them one by one', async () => {
    const told = await play({ files: FILES, ills: CHAIN, options: { minimise: false }, deps: foreseeing(CHAIN) });
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'baaacr' });
    owes(told, FILES);
  });

  test('that are none are dropped again, and the prediction says so', async () => {
    const files = { 'main.py': 'a = bad\nb = harmless\n' };
    const harmless = word('harmless', 'connect', 'changed');
    const told = await play({ files, ills: [word('bad', 'import', 'good')], options: { minimise: true }, deps: foreseeing([word('bad', 'import', 'good'), harmless]) });
    expect(told).toMatchObject({ outcome: 'healed', files: { 'main.py': 'a = good\nb = harmless\n' } });
    expect(told.kept.map(({ finding }) => finding.kind)).toEqual(['bad']);
    expect(told.prediction).toMatchObject({ precision: 0.5, recall: 1 });
    expect(told.prediction?.issues.find(({ finding }) => finding.kind === 'harmless')).toMatchObject({ outcome: 'refuted' });
    owes(told, files);
  });

  test('wait for a person when their fix is not sure', async () => {
    const unsure = word('worse', 'connect', 'better', { fixes: (source) => [swap(source, 'main.py', 'worse', 'better', 'likely')] });
    const ills = [word('bad', 'import', 'good'), unsure];
    const told = await play({ files: { 'main.py': 'a = bad\nb = worse\n' }, ills, options: { minimise: true }, deps: foreseeing(ills) });
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'baamcr' });
    expect(told.kept.map(({ before, after }) => [before, after])).toEqual([[1, 2], [2, 3]]);
  });

  test('do not go with one of several versions that are tried', async () => {
    const tried: Ill = { name: 'bad', stage: 'import', shows: (files) => has(files, 'bad'), fixes: (source) => [
      { ...swap(source, 'main.py', 'bad', 'bad2'), release: { name: 'pack', version: '2', newer: true } },
      { ...swap(source, 'main.py', 'bad', 'good'), release: { name: 'pack', version: '3', newer: true } },
    ] };
    const others = CHAIN.slice(1);
    const told = await play({ files: FILES, ills: [tried, ...others], options: { minimise: true }, deps: foreseeing(others) });
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'baaammmcr', files: { 'main.py': 'a = good\nb = better\nc = best\n' } });
    owes(told, FILES);
  });

  test('a boot that disagrees: one at a time from there', async () => {
    // The foreseen cure breaks an earlier stage, and only the one that the boot itself asks for helps.
    const trap = word('worse', 'connect', 'trap');
    const ills = [word('bad', 'import', 'good'), word('trap', 'install', 'trap'), word('worse', 'connect', 'better')];
    const told = await play({ files: { 'main.py': 'a = bad\nb = worse\n' }, ills, options: { minimise: true }, deps: foreseeing([ills[0] ?? trap, trap]) });
    expect(told).toMatchObject({ outcome: 'healed', files: { 'main.py': 'a = good\nb = better\n' } });
    expect(told.purposes.slice(0, 4)).toBe('baaa');
    expect(told.journal.filter((event) => event.type === 'take-back').map((event) => event.why)).toEqual(Array(2).fill(expect.stringContaining('Taken together with 1 more')));
    owes(told, { 'main.py': 'a = bad\nb = worse\n' });
  });

  test('a group that leads to a dead end is taken back whole, and another way is found', async () => {
    const stuck = word('halfway', 'health', 'halfway', { fixes: () => [] });
    const bad: Ill = { name: 'bad', stage: 'import', shows: (files) => has(files, 'bad'), fixes: (source) => [swap(source, 'main.py', 'bad', 'halfway'), swap(source, 'main.py', 'bad', 'good')] };
    const ills = [bad, word('worse', 'connect', 'better'), stuck];
    const files = { 'main.py': 'a = bad\nb = worse\n' };
    const told = await play({ files, ills, options: { minimise: true }, deps: foreseeing([bad, ills[1] ?? bad]) });
    expect(told).toMatchObject({ outcome: 'healed', files: { 'main.py': 'a = good\nb = better\n' } });
    owes(told, files);
  });

  test('a fix that would take something away does not come along', async () => {
    const files = { 'main.py': 'a = bad\n', 'routes.py': 'from fastapi import FastAPI\napp = FastAPI()\n\n@app.get("/x")\ndef x():\n    return worse\n' };
    const cut: Ill = { name: 'worse', stage: 'connect', file: 'routes.py', shows: (now) => has(now, 'never'), fixes: (source) => [fix([{ file: 'routes.py', old: source.files.get('routes.py')?.text ?? '', new: '', at: 0 }], 'cut')] };
    const told = await play({ files, ills: [word('bad', 'import', 'good')], options: { minimise: true }, deps: foreseeing([word('bad', 'import', 'good'), cut]) });
    expect(told).toMatchObject({ outcome: 'healed', files: { ...files, 'main.py': 'a = good\n' } });
  });
});
