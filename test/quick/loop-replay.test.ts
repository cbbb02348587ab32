import fc from 'fast-check';
import { expect, test } from 'vitest';
import { layOver, rebase } from '../../harness/loop/rebase.ts';
import { applyReplay, replay } from '../../harness/loop/replay.ts';
import type { Change } from '../../harness/loop/replay.ts';
import { secretsIn } from '../../harness/workspace/secrets.ts';
import type { Edit } from '../../source/types.ts';

const none = (): readonly string[] => [];

/** Changes in discovery order from texts: each entry is the file's text after that fix. */
function chain(file: string, texts: readonly (string | null)[], edits: readonly (readonly Edit[])[]): readonly Change[] {
  return edits.map((own, index) => ({ edits: own, before: new Map([[file, texts[index] ?? null]]), after: new Map([[file, texts[index + 1] ?? '']]) }));
}

function edit(text: string, old: string, replacement: string, file = 'a.py'): Edit {
  const at = text.indexOf(old);
  expect(at, `"${old}" is in the text`).not.toBe(-1);
  return { file, old, new: replacement, at };
}

function inOrder(original: Readonly<Record<string, string>>, changes: readonly Change[], order: readonly number[], secrets = secretsIn): ReadonlyMap<string, string> {
  return applyReplay(new Map(Object.entries(original)), replay(changes, order, secrets).steps.flatMap((step) => step.edits));
}

test('fixes told in another order than they were found give the same bytes', () => {
  const zero = 'from sqlmodel import SQLModel, create_engine\nfrom x import AsyncSession, AsyncEngine\n\nengine = create_engine(URL)\n';
  const first = edit(zero, ', AsyncEngine', '');
  const one = layOver(zero, [first]);
  const second = edit(one, ', create_engine\n', '\nfrom y import create_async_engine\n');
  const two = layOver(one, [second]);
  const third = edit(two, 'create_engine(URL)', 'create_async_engine(URL)');
  const three = layOver(two, [third]);
  const changes = chain('a.py', [zero, one, two, three], [[first], [second], [third]]);
  for (const order of [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]]) {
    const told = replay(changes, order, secretsIn);
    expect(told.steps.map((step) => step.change)).toEqual(order);
    expect(told.steps.every((step) => step.edits.length > 0)).toBe(true);
    expect(inOrder({ 'a.py': zero }, changes, order).get('a.py')).toBe(three);
  }
});

test('a fix whose text another one rewrote keeps its edits, and comes after what it builds on', () => {
  const changes = chain('a.py', ['x = 1\n', 'x = 2\n', 'x = 3\n'], [[edit('x = 1\n', '1', '2')], [edit('x = 2\n', '2', '3')]]);
  const told = replay(changes, [1, 0], none);
  expect(told.steps.map((step) => step.change)).toEqual([0, 1]);
  expect(told.steps.every((step) => step.edits.length > 0)).toBe(true);
  expect(inOrder({ 'a.py': 'x = 1\n' }, changes, [1, 0]).get('a.py')).toBe('x = 3\n');
});

test('a new file has an empty old text; one that a later fix extends comes out whole', () => {
  const made: Edit = { file: 'src/__init__.py', old: '', new: 'a = 1\n', at: 0 };
  const changes = chain('src/__init__.py', [null, 'a = 1\n', 'a = 1\nb = 2\n'], [[made], [{ file: 'src/__init__.py', old: '', new: 'b = 2\n', at: 6 }]]);
  for (const order of [[0, 1], [1, 0]]) expect(inOrder({}, changes, order).get('src/__init__.py')).toBe('a = 1\nb = 2\n');
  expect(replay(changes, [0, 1], none).steps[0]?.edits[0]?.old).toBe('');
});

test('no old text holds a secret, although it must be unique', () => {
  const env = 'OLD_URL=postgresql://app:hunter22@localhost/app\nDATABASE_URL=postgresql://app:hunter22@localhost/app\n';
  const own: Edit = { file: '.env', old: 'postgresql', new: 'postgresql+asyncpg', at: env.lastIndexOf('postgresql') };
  const after = layOver(env, [own]);
  const changes = chain('.env', [env, after], [[own]]);
  const edits = replay(changes, [0], secretsIn).steps.flatMap((step) => step.edits);
  expect(edits.map((one) => one.old).join()).not.toContain('hunter22');
  expect(applyReplay(new Map([['.env', env]]), edits).get('.env')).toBe(after);
});

test('secrets are found in URLs and behind names that sound like one, not in types or code names', () => {
  expect(secretsIn('.env', 'JWT_SECRET=abc123def\nDATABASE_URL=postgresql://u:p4ss@h/d\nTOKEN_MINUTES=30\n')).toEqual(['abc123def', 'p4ss']);
  expect(secretsIn('a.py', 'password: str\nsecret_key = settings.secret\napi_key = "k-123456"\n')).toEqual(['k-123456']);
});

test.each(['a'.repeat(1_000_000), 'password'.repeat(125_000), '://'.repeat(300_000), `token${' '.repeat(1_000_000)}`])('one line of a megabyte does not hold up the search for secrets', (line) => {
  const began = performance.now();
  secretsIn('a.min.js', line);
  expect(performance.now() - began).toBeLessThan(5000); // linear: well under a second; quadratic: many minutes
});

test('the first edit of a fix stays its first, also when it stands lower in the file', () => {
  const text = 'import a\n\n\nfactory = sessionmaker(engine)\n';
  const own = [edit(text, 'sessionmaker(engine)', 'async_sessionmaker(engine)'), edit(text, 'import a\n', 'import a\nimport b\n')];
  const after = layOver(text, own);
  const edits = replay(chain('a.py', [text, after], [own]), [0], none).steps.flatMap((step) => step.edits);
  expect(edits[0]?.old).toContain('sessionmaker(engine)');
  expect(applyReplay(new Map([['a.py', text]]), edits).get('a.py')).toBe(after);
});

test('rebase moves edits with their text and gives up when it is gone', () => {
  const base = 'a = 1\nb = 2\n';
  expect(rebase([edit(base, 'b = 2', 'b = 3')], base, `import x\n${base}`)).toMatchObject([{ at: 15 }]);
  expect(rebase([edit(base, 'b = 2', 'b = 3')], base, 'a = 1\nc = 9\n')).toBeUndefined();
});

test('text that moved is found again when there is only one place for it', () => {
  const base = 'x = 1\ny = 2\n';
  const onto = 'y = 2\nx = 1\n';
  for (const [old, at] of [['x = 1', 6], ['y = 2', 0]] as const) expect(rebase([edit(base, old, 'z')], base, onto)).toMatchObject([{ at }]);
});

const words = fc.constantFrom('import', 'x', 'y', '\n', '\r\n', ' ', '=', '1', 'é', '\t', 'engine', '(', ')', 'secret=abcdef');
const texts = fc.array(words, { maxLength: 40 }).map((parts) => parts.join(''));

/** Any history: each fix edits one or two of two files at random places, on top of the fixes before it. */
const histories = fc.record({
  files: fc.record({ 'a.py': texts, '.env': texts }),
  fixes: fc.array(fc.array(fc.record({
    file: fc.constantFrom('a.py', '.env', 'new.py'), from: fc.nat(200), length: fc.nat(12), text: texts.map((text) => text.slice(0, 24)),
  }), { minLength: 1, maxLength: 3 }), { minLength: 1, maxLength: 5 }),
  shuffle: fc.array(fc.nat(), { minLength: 5, maxLength: 5 }),
});

test('whatever overlaps and in whatever order, the replay is exact and every old text is there once', () => {
  fc.assert(fc.property(histories, ({ files, fixes, shuffle }) => {
    const now = new Map<string, string>(Object.entries(files));
    const original = new Map(now);
    const changes: Change[] = [];
    for (const fix of fixes) {
      const touched = new Map<string, Edit[]>();
      for (const { file, from, length, text } of fix) {
        const whole = now.get(file) ?? '';
        const at = Math.min(from, whole.length);
        const own = { file, old: whole.slice(at, at + length), new: text, at };
        const others = touched.get(file) ?? [];
        const clear = others.every((other) => at > other.at + other.old.length || at + own.old.length < other.at);
        if (clear) touched.set(file, [...others, own]);
      }
      const before = new Map([...touched.keys()].map((file) => [file, now.get(file) ?? null] as const));
      for (const [file, edits] of touched) now.set(file, layOver(now.get(file) ?? '', edits));
      changes.push({ edits: [...touched.values()].flat(), before, after: new Map([...touched.keys()].map((file) => [file, now.get(file) ?? ''])) });
    }
    const order = changes.map((_, index) => index).toSorted((a, b) => (shuffle[a] ?? 0) - (shuffle[b] ?? 0));
    const told = replay(changes, order, secretsIn);
    const result = applyReplay(original, told.steps.flatMap((step) => step.edits));
    for (const [file, text] of now) expect(result.get(file) ?? '').toBe(text);
    expect(told.steps.map((step) => step.change).toSorted()).toEqual(order.toSorted());
  }), { numRuns: 400 });
});
