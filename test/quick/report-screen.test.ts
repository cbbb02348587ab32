import { Writable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { buildReport } from '../../harness/report/report.ts';
import type { LoopResult } from '../../harness/types.ts';
import { fit, wrap } from '../../harness/reporters/layout.ts';
import { lookOf } from '../../harness/reporters/look.ts';
import type { Look } from '../../harness/reporters/look.ts';
import { renderScreen } from '../../harness/reporters/screen.ts';
import { liveScreen } from '../../harness/reporters/screen-live.ts';
import { PASSWORD, healedRun, stuckRun } from './report-sample.ts';

const PLAIN: Look = { color: false, unicode: true, width: 80, live: false };
const PLACES = { out: '/home/ann/api/.boot-check', cwd: '/home/ann/api', wrote: false };

async function screenOf(run: typeof healedRun, look: Look, change: Partial<LoopResult> = {}): Promise<string> {
  const { result, facts } = await run();
  return renderScreen(buildReport({ ...result, ...change }, facts), look, PLACES);
}

describe('the last screen', () => {
  test('of a healed run, 80 columns', async () => {
    await expect(await screenOf(healedRun, PLAIN)).toMatchFileSnapshot('snapshots/screen-healed.txt');
  });

  test('of a run that is stuck, 60 columns, no Unicode', async () => {
    const screen = await screenOf(stuckRun, { ...PLAIN, width: 60, unicode: false });
    await expect(screen).toMatchFileSnapshot('snapshots/screen-stuck-narrow.txt');
    // eslint-disable-next-line no-control-regex
    expect(screen).toMatch(/^[\x00-\x7F]*$/);
  });

  test('of a healthy backend says so and shows no fixes', async () => {
    const screen = await screenOf(healedRun, PLAIN, { outcome: 'healthy', kept: [], notes: [], texts: new Map(), stageBefore: 'healthy' });
    expect(screen).toContain('✔ healthy  src.main:app starts on Python 3.14.8 as it is');
    expect(screen).not.toMatch(/What was wrong|What was changed|healed\/|1-minimal/);
  });

  test.each([60, 72, 100, 160])('keeps within %i columns, coloured or not, but for words that cannot be broken', async (width) => {
    for (const run of [healedRun, stuckRun]) {
      const plain = await screenOf(run, { ...PLAIN, width });
      const coloured = await screenOf(run, { ...PLAIN, width, color: true });
      for (const line of plain.split('\n')) expect([...line].length).toBeLessThanOrEqual(width);
      // eslint-disable-next-line no-control-regex
      expect(coloured.replaceAll(/\x1B\[\d+m/g, '')).toBe(plain);
    }
  });

  test('takes control characters out of what a server printed', async () => {
    const { result, facts } = await stuckRun();
    const [last] = result.unresolved;
    const screen = renderScreen(buildReport({ ...result, unresolved: [{ ...last!, what: 'It said \u001B[2J\u0007\u001B]0;owned\u0007 and died.' }] }, facts), PLAIN, PLACES);
    // eslint-disable-next-line no-control-regex
    expect(screen).not.toMatch(/[\x00-\x09\x0B-\x1F\x7F]/);
    expect(screen).toContain('It said');
  });
});

describe('the live screen, where nothing can move', () => {
  async function told(tell: (ui: ReturnType<typeof liveScreen>) => void, verbose = false): Promise<string> {
    let text = '';
    const stream = new Writable({ write: (chunk, _encoding, done) => { text += String(chunk); done(); } });
    const ui = liveScreen(stream, PLAIN, { verbose });
    tell(ui);
    ui.close();
    return text.replaceAll(/\d+\.\d s(?= {2}(?:waiting|installing))/g, '0.0 s');
  }

  test('a line per stage, the dead server\'s own words, and what was decided', async () => {
    const { result } = await healedRun();
    const text = await told((ui) => {
      ui.step('building the Python 3.14 image');
      ui.backend({ root: 'backend', app: 'src.main:app', factory: false, healthPath: '/health', command: [], found: ['found by Dockerfile:9, installs from requirements.txt', 'also here: main:app in admin (admin/main.py:3); --root and --app choose'], runtime: { name: 'docker', python: '3.14.8', isolation: 'container', notes: [], versions: {} } });
      ui.bootStarted({ number: 1, purpose: 'baseline', why: 'as it is' });
      ui.progress({ type: 'stage', stage: 'install', what: 'installing requirements.txt' });
      ui.progress({ type: 'line', line: { at: 0.1, stream: 'stderr', text: 'only shown with -v' } });
      ui.progress({ type: 'stage', stage: 'import', what: 'waiting for the app to load' });
      ui.bootEnded(result.boots[0]!);
      ui.journal({ at: 1, type: 'try', fingerprint: 'f', title: 'Import it from elsewhere', safety: 'safe', edits: result.kept[1]!.edits });
      ui.bootEnded(result.boots[1]!);
      ui.journal({ at: 2, type: 'take-back', fingerprint: 'f', title: 'Import it from elsewhere', before: 1, after: 2, seconds: 1, why: 'the fault is still there' });
      ui.bootEnded(result.boots[4]!);
      ui.journal({ at: 3, type: 'minimise', fingerprint: 'f', title: 'Import it from elsewhere', boot: 3, needed: false });
    });
    await expect(text).toMatchFileSnapshot('snapshots/live-plain.txt');
  });

  test('-v shows the server\'s log, masked', async () => {
    const text = await told((ui) => {
      ui.bootStarted({ number: 1, purpose: 'baseline', why: '' });
      ui.progress({ type: 'line', line: { at: 0.1, stream: 'stderr', text: `connecting to postgresql://u:${PASSWORD}@db/x` } });
    }, true);
    expect(text).toBe('      │ connecting to postgresql://u:***@db/x\n');
  });
});

describe('lookOf', () => {
  const tty = { isTTY: true, columns: 120 };
  test.each([
    ['a terminal', tty, {}, { color: true, unicode: true, width: 120, live: true }],
    ['a pipe', {}, {}, { color: false, unicode: true, width: 100, live: false }],
    ['NO_COLOR', tty, { NO_COLOR: '1' }, { color: false, unicode: true, width: 120, live: true }],
    ['FORCE_COLOR in a pipe', {}, { FORCE_COLOR: '1' }, { color: true, unicode: true, width: 100, live: false }],
    ['FORCE_COLOR=0', tty, { FORCE_COLOR: '0' }, { color: false, unicode: true, width: 120, live: true }],
    ['CI', tty, { CI: 'true' }, { color: true, unicode: true, width: 120, live: false }],
    ['a dumb terminal', tty, { TERM: 'dumb' }, { color: false, unicode: true, width: 120, live: false }],
    ['an ASCII locale', tty, { LC_ALL: 'C' }, { color: true, unicode: false, width: 120, live: true }],
    ['a very narrow one', { isTTY: true, columns: 20 }, {}, { color: true, unicode: true, width: 60, live: true }],
    ['a very wide one', { isTTY: true, columns: 400 }, {}, { color: true, unicode: true, width: 200, live: true }],
  ])('%s', (_, stream, env, look) => {
    expect(lookOf(stream, env)).toEqual(look);
  });
});

test('wrap keeps every word; fit says that it cut', () => {
  expect(wrap('one  two\nthree', 8)).toEqual(['one two', 'three']);
  expect(wrap('a-word-longer-than-that b', 8)).toEqual(['a-word-longer-than-that', 'b']);
  expect(fit('abcdef', 4, '…')).toBe('abc…');
  expect(fit('abcd', 4, '…')).toBe('abcd');
});
