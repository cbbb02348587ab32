import { describe, expect, test } from 'vitest';
import { HarnessError } from '../../agent/errors.ts';
import { inChoosingOrder, inFixOrder } from '../../harness/loop/choose.ts';
import { applyReplay } from '../../harness/loop/replay.ts';
import type { BootJob } from '../../harness/types.ts';
import { fingerprint } from '../../scenarios/types.ts';
import type { Finding, Fix, Severity } from '../../scenarios/types.ts';
import { brokenPlace, findingOf, fix, output, play, swap } from './loop-script.ts';
import type { Files, Ill, Told } from './loop-script.ts';

/** Stops at `stage` while main.py holds the word; the fixes are tried in order. */
function word(name: string, stage: Ill['stage'], ...replacements: readonly string[]): Ill {
  return { name, stage, shows: (files) => has(files, name), fixes: (source) => replacements.map((replacement) => swap(source, 'main.py', name, replacement)) };
}

function has(files: Files, text: string): boolean {
  return Object.values(files).some((content) => content.includes(text));
}

const types = (told: Told): readonly string[] => told.journal.map((event) => event.type);
const titles = (told: Told): readonly string[] => told.kept.map((kept) => kept.fix.title.replace('main.py: ', ''));

/** What every run owes, however it ended. */
function owes(told: Told, original: Files): void {
  const replayed = applyReplay(new Map(Object.entries(original)), told.kept.flatMap((kept) => kept.edits));
  expect(Object.fromEntries(replayed), 'the kept edits replay to the healed tree').toEqual(told.files);
  expect(told.disk, 'the copy on disk shows what was proven').toEqual(told.files);
  expect(told.journal.at(-1)).toMatchObject({ type: 'end', outcome: told.outcome, boots: told.boots.length });
  expect(told.boots.map((boot) => boot.number)).toEqual(told.boots.map((_, index) => index + 1));
}

describe('the six ends', () => {
  test('already healthy: no edit, one boot and the confirmation', async () => {
    const files = { 'main.py': 'app = 1\n' };
    const told = await play({ files, ills: [], options: { minimise: true } });
    expect(told).toMatchObject({ outcome: 'healthy', kept: [], rejected: [], purposes: 'bcr', stageBefore: 'healthy', stageAfter: 'healthy', minimal: { proven: true, boots: 0 } });
    expect(types(told)).toEqual(['boot', 'boot', 'boot', 'end']);
    owes(told, files);
  });

  test('one fix: baseline, attempt, confirmation, restart', async () => {
    const files = { 'main.py': 'app = bad\n' };
    const told = await play({ files, ills: [word('bad', 'import', 'good')] });
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'bacr', stageBefore: 'import', stageAfter: 'healthy' });
    expect(told.kept).toMatchObject([{ before: 1, after: 2, edits: [{ file: 'main.py', old: 'app = bad', new: 'app = good' }] }]);
    expect(types(told)).toEqual(['boot', 'try', 'boot', 'keep', 'boot', 'boot', 'end']);
    owes(told, files);
  });

  test('two in order, and which one hid the other', async () => {
    const files = { 'main.py': 'a = bad\nb = worse\n' };
    const told = await play({ files, ills: [word('bad', 'import', 'good'), word('worse', 'lifespan', 'better')] });
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'baacr', files: { 'main.py': 'a = good\nb = better\n' } });
    expect(told.hides).toEqual({ 'bad []': ['worse []'], 'worse []': [] });
    owes(told, files);
  });

  test('settings are read before a later module turns out to be broken: no step back', async () => {
    const files = { 'main.py': 'a = bad\nb = worse\nc = worst\n' };
    const told = await play({ files, ills: [word('bad', 'config', 'good'), word('worst', 'import', 'best'), word('worse', 'syntax', 'better')] });
    expect(told).toMatchObject({ outcome: 'healed', rejected: [], files: { 'main.py': 'a = good\nb = better\nc = best\n' } });
    owes(told, files);
  });

  test('nothing to try: stuck after one boot, nothing edited', async () => {
    const files = { 'main.py': 'app = bad\n' };
    const told = await play({ files, ills: [word('bad', 'import')] });
    expect(told).toMatchObject({ outcome: 'stuck', purposes: 'b', kept: [], unresolved: [{ kind: 'bad' }], stageAfter: 'import' });
    owes(told, files);
  });

  test('a red boot that no rule knows gives an honest unknown failure', async () => {
    const told = await play({ files: { 'main.py': 'app = bad\n' }, ills: [word('bad', 'config')], deps: () => ({ detect: () => ({ findings: [], crashes: [] }) }) });
    expect(told).toMatchObject({ outcome: 'stuck', unresolved: [{ kind: 'unknown-failure', category: 'CONFIG', facts: { summary: 'bad' } }] });
  });

  test('the limit: gave up with what was proven', async () => {
    const files = { 'main.py': 'a = bad\nb = worse\n' };
    const told = await play({ files, ills: [word('bad', 'import', 'good'), word('worse', 'lifespan', 'better')], options: { maxBoots: 2 } });
    expect(told).toMatchObject({ outcome: 'gave-up', purposes: 'ba', files: { 'main.py': 'a = good\nb = worse\n' }, unresolved: [{ kind: 'worse' }] });
    expect(titles(told)).toEqual(['bad → good']);
    owes(told, files);
  });

  test('the engine dies mid-run: broken, with the cause and what was proven', async () => {
    const files = { 'main.py': 'a = bad\nb = worse\n' };
    const told = await play({
      files, ills: [word('bad', 'import', 'good'), word('worse', 'lifespan', 'better')],
      deps: (deps) => ({ boot: async (job, signal) => { if (job.number === 3) throw brokenPlace(); return deps.boot(job, signal); } }),
    });
    expect(told).toMatchObject({ outcome: 'broken', purposes: 'ba', files: { 'main.py': 'a = good\nb = worse\n' } });
    expect(told.cause).toBeInstanceOf(HarnessError);
    owes(told, files);
  });

  test('a journal that cannot be written ends the run, and the result is still told', async () => {
    const files = { 'main.py': 'a = bad\nb = worse\n' };
    const told = await play({
      files, ills: [word('bad', 'import', 'good'), word('worse', 'lifespan', 'better')],
      deps: (deps) => ({ journal: (event) => { if (event.type === 'boot' && event.number === 3) throw brokenPlace(); deps.journal(event); } }),
    });
    expect(told).toMatchObject({ outcome: 'broken', cause: { code: 'engine-died' }, files: { 'main.py': 'a = good\nb = worse\n' } });
  });

  test('interrupted in the middle of a boot: what was proven stays, what was being tried goes', async () => {
    const files = { 'main.py': 'a = bad\nb = worse\n' };
    const stop = new AbortController();
    const told = await play({
      files, ills: [word('bad', 'import', 'good'), word('worse', 'lifespan', 'better')], options: { signal: stop.signal },
      deps: (deps) => ({ boot: async (job, signal) => { if (job.number === 3) { stop.abort(); signal.throwIfAborted(); } return deps.boot(job, signal); } }),
    });
    expect(told).toMatchObject({ outcome: 'interrupted', purposes: 'ba', files: { 'main.py': 'a = good\nb = worse\n' }, stageAfter: 'lifespan' });
    expect(told.cause).toBeUndefined();
    owes(told, files);
  });

  test('interrupted before the first boot ended, and while a place ignores the signal', async () => {
    const stop = new AbortController();
    const told = await play({
      files: { 'main.py': 'app = bad\n' }, ills: [word('bad', 'import', 'good')], options: { signal: stop.signal },
      deps: (deps) => ({ boot: async (job, signal) => { stop.abort(); return deps.boot(job, signal); } }),
    });
    expect(told).toMatchObject({ outcome: 'interrupted', boots: [], kept: [] });
  });
});

describe('keeping and putting back', () => {
  test('a fix that does nothing to the boot is put back', async () => {
    const files = { 'main.py': 'app = bad\n' };
    const told = await play({ files, ills: [{ ...word('bad', 'import'), fixes: (source) => [swap(source, 'main.py', 'app', 'application')] }] });
    expect(told).toMatchObject({ outcome: 'stuck', purposes: 'ba', kept: [], files });
    expect(told.rejected).toMatchObject([{ boot: 2, why: 'The same fault is still there.' }]);
    owes(told, files);
  });

  test('a fix that changes no byte costs no boot', async () => {
    const told = await play({ files: { 'main.py': 'app = bad\n' }, ills: [word('bad', 'import', 'bad')] });
    expect(told).toMatchObject({ outcome: 'stuck', purposes: 'b', rejected: [{ boot: null }] });
  });

  test('one that makes it worse is put back, and the alternative that works is kept', async () => {
    const files = { 'main.py': 'app = bad\n' };
    const told = await play({ files, ills: [word('evil', 'syntax'), word('bad', 'lifespan', 'evil', 'good')] });
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'baacr', files: { 'main.py': 'app = good\n' } });
    expect(told.rejected[0]?.why).toContain('worse');
    expect(told.kept).toMatchObject([{ before: 1, after: 3 }]);
    expect(types(told)).toEqual(['boot', 'try', 'boot', 'take-back', 'try', 'boot', 'keep', 'boot', 'boot', 'end']);
    owes(told, files);
  });

  test('the very same words after a fix are no progress, whatever a rule calls them', async () => {
    const told = await play({
      files: { 'main.py': 'app = bad\n' },
      ills: [{ ...word('bad', 'import', 'bad2'), shows: () => true }],
      deps: (deps) => ({ detect: (evidence, source, index) => ({ crashes: [], findings: deps.detect(evidence, source, index).findings.map((one) => ({ ...one, facts: { text: source.files.get('main.py')?.text ?? '' } })) }) }),
      options: { maxBoots: 5 },
    });
    expect(told).toMatchObject({ outcome: 'stuck', purposes: 'ba', kept: [] });
  });

  test('an edit that breaks the syntax is refused without a boot', async () => {
    const files = { 'main.py': 'app = bad\n' };
    const told = await play({ files, ills: [word('bad', 'import', 'good(', 'good')] });
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'bacr', rejected: [{ boot: null }] });
    expect(told.rejected[0]?.why).toContain('no longer parse');
    owes(told, files);
  });

  test('a file with two syntax faults may be mended one after the other', async () => {
    const files = { 'main.py': 'a = (bad\n\ndef f(:\n    worse\n' };
    const told = await play({ files, ills: [word('(bad', 'syntax', '1'), word('f(:', 'syntax', 'f():')] });
    expect(told).toMatchObject({ outcome: 'healed', files: { 'main.py': 'a = 1\n\ndef f():\n    worse\n' } });
  });

  test('edits of unreadable, missing and outside files, and edits that do not fit, are refused without a boot', async () => {
    const wrong = [
      { file: '../other.py', old: '', new: 'x', at: 0 }, { file: '/etc/passwd', old: '', new: 'x', at: 0 }, { file: 'gone.py', old: 'a', new: 'b', at: 0 },
      { file: 'main.py', old: 'not there', new: 'x', at: 3 },
    ];
    const told = await play({ files: { 'main.py': 'app = bad\n' }, ills: [{ ...word('bad', 'import'), fixes: () => wrong.map((edit, index) => fix([edit], `wrong ${index}`)) }] });
    expect(told).toMatchObject({ outcome: 'stuck', purposes: 'b' });
    expect(told.rejected.map((one) => one.boot)).toEqual([null, null, null, null]);
  });

  test('what is no UTF-8 text is never edited', async () => {
    const told = await play({ files: { 'main.py': 'app = bad\n' }, opaque: ['latin.py'], ills: [{ ...word('bad', 'import'), fixes: () => [fix([{ file: 'latin.py', old: '', new: 'x', at: 0 }], 'x')] }] });
    expect(told.rejected).toMatchObject([{ boot: null, why: 'latin.py is not UTF-8 text and is never edited.' }]);
  });

  test('what does not block must get the boot further, or it is put back', async () => {
    const other: Ill = { ...word('stone', 'import'), severity: 'MEDIUM' };
    const told = await play({ files: { 'main.py': 'app = bad\n' }, ills: [other, { ...word('bad', 'import', 'stone'), severity: 'MEDIUM' }] });
    expect(told).toMatchObject({ outcome: 'stuck', purposes: 'ba', kept: [] });
    expect(told.rejected[0]?.why).toContain('no further');
  });

  test('manual fixes are never applied; likely ones not under safe-only', async () => {
    const ill: Ill = { ...word('bad', 'import'), fixes: (source) => [swap(source, 'main.py', 'bad', 'x', 'manual'), swap(source, 'main.py', 'bad', 'y', 'likely'), swap(source, 'main.py', 'bad', 'z', 'safe')] };
    const usual = await play({ files: { 'main.py': 'app = bad\n' }, ills: [ill] });
    const safe = await play({ files: { 'main.py': 'app = bad\n' }, ills: [ill], options: { safeOnly: true } });
    expect([usual.files['main.py'], safe.files['main.py']]).toEqual(['app = y\n', 'app = z\n']);
  });

  test('a rule that crashes is said and stops nobody', async () => {
    const told = await play({
      files: { 'main.py': 'app = bad\n' }, ills: [word('bad', 'import', 'good')],
      deps: (deps) => ({ detect: (evidence, source, index) => ({ ...deps.detect(evidence, source, index), crashes: evidence.stage === 'import' ? [{ kind: 'other', error: 'boom' }] : [] }) }),
    });
    expect(told.outcome).toBe('healed');
    expect(told.journal.filter((event) => event.type === 'rule-crashed')).toMatchObject([{ kind: 'other', error: 'boom' }]);
  });
});

describe('between candidates, how far the boot got decides', () => {
  const at = (line: number, ill: Ill): Ill => ({ ...ill, raisedAt: line });
  const ills = [at(7, word('bad', 'import', 'rash', 'fair')), at(7, word('rash', 'import', 'good')), at(9, word('fair', 'import', 'good'))];
  const files = { 'main.py': 'app = bad\n' };

  test('a fix after which the boot stops on the same line gives way to one that gets further', async () => {
    const told = await play({ files, ills });
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'baaacr', files: { 'main.py': 'app = good\n' } });
    expect(titles(told)).toEqual(['bad → fair', 'fair → good']);
    expect(told.rejected).toMatchObject([{ boot: 2, why: 'Another fix got further: main.py: bad → fair.' }]);
    owes(told, files);
  });

  test('and stays when none does', async () => {
    const told = await play({ files, ills: [ills[0], ills[1], at(6, word('fair', 'import'))].flatMap((ill) => ill ?? []) });
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'baaacr' });
    expect(titles(told)).toEqual(['bad → rash', 'rash → good']);
    owes(told, files);
  });

  test('an interrupt in between keeps what was proven', async () => {
    const stop = new AbortController();
    const told = await play({ files, ills, options: { signal: stop.signal }, deps: (deps) => ({ boot: async (job, signal) => { if (job.number === 3) stop.abort(); return deps.boot(job, signal); } }) });
    expect(told).toMatchObject({ outcome: 'interrupted', kept: [{ after: 2 }], files: { 'main.py': 'app = rash\n' } });
    owes(told, files);
  });

  test('the limit counts here, too', async () => {
    const told = await play({ files, ills, options: { maxBoots: 2 } });
    expect(told).toMatchObject({ outcome: 'gave-up', purposes: 'ba', kept: [{ after: 2 }] });
  });
});

describe('dead ends', () => {
  const fork = [word('dead', 'import'), word('stone', 'import', 'dead'), word('bad', 'import', 'stone', 'good')];

  test('kept fixes are taken back in reverse order and an alternative is tried', async () => {
    const files = { 'main.py': 'app = bad\n' };
    const told = await play({ files, ills: fork });
    // bad → stone and stone → dead are kept, dead has no fix; both go, newest first, and bad → good heals.
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'baaacr', files: { 'main.py': 'app = good\n' } });
    const back = told.journal.filter((event) => event.type === 'take-back').map((event) => event.title);
    expect(back).toEqual(['main.py: stone → dead', 'main.py: bad → stone']);
    expect(titles(told)).toEqual(['bad → good']);
    owes(told, files);
  });

  test('the newest choice is the first to be reconsidered', async () => {
    const told = await play({
      files: { 'main.py': 'a = bad\nb = worse\n' },
      ills: [word('stone', 'lifespan'), word('bad', 'import', 'good', 'fine'), word('worse', 'config', 'stone', 'better')],
    });
    expect(told).toMatchObject({ outcome: 'healed', files: { 'main.py': 'a = good\nb = better\n' } });
    expect(told.journal.filter((event) => event.type === 'take-back').map((event) => event.title)).toEqual(['main.py: worse → stone']);
  });

  test('a further form of a cure that helped is not gone back to', async () => {
    const ill = (...others: readonly boolean[]): Ill => ({
      ...word('bad', 'import'), fixes: (source) => [swap(source, 'main.py', 'bad', 'stone'), ...others.map((spare) => ({ ...swap(source, 'main.py', 'bad', 'good'), spare }))],
    });
    const files = { 'main.py': 'app = bad\n' };
    expect(await play({ files, ills: [word('stone', 'lifespan'), ill(false)] })).toMatchObject({ outcome: 'healed' });
    expect(await play({ files, ills: [word('stone', 'lifespan'), ill(true)] })).toMatchObject({ outcome: 'stuck', purposes: 'ba', files: { 'main.py': 'app = stone\n' } });
    // Where the dead end is a package that cannot run, the version that was chosen for it is in doubt.
    expect(await play({ files, ills: [{ ...word('stone', 'lifespan'), raisedAt: 1, raisedIn: 'package' }, ill(true)] })).toMatchObject({ outcome: 'healed' });
    // Where the first did not help, it is tried as any other.
    expect(await play({ files, ills: [{ ...word('stone', 'import'), name: 'bad' }, ill(true)] })).toMatchObject({ outcome: 'healed' });
  });

  test('an interrupt on the way back keeps the furthest point', async () => {
    const stop = new AbortController();
    const told = await play({
      files: { 'main.py': 'app = bad\n' }, ills: [word('low', 'import'), word('high', 'lifespan'), word('bad', 'import', 'high', 'low')], options: { signal: stop.signal },
      deps: (deps) => ({ boot: async (job, signal) => { if (job.number === 3) stop.abort(); return deps.boot(job, signal); } }),
    });
    expect(told).toMatchObject({ outcome: 'interrupted', purposes: 'ba', stageAfter: 'lifespan', files: { 'main.py': 'app = high\n' }, kept: [{ after: 2 }] });
    expect(told.disk).toEqual(told.files);
  });

  test('within the limit of take-backs', async () => {
    const told = await play({ files: { 'main.py': 'app = bad\n' }, ills: fork, options: { maxTakeBacks: 0 } });
    expect(told).toMatchObject({ outcome: 'gave-up', files: { 'main.py': 'app = dead\n' } });
    expect(titles(told)).toHaveLength(2);
  });

  test('with no way out the furthest point is put back', async () => {
    const files = { 'main.py': 'app = bad\n' };
    const told = await play({ files, ills: [word('low', 'import'), word('high', 'lifespan'), word('bad', 'import', 'high', 'low')] });
    expect(told).toMatchObject({ outcome: 'stuck', purposes: 'baa', stageAfter: 'lifespan', files: { 'main.py': 'app = high\n' }, unresolved: [{ kind: 'high' }] });
    expect(told.rejected.map((one) => one.fix.title)).toEqual(['main.py: bad → low']);
    owes(told, files);
  });

  test('while modules load, an earlier stage is no step back from what was cured', async () => {
    const files = { 'main.py': 'a = bad\nb = worse\n' };
    const told = await play({ files, ills: [word('stone', 'import'), word('low', 'config'), word('bad', 'config', 'good', 'low'), word('worse', 'import', 'stone')] });
    expect(told).toMatchObject({ outcome: 'stuck', stageAfter: 'import', files: { 'main.py': 'a = good\nb = stone\n' }, unresolved: [{ kind: 'stone' }] });
    owes(told, files);
  });

  test('an import that uncovers a fault of the file it loads is no step back; one that only fails itself is', async () => {
    const files = { 'main.py': 'app = store\n', 'store.py': 'bad\n' };
    const unbound: Ill = { ...word('store', 'lifespan'), shows: (now) => !has(now, 'import store'), fixes: (source) => [swap(source, 'main.py', 'app', 'import store\napp')] };
    const loaded = (more: Partial<Ill>): Ill => ({ ...word('bad', 'import'), file: 'store.py', shows: (now) => has(now, 'import store') && has(now, 'bad'), fixes: (source) => [swap(source, 'store.py', 'bad', 'good')], ...more });
    const told = await play({ files, ills: [loaded({ raisedAt: 1, below: 'store.py' }), unbound] });
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'baacr', files: { 'main.py': 'import store\napp = store\n', 'store.py': 'good\n' } });
    owes(told, files);
    expect(await play({ files, ills: [loaded({ raisedAt: 1 }), unbound] })).toMatchObject({ outcome: 'stuck', purposes: 'ba' });
    expect(await play({ files, ills: [loaded({ raisedAt: 2, below: 'store.py' }), unbound] })).toMatchObject({ outcome: 'stuck', purposes: 'ba' });
  });

  test('no tree is booted twice: two faults that undo each other end', async () => {
    const told = await play({ files: { 'main.py': 'app = black\n' }, ills: [word('black', 'import', 'white'), word('white', 'import', 'black')] });
    expect(told).toMatchObject({ outcome: 'stuck', purposes: 'ba' });
    expect(told.rejected.at(-1)?.why).toContain('Boot 1');
  });
});

describe('no amputation', () => {
  const routes = (files: Files): readonly string[] => (files['main.py'] ?? '').match(/\/\w+/g) ?? [];

  test('a fix that costs a route of the loaded app is put back', async () => {
    const files = { 'main.py': 'app = bad("/a", "/b")\n' };
    const told = await play({ files, routes, ills: [{ ...word('bad', 'health'), fixes: (source) => [swap(source, 'main.py', 'bad("/a", "/b")', 'good("/a")'), swap(source, 'main.py', 'bad', 'good')] }] });
    expect(told).toMatchObject({ outcome: 'healed', files: { 'main.py': 'app = good("/a", "/b")\n' } });
    expect(told.rejected).toMatchObject([{ boot: 2, why: 'The app lost what it had: GET /b.' }]);
  });

  test.each([
    ['a router registration', 'app.include_router(bad)\n', 'app.include_router(bad)\n', '\n'],
    ['a decorated route', '@app.get("/x")\ndef x(): bad()\n', '@app.get("/x")\ndef x(): bad()', 'pass'],
    ['middleware', 'app.add_middleware(bad)\n', 'app.add_middleware(bad)', 'None'],
    ['a table', 'class User(SQLModel, table=True):\n    bad: int\n', 'class User(SQLModel, table=True)', 'class Other(SQLModel)'],
    ['a lifespan step', '@asynccontextmanager\nasync def lifespan(app):\n    await bad()\n    yield\n', 'await bad()', 'pass'],
    ['a router behind a try', 'app.include_router(bad)\n', 'app.include_router(bad)', 'try:\n    app.include_router(good)\nexcept ImportError:\n    raise'],
    ['a swallowing except', 'bad()\n', 'bad()', 'try:\n    good()\nexcept Exception:\n    pass'],
    ['a bare except', 'bad()\n', 'bad()', 'try:\n    good()\nexcept:\n    raise'],
    ['a start-up handler', '@app.on_event("startup")\ndef go(): bad()\n', '@app.on_event("startup")\ndef go(): bad()', 'pass'],
  ])('%s may not be given for a start, even when nothing is known of the loaded app', async (_, text, old, replacement) => {
    const told = await play({ files: { 'main.py': text }, ills: [{ ...word('bad', 'import'), fixes: (source) => [swap(source, 'main.py', old, replacement)] }] });
    expect(told).toMatchObject({ outcome: 'stuck', purposes: 'b', rejected: [{ boot: null }] });
  });

  test.each([
    ['handlers that become a lifespan', 'app = App()\n@app.on_event("startup")\ndef go(): bad()\n', 'app = App()\n@app.on_event("startup")\ndef go(): bad()', 'app = App(lifespan=go)'],
    ['a registration of another object', 'app.include_router(bad)\n', 'include_router(bad)', 'include_router(auth.router)'],
    ['a lifespan step done the async way', '@asynccontextmanager\nasync def lifespan(app):\n    bad.create_all(engine)\n    yield\n', 'bad.create_all(engine)', 'async with engine.begin() as c:\n        await c.run_sync(M.create_all)'],
  ])('%s is no amputation', async (_, text, old, replacement) => {
    const told = await play({ files: { 'main.py': text }, ills: [{ ...word('bad', 'import'), fixes: (source) => [swap(source, 'main.py', old, replacement)] }] });
    expect(told.outcome).toBe('healed');
  });
});

describe('minimising', () => {
  test('a fix that turned out not to be needed is dropped for good', async () => {
    const files = { 'main.py': 'a = bad\nb = odd\n' };
    // odd is only an obstacle while bad is there as well.
    const odd: Ill = { ...word('odd', 'import', 'even'), shows: (tree) => has(tree, 'odd') && has(tree, 'bad') };
    const told = await play({ files, ills: [odd, word('bad', 'lifespan', 'good')], options: { minimise: true } });
    expect(told).toMatchObject({ outcome: 'healed', files: { 'main.py': 'a = good\nb = odd\n' }, minimal: { proven: true } });
    expect(titles(told)).toEqual(['bad → good']);
    expect(told.rejected.at(-1)?.why).toContain('Not needed');
    owes(told, files);
  });

  test('a fault keeps the line of the tree as it is without what was dropped', async () => {
    // odd is only an obstacle while bad is there as well, and its fix moves bad down by a line.
    const odd: Ill = { ...word('odd', 'import'), shows: (tree) => has(tree, 'odd') && !has(tree, 'import x') && has(tree, 'bad'), fixes: (source) => [swap(source, 'main.py', 'a', 'import x\na')] };
    const bad: Ill = { ...word('bad', 'lifespan', 'good'), lineOf: ({ files }) => 1 + (files.get('main.py')?.text.split('\n').findIndex((line) => line.includes('bad')) ?? 0) };
    const told = await play({ files: { 'main.py': 'a = odd\nb = bad\n' }, options: { minimise: true }, ills: [odd, bad] });
    expect(told).toMatchObject({ outcome: 'healed', files: { 'main.py': 'a = odd\nb = good\n' }, kept: [{ finding: { line: 2 } }] });
  });

  test('what is dropped may make another one needless', async () => {
    const files = { 'main.py': 'alpha\nbeta\ngamma\n' };
    const ill = (name: string, to: string, shows: (text: string) => boolean): Ill => ({ ...word(name, 'import', to), shows: (tree) => shows(tree['main.py'] ?? '') });
    const told = await play({
      files, options: { minimise: true },
      ills: [
        ill('alpha', 'A', (text) => text.includes('alpha') && text.includes('beta')),
        ill('beta', 'B', (text) => !text.includes('alpha') && text.includes('beta')),
        ill('gamma', 'C', (text) => !text.includes('alpha') && text.includes('gamma')),
      ],
    });
    expect(told).toMatchObject({ outcome: 'healed', files: { 'main.py': 'alpha\nB\ngamma\n' }, minimal: { proven: true } });
    owes(told, files);
  });

  test('each kept fix is proven; a tree booted before is proof enough', async () => {
    const files = { 'main.py': 'a = bad\nb = worse\n' };
    const told = await play({ files, ills: [word('bad', 'import', 'good'), word('worse', 'lifespan', 'better')], options: { minimise: true } });
    // Without "worse → better" the tree is that of boot 2; only "bad → good" needs a boot of its own.
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'baamcr', minimal: { proven: true, boots: 2 } });
    expect(told.journal.filter((event) => event.type === 'minimise')).toMatchObject([{ boot: 2, needed: true }, { boot: 4, needed: true }]);
    owes(told, files);
  });

  test('a fix on which another one stands is dropped together with it or not at all', async () => {
    const files = { 'main.py': 'a = bad\n' };
    const told = await play({ files, ills: [word('bad', 'import', 'worse'), word('worse', 'lifespan', 'good')], options: { minimise: true } });
    expect(told).toMatchObject({ outcome: 'healed', files: { 'main.py': 'a = good\n' }, minimal: { proven: true, boots: 2 } });
    owes(told, files);
  });

  test('stops honestly at the limit', async () => {
    const told = await play({ files: { 'main.py': 'a = bad\nb = worse\n' }, ills: [word('bad', 'import', 'good'), word('worse', 'lifespan', 'better')], options: { minimise: true, maxBoots: 3 } });
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'baacr', minimal: { proven: false, boots: 1 } });
  });

  test('and at an interrupt', async () => {
    const stop = new AbortController();
    const told = await play({
      files: { 'main.py': 'a = bad\nb = worse\n' }, ills: [word('bad', 'import', 'good'), word('worse', 'lifespan', 'better')], options: { minimise: true, signal: stop.signal },
      deps: (deps) => ({ boot: async (job: BootJob, signal) => { if (job.purpose === 'minimise') stop.abort(); return deps.boot(job, signal); } }),
    });
    expect(told).toMatchObject({ outcome: 'interrupted', minimal: { proven: false }, files: { 'main.py': 'a = good\nb = better\n' } });
    expect(told.disk).toEqual(told.files);
  });
});

describe('the confirmation', () => {
  const onlyIn = (ill: Ill, purpose: string): Ill => ({ ...ill, shows: (files, where) => where === purpose && ill.shows(files, where) });

  test('a failed one is never reported as healed', async () => {
    const told = await play({ files: { 'main.py': 'app = bad\nport = taken\n' }, ills: [word('bad', 'import', 'good'), onlyIn(word('taken', 'bind'), 'confirm')] });
    expect(told).toMatchObject({ outcome: 'stuck', purposes: 'bac', stageAfter: 'bind', unresolved: [{ kind: 'taken' }], files: { 'main.py': 'app = good\nport = taken\n' } });
  });

  test('a fault that only it shows is a finding like any other, judged by the next confirmation', async () => {
    const files = { 'main.py': 'port = taken\n' };
    const told = await play({ files, ills: [onlyIn(word('taken', 'bind', 'free'), 'confirm')], options: { minimise: true } });
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'bccr', kept: [{ before: 2, after: 4 }], minimal: { proven: true, boots: 1 } });
    owes(told, files);
  });

  test('an app that only starts on an empty database fails at the restart', async () => {
    const told = await play({ files: { 'main.py': 'seed\n' }, ills: [onlyIn(word('seed', 'lifespan'), 'restart')] });
    expect(told).toMatchObject({ outcome: 'stuck', purposes: 'bcr', unresolved: [{ kind: 'seed' }] });
  });

  test('a fix of the confirmation that fails only at the restart is no step back', async () => {
    const told = await play({ files: { 'main.py': 'taken seed\n' }, ills: [onlyIn(word('taken', 'bind', 'free'), 'confirm'), onlyIn(word('seed', 'lifespan', 'upsert'), 'restart')] });
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'bccrcr', files: { 'main.py': 'free upsert\n' } });
  });

  test('each has a place of its own, which closes after its last boot', async () => {
    const seen: string[] = [];
    const told = await play({
      files: { 'main.py': 'app = bad\n' }, ills: [word('bad', 'import', 'good')],
      deps: () => ({
        openConfirmation: async () => ({
          boot: async ({ purpose }) => {
            seen.push(`${purpose} begins`);
            await Promise.resolve();
            seen.push(`${purpose} ends`);
            return output('healthy', undefined, []);
          },
          [Symbol.asyncDispose]: async () => { seen.push('closed'); },
        }),
      }),
    });
    expect(told.outcome).toBe('healed');
    expect(seen).toEqual(['confirm begins', 'confirm ends', 'restart begins', 'restart ends', 'closed']);
  });

  test('a fresh place that cannot be opened is our fault, not the app’s', async () => {
    const told = await play({ files: { 'main.py': 'app = bad\n' }, ills: [word('bad', 'import', 'good')], deps: () => ({ openConfirmation: () => Promise.reject(brokenPlace()) }) });
    expect(told).toMatchObject({ outcome: 'broken', files: { 'main.py': 'app = good\n' } });
  });
});

describe('what does not block', () => {
  const unused: Ill = { ...word('unused', 'import', ''), severity: 'LOW' };
  const scan = { scan: (source: Parameters<typeof findingOf>[1]) => ({ crashes: [], findings: (source.files.get('main.py')?.text ?? '').includes('unused') ? [findingOf(unused, source)] : [] }) };

  test('is noted with its fix and not touched', async () => {
    const told = await play({ files: { 'main.py': 'x = 1 # unused\n' }, ills: [], deps: () => scan });
    expect(told).toMatchObject({ outcome: 'healthy', purposes: 'bcr', kept: [], notes: [{ kind: 'unused', severity: 'LOW' }] });
  });

  test('is applied under tidy, proven by a boot and not dropped by minimising', async () => {
    const files = { 'main.py': 'x = bad # unused\n' };
    const told = await play({ files, ills: [word('bad', 'import', 'good')], deps: () => scan, options: { tidy: true, minimise: true } });
    expect(told).toMatchObject({ outcome: 'healed', purposes: 'baacr', notes: [], files: { 'main.py': 'x = good # \n' } });
    expect(told.kept.map((kept) => kept.finding.severity)).toEqual(['CRITICAL', 'LOW']);
    owes(told, files);
  });

  test('survives a minimising that only the confirmation asked for', async () => {
    const taken: Ill = { ...word('taken', 'bind', 'free'), shows: (tree, where) => where === 'confirm' && has(tree, 'taken') };
    const told = await play({ files: { 'main.py': 'taken # unused\n' }, ills: [taken], deps: () => scan, options: { tidy: true, minimise: true } });
    expect(told).toMatchObject({ outcome: 'healed', files: { 'main.py': 'free # \n' }, minimal: { proven: true } });
  });

  test('is asked of the tree as it stands, also after a fix that was put back', async () => {
    const disks: string[] = [];
    let disk = '';
    const breaks: Ill = { ...unused, fixes: (source) => [swap(source, 'main.py', 'unused', 'evil')] };
    const told = await play({
      files: { 'main.py': 'x # unused\n' }, ills: [word('evil', 'import')], options: { tidy: true },
      deps: (deps) => ({
        scan: (source) => ({ crashes: [], findings: [findingOf(breaks, source)] }),
        write: async (texts) => { disk = texts.get('main.py') ?? 'original'; await deps.write(texts); },
        lookup: async (names, source, signal) => { disks.push(`${disk} ${source.files.get('main.py')?.text.includes('evil') ?? false}`); return deps.lookup(names, source, signal); },
      }),
    });
    expect(told).toMatchObject({ outcome: 'healthy', kept: [] });
    expect(new Set(disks)).toEqual(new Set(['original false', 'x # evil\n true']));
  });

  test('a predicted CRITICAL that a healthy boot disproves is no more than MEDIUM', async () => {
    const told = await play({ files: { 'main.py': 'unused\n' }, ills: [], deps: () => ({ scan: (source) => ({ crashes: [], findings: [findingOf({ ...unused, severity: 'CRITICAL' }, source)] }) }) });
    expect(told.notes).toMatchObject([{ severity: 'MEDIUM' }]);
  });

  test('a MEDIUM finding is worked on when nothing else explains a red boot, and becomes CRITICAL by what the boots showed', async () => {
    const told = await play({ files: { 'main.py': 'app = bad\n' }, ills: [{ ...word('bad', 'import', 'good'), severity: 'MEDIUM' }] });
    expect(told).toMatchObject({ outcome: 'healed', kept: [{ finding: { severity: 'CRITICAL' } }] });
  });
});

describe('order', () => {
  test('the report is in fix order, not in the order of discovery', async () => {
    const files = { 'main.py': 'a = bad\nb = factory\n', '.env': 'URL=postgresql://\n', 'requirements.txt': 'psycopg2\n' };
    const at = (name: string, stage: Ill['stage'], file: string, ladder: Ill['stage'], to: string): Ill => ({ name, stage, file, ladder, shows: (tree) => has(tree, name), fixes: (source) => [swap(source, file, name, to)] });
    const told = await play({
      files,
      ills: [at('bad', 'import', 'main.py', 'import', 'good'), at('postgresql:', 'import', '.env', 'connect', 'postgresql+asyncpg:'), at('psycopg2', 'import', 'requirements.txt', 'install', 'asyncpg'), at('factory', 'health', 'main.py', 'connect', 'session')],
    });
    expect(told.outcome).toBe('healed');
    expect(told.kept.map((kept) => kept.finding.file)).toEqual(['requirements.txt', 'main.py', 'main.py', '.env']);
    expect(told.kept.map((kept) => kept.finding.kind)).toEqual(['psycopg2', 'bad', 'factory', 'postgresql:']);
    owes(told, files);
  });

  test('severity first, then the ladder, then code before settings, then what hides what', () => {
    const kept = (kind: string, severity: Severity, stage: Ill['stage'], file: string): { readonly finding: Finding; readonly fix: Fix } => ({
      finding: { kind, severity, stage, file, category: 'IMPORT', facts: {}, what: '', why: '', todo: '', candidates: [] }, fix: fix([], kind),
    });
    const told = inFixOrder([
      kept('noise', 'LOW', 'install', 'a.py'), kept('request', 'HIGH', 'install', 'a.py'), kept('env', 'CRITICAL', 'connect', '.env'), kept('hidden', 'CRITICAL', 'connect', 'a.py'),
      kept('hider', 'CRITICAL', 'connect', 'z.py'), kept('import', 'CRITICAL', 'import', 'z.py'),
    ], { 'hider []': ['hidden []'] });
    expect(told.map((one) => one.finding.kind)).toEqual(['import', 'hider', 'hidden', 'env', 'request', 'noise']);
  });

  test('of equals, the one whose file holds most of the others goes first', () => {
    const found = (kind: string, file: string): Finding => ({ kind, file, stage: 'import', severity: 'CRITICAL', category: 'IMPORT', facts: {}, what: '', why: '', todo: '', candidates: [] });
    expect(inChoosingOrder([found('one', 'a.py'), found('two', 'b.py'), found('three', 'b.py')]).map((one) => one.kind)).toEqual(['two', 'three', 'one']);
  });

  test('the edit of the line that the finding names comes first, whichever the rule listed first', async () => {
    const files = { 'a.py': 'x = 1\n', 'main.py': 'import a\n\n\nfactory = bad()\n' };
    const ill: Ill = {
      ...word('bad', 'import'), fixes: (source) => [fix([...swap(source, 'a.py', '1', '2').edits, ...swap(source, 'main.py', 'import a', 'import b').edits, ...swap(source, 'main.py', 'bad()', 'b()').edits], 'all three')],
    };
    const told = await play({ files, ills: [ill], deps: (deps) => ({ detect: (...all) => ({ crashes: [], findings: deps.detect(...all).findings.map((one) => ({ ...one, line: 4 })) }) }) });
    expect(told.kept[0]?.edits.map((edit) => edit.old)).toEqual(['factory = bad()', 'import a', 'x = 1']);
    owes(told, files);
  });

  test('the next fix is chosen by stage, then severity, then the order of the boot', async () => {
    const source = { 'main.py': 'one two three\n' };
    const ills: readonly Ill[] = [{ ...word('two', 'import', '2'), ladder: 'lifespan' }, { ...word('three', 'import', '3'), ladder: 'import', severity: 'HIGH' }, { ...word('one', 'import', '1'), ladder: 'import' }];
    const told = await play({
      files: source, ills,
      deps: (deps) => ({
        boot: async ({ texts }) => output([...ills].some((ill) => has({ ...source, ...Object.fromEntries(texts) }, ill.name)) ? 'import' : 'healthy', 'something', []),
        detect: (evidence, tree) => ({ crashes: [], findings: evidence.stage === 'healthy' ? [] : ills.filter((ill) => tree.files.get('main.py')?.text.includes(ill.name)).map((ill) => findingOf(ill, tree)) }),
        parse: deps.parse,
      }),
    });
    expect(told.journal.filter((event) => event.type === 'try').map((event) => event.fingerprint)).toEqual(['one []', 'three []', 'two []']);
    expect(told.kept.map((kept) => fingerprint(kept.finding))).toHaveLength(3);
  });
});
