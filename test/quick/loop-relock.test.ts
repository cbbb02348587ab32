/** A fix that changed pyproject.toml brings the lock file that fits it, proven by a boot; or leaves it as it is. */
import { expect, test } from 'vitest';
import { applyReplay } from '../../harness/loop/replay.ts';
import type { LoopDeps } from '../../harness/types.ts';
import { play, swap } from './loop-script.ts';
import type { Ill } from './loop-script.ts';

const LOCKED = 'version = 1\n\n[[package]]\nname = "cffi"\nversion = "1.17.1"\nsource = { registry = "https://pypi.org/simple" }\n';
const files = { 'main.py': 'app = 1\n', 'pyproject.toml': '[project]\ndependencies = ["cffi"]\n', 'uv.lock': LOCKED };

const driver: Ill = {
  name: 'driver', stage: 'import', shows: (now) => !(now['pyproject.toml'] ?? '').includes('asyncpg'), file: 'pyproject.toml',
  fixes: (source) => [{ ...swap(source, 'pyproject.toml', '"cffi"', '"cffi", "asyncpg"'), explanation: 'It is needed. Then run `uv lock`, so that uv.lock fits again.' }],
};
/** Installs no lock that holds `asyncpg` beside the old cffi. */
const oldBuild: Ill = { name: 'build', stage: 'install', shows: ({ 'uv.lock': lock = '' }) => lock.includes('asyncpg') && lock.includes('1.17.1'), fixes: () => [] };

function withLock(relock: NonNullable<LoopDeps['relock']>): (deps: LoopDeps) => Partial<LoopDeps> {
  return (deps) => ({
    relock,
    sourceWith: async (texts) => {
      const source = await deps.sourceWith(texts);
      return { ...source, install: { ...source.install, kind: 'pyproject', manifest: 'pyproject.toml' } };
    },
    lookup: async (...asked) => ({ ...await deps.lookup(...asked), distributions: [{ name: 'cffi', version: '2.0.0', modules: [], requires: [] }] }),
  });
}

const asUvDoes: NonNullable<LoopDeps['relock']> = async (_, proven) => `${proven.includes('cffi==2.0.0') ? LOCKED.replace('1.17.1', '2.0.0') : LOCKED}\n[[package]]\nname = "asyncpg"\nversion = "0.32.0"\n`;

test('what is locked stays, where a boot is healthy with it', async () => {
  const told = await play({ files, ills: [driver], deps: withLock(asUvDoes) });
  expect(told.outcome).toBe('healed');
  expect(told.files['uv.lock']).toMatch(/1\.17\.1[\s\S]*asyncpg/);
  expect(told.disk).toEqual(told.files);
  expect(told.purposes).toBe('baacr');
  expect(told.kept[0]?.edits.map(({ file }) => file)).toEqual(['pyproject.toml', 'uv.lock']);
  expect(told.kept[0]?.fix.explanation).toBe('It is needed. uv.lock was written anew by uv.');
  expect(Object.fromEntries(applyReplay(new Map(Object.entries(files)), told.kept.flatMap(({ edits }) => edits)))).toEqual(told.files);
});

test('else the versions of the healthy boot are locked', async () => {
  const told = await play({ files, ills: [driver, oldBuild], deps: withLock(asUvDoes) });
  expect(told.outcome).toBe('healed');
  expect(told.files['uv.lock']).toMatch(/2\.0\.0[\s\S]*asyncpg/);
  expect(told.purposes).toBe('baaacr');
});

test('no lock that a boot disagrees with, that uv does not write, or that names another index is kept', async () => {
  const asked: NonNullable<LoopDeps['relock']>[] = [
    async (source) => (await asUvDoes(source, [], new AbortController().signal)), async () => null, async (source, proven, signal) => (await asUvDoes(source, proven, signal) ?? '').replace('pypi.org', 'packages.example'),
  ];
  for (const relock of asked) {
    const told = await play({ files, ills: [driver, oldBuild], deps: withLock(relock) });
    expect(told.outcome).toBe('healed');
    expect(told.files['uv.lock']).toBe(LOCKED);
    expect(told.disk).toEqual(told.files);
    expect(told.kept[0]?.fix.explanation).toContain('run `uv lock`');
  }
});

test('a fix that changes no manifest asks for no lock', async () => {
  const told = await play({
    files, ills: [{ name: 'code', stage: 'import', shows: ({ 'main.py': text = '' }) => text.includes('1'), fixes: (source) => [swap(source, 'main.py', '1', '2')] }],
    deps: withLock(async () => { throw new Error('not to be asked'); }),
  });
  expect(told.outcome).toBe('healed');
});

/** What uv locks holds everything that is declared. */
const asDeclared: NonNullable<LoopDeps['relock']> = async (source) => {
  const declared = [...(source.files.get('pyproject.toml')?.text ?? '').matchAll(/"(\w+)"/g)].map(([, name = '']) => name);
  return LOCKED + declared.filter((name) => name !== 'cffi').map((name) => `\n[[package]]\nname = "${name}"\nversion = "1.0"\n`).join('');
};

test('what only the confirmation asked for is locked too', async () => {
  const late: Ill = {
    name: 'late', stage: 'import', file: 'pyproject.toml', shows: (now, purpose) => /confirm|restart/.test(purpose) && !(now['pyproject.toml'] ?? '').includes('bcrypt'),
    fixes: (source) => [swap(source, 'pyproject.toml', '"cffi"', '"cffi", "bcrypt"')],
  };
  const told = await play({ files, ills: [driver, late], deps: withLock(asDeclared) });
  expect(told.outcome).toBe('healed');
  expect(told.files['uv.lock']).toMatch(/bcrypt[\s\S]*asyncpg/);
  expect(told.disk).toEqual(told.files);
  expect(Object.fromEntries(applyReplay(new Map(Object.entries(files)), told.kept.flatMap(({ edits }) => edits)))).toEqual(told.files);
});

test('a lock that fits already is not asked for again', async () => {
  let asked = 0;
  const late: Ill = {
    name: 'late', stage: 'lifespan', shows: ({ 'main.py': text = '' }, purpose) => /confirm|restart/.test(purpose) && text.includes('1'), fixes: (source) => [swap(source, 'main.py', '1', '2')],
  };
  const told = await play({ files, ills: [driver, late], deps: withLock(async (source, proven, signal) => { asked += 1; return asDeclared(source, proven, signal); }) });
  expect(told.outcome).toBe('healed');
  expect(asked).toBe(1);
});
