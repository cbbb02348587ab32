import { execFile } from 'node:child_process';
import { lstat, mkdir, readFile, readdir, readlink, rm, stat, symlink, truncate, writeFile, chmod, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createFixture } from 'fs-fixture';
import type { FileTree } from 'fs-fixture';
import { describe, expect, test } from 'vitest';
import { HarnessError } from '../../agent/errors.ts';
import { onDisk } from '../../harness/workspace/disk.ts';
import { openJournal, readJournal } from '../../harness/journal.ts';
import { processStart } from '../../agent/process-start.ts';
import { makeRunFolder, sweepRunFolders } from '../../harness/workspace/temp.ts';
import { openWorkspace, throughLinks } from '../../harness/workspace/workspace.ts';
import type { Workspace } from '../../harness/workspace/workspace.ts';
import { prepareOut, refuseDirtyTree, writeBack } from '../../harness/workspace/write-back.ts';

const run = promisify(execFile);
const signal = new AbortController().signal;

/** A tree on disk and the workspace made from it. */
async function opened(files: FileTree, prepare?: (dir: string) => Promise<void>): Promise<AsyncDisposable & { readonly dir: string; readonly place: Workspace; readonly temp: string }> {
  const fixture = await createFixture({ user: files, temp: {} });
  const dir = join(fixture.path, 'user');
  const temp = join(fixture.path, 'temp');
  await prepare?.(dir);
  const place = await openWorkspace({ dir, out: join(dir, '.boot-check'), tempParent: temp }, signal);
  return { dir, place, temp, [Symbol.asyncDispose]: async () => { await place[Symbol.asyncDispose](); await fixture.rm(); } };
}

async function all(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).toSorted();
}

async function refusal(work: Promise<unknown>): Promise<HarnessError> {
  const error = await work.then(() => undefined, (thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(HarnessError);
  return error as HarnessError;
}

test('folders that an app closed, also to their owner, stop neither the next boot nor the end of the run', async () => {
  const box = await opened({ 'main.py': 'a\n', data: { 'x.txt': 'x' } });
  await mkdir(join(box.place.tree, 'closed', 'deep'), { recursive: true });
  for (const folder of ['closed/deep', 'closed', 'data']) await chmod(join(box.place.tree, folder), 0);
  await box.place.write(new Map());
  expect(await all(box.place.tree)).toEqual(['data/x.txt', 'main.py']);
  await chmod(join(box.place.tree, 'data'), 0);
  await box.place[Symbol.asyncDispose]();
  expect(await readdir(box.temp)).toEqual([]);
  await box[Symbol.asyncDispose]();
});

describe('the copy', () => {
  test('holds the tree byte for byte, and leaves environments, caches, version control and our own results where they are', async () => {
    const bytes = Buffer.from([0xff, 0xfe, 0x00, 0xe9, 0x0a]);
    await using box = await opened({
      'main.py': 'a = 1\r\nb = 2\r\n', 'latin.py': bytes, '.env': 'A=1\n', src: { 'app.py': 'x\n', __pycache__: { 'app.pyc': 'x' } },
      '.git': { HEAD: 'x' }, node_modules: { a: { 'index.js': 'x' } }, myenv: { 'pyvenv.cfg': 'home = /usr', lib: { 'x.py': 'x' } },
      cache: { 'CACHEDIR.TAG': 'Signature: 8a477f597d28d172789f06886806bc55' }, '.boot-check': { 'report.json': '{}' },
      results: { '.gitignore': '# boot-check output\n*\n', healed: { 'main.py': 'x' } }, empty: {},
    }, async (dir) => { await mkdir(join(dir, 'empty'), { recursive: true }); });
    for (const folder of [box.place.tree, box.place.original]) {
      expect(await all(folder)).toEqual(['.env', 'latin.py', 'main.py', 'src/app.py']);
      expect(await readFile(join(folder, 'latin.py'))).toEqual(bytes);
      expect(await readFile(join(folder, 'main.py'), 'utf8')).toBe('a = 1\r\nb = 2\r\n');
      expect((await stat(join(folder, 'empty'))).isDirectory()).toBe(true);
    }
  });

  test('keeps modes and links that stay inside; absolute links become relative', async () => {
    await using box = await opened({ 'run.sh': '#!/bin/sh\n', real: { 'a.txt': 'a' } }, async (dir) => {
      await chmod(join(dir, 'run.sh'), 0o755);
      await symlink('real/a.txt', join(dir, 'near'));
      await symlink(join(dir, 'real'), join(dir, 'far'));
      await symlink('not-there', join(dir, 'dangling'));
    });
    expect((await stat(join(box.place.tree, 'run.sh'))).mode & 0o777).toBe(0o755);
    expect(await readlink(join(box.place.tree, 'near'))).toBe('real/a.txt');
    expect(await readlink(join(box.place.tree, 'far'))).toBe('real');
    expect(await readlink(join(box.place.tree, 'dangling'))).toBe('not-there');
  });

  test('a 200 MB file is not duplicated: shared where the file system can, else left out and said', async () => {
    await using box = await opened({ 'main.py': 'x\n', 'model.bin': '' }, (dir) => truncate(join(dir, 'model.bin'), 200 * 1024 * 1024));
    const there = (await all(box.place.tree)).includes('model.bin');
    expect(box.place.leftOut).toEqual(there ? [] : [{ path: 'model.bin', bytes: 200 * 1024 * 1024, why: 'larger than 50 MB' }]);
    await box.place.write(new Map([['main.py', 'y\n']]));
    await box.place.materialise(join(box.temp, 'healed'), new Map());
    // A sparse file that was copied blindly would show its full length in blocks or in a second file.
    if (!there) expect(await all(join(box.temp, 'healed'))).toEqual(['main.py']);
  });

  test('is gone with its run', async () => {
    const box = await opened({ 'main.py': 'x\n' });
    expect(await readdir(box.temp)).toHaveLength(1);
    await box.place[Symbol.asyncDispose]();
    expect(await readdir(box.temp)).toEqual([]);
    await box[Symbol.asyncDispose]();
  });
});

describe('write', () => {
  test('lays texts over the original and takes them back exactly', async () => {
    await using box = await opened({ backend: { 'main.py': 'a\r\n', 'odd.bin': Buffer.from([0xff, 0x0a]) } });
    await box.place.write(new Map([['main.py', 'b\r\n'], ['pkg/__init__.py', '']]), 'backend');
    expect(await all(box.place.tree)).toEqual(['backend/main.py', 'backend/odd.bin', 'backend/pkg/__init__.py']);
    expect(await readFile(join(box.place.tree, 'backend/main.py'), 'utf8')).toBe('b\r\n');
    await box.place.write(new Map(), 'backend');
    expect(await all(box.place.tree)).toEqual(['backend/main.py', 'backend/odd.bin']);
    expect(await readFile(join(box.place.tree, 'backend/main.py'), 'utf8')).toBe('a\r\n');
  });

  test('undoes what a boot wrote, deleted and changed; keeps what an install left', async () => {
    await using box = await opened({ 'main.py': 'a\n', 'data.json': '{}', static: { 'a.css': 'x' } });
    const { tree } = box.place;
    await writeFile(join(tree, 'app.db'), 'rows');
    await mkdir(join(tree, 'logs'));
    await writeFile(join(tree, 'logs/app.log'), 'x');
    await writeFile(join(tree, 'data.json'), '{"changed": true}');
    await rm(join(tree, 'static'), { recursive: true });
    await mkdir(join(tree, 'pkg.egg-info'));
    await writeFile(join(tree, 'pkg.egg-info/PKG-INFO'), 'x');
    await writeFile(join(tree, '_version.py'), 'v = 1');
    await box.place.write(new Map());
    expect(await all(tree)).toEqual(['_version.py', 'data.json', 'main.py', 'pkg.egg-info/PKG-INFO', 'static/a.css']);
    expect(await readFile(join(tree, 'data.json'), 'utf8')).toBe('{}');
    expect(await readdir(tree)).not.toContain('logs');
  });

  test('nothing of all that reaches the healed tree', async () => {
    await using box = await opened({ 'main.py': 'a\n', '.env': 'A=1\n' });
    await writeFile(join(box.place.tree, 'main.py'), 'hacked\n');
    await writeFile(join(box.place.tree, '_version.py'), 'v = 1');
    const healed = join(box.temp, 'healed');
    await mkdir(healed);
    await writeFile(join(healed, 'stale.txt'), 'of an earlier run');
    await box.place.materialise(healed, new Map([['.env', 'A=2\n']]));
    expect(await all(healed)).toEqual(['.env', 'main.py']);
    expect(await readFile(join(healed, 'main.py'), 'utf8')).toBe('a\n');
    expect(await readFile(join(healed, '.env'), 'utf8')).toBe('A=2\n');
  });

  test('the healed tree is written after an interrupt, too', async () => {
    await using fixture = await createFixture({ user: { 'main.py': 'a' }, temp: {} });
    const stop = new AbortController();
    await using place = await openWorkspace({ dir: join(fixture.path, 'user'), tempParent: join(fixture.path, 'temp') }, stop.signal);
    stop.abort();
    await place.materialise(join(fixture.path, 'healed'), new Map([['main.py', 'b']]));
    expect(await readFile(join(fixture.path, 'healed/main.py'), 'utf8')).toBe('b');
  });

  test('never writes through a link that the app planted', async () => {
    await using box = await opened({ 'main.py': 'a\n', src: { 'core.py': 'b\n' } });
    const outside = join(box.temp, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'core.py'), 'mine\n');
    await writeFile(join(outside, 'main.py'), 'mine\n');
    await rm(join(box.place.tree, 'src'), { recursive: true });
    await symlink(outside, join(box.place.tree, 'src'));
    await rm(join(box.place.tree, 'main.py'));
    await symlink(join(outside, 'main.py'), join(box.place.tree, 'main.py'));
    await box.place.write(new Map([['src/core.py', 'c\n'], ['main.py', 'd\n']]));
    expect(await readFile(join(outside, 'core.py'), 'utf8')).toBe('mine\n');
    expect(await readFile(join(outside, 'main.py'), 'utf8')).toBe('mine\n');
    expect((await lstat(join(box.place.tree, 'src'))).isDirectory()).toBe(true);
    expect(await readFile(join(box.place.tree, 'src/core.py'), 'utf8')).toBe('c\n');
  });

  test('no two versions of a file share a second: a compiled file would be taken for the source', async () => {
    await using box = await opened({ 'main.py': 'a = 1\n' });
    const seconds = new Set([Math.floor((await stat(join(box.place.tree, 'main.py'))).mtimeMs / 1000)]);
    for (const text of ['a = 2\n', 'a = 3\n', 'a = 1\n']) {
      await box.place.write(new Map([['main.py', text]]));
      seconds.add(Math.floor((await stat(join(box.place.tree, 'main.py'))).mtimeMs / 1000));
    }
    expect(seconds.size).toBe(4);
  });

  test('what is right already is not written again', async () => {
    await using box = await opened({ 'main.py': 'a\n', 'b.py': 'b\n' });
    await box.place.write(new Map([['main.py', 'x\n']]));
    const before = await Promise.all(['main.py', 'b.py'].map((name) => stat(join(box.place.tree, name))));
    await box.place.write(new Map([['main.py', 'x\n']]));
    const after = await Promise.all(['main.py', 'b.py'].map((name) => stat(join(box.place.tree, name))));
    expect(after.map((one) => one.ino)).toEqual(before.map((one) => one.ino));
  });

  test('a text for a link goes to the file it names', async () => {
    await using box = await opened({ config: { 'real.env': 'A=1\n' } }, (dir) => symlink('config/real.env', join(dir, '.env')));
    await box.place.write(new Map([['.env', 'A=2\n']]));
    expect((await lstat(join(box.place.tree, '.env'))).isSymbolicLink()).toBe(true);
    expect(await readFile(join(box.place.tree, 'config/real.env'), 'utf8')).toBe('A=2\n');
    expect(throughLinks('a/b/c', new Map([['a', 'x/y'], ['x/y/b', '../z']]))).toBe('x/z/c');
    expect(throughLinks('a/c', new Map([['a', 'b'], ['b', 'a']]))).toBeDefined();
  });
});

describe('bad input is one clear sentence', () => {
  test.each([
    ['no such folder', 'no-such-folder', {}, 'missing'],
    ['a file', 'not-a-folder', { 'main.py': 'x' }, 'main.py'],
    ['an empty folder', 'empty-folder', { sub: {} }, ''],
    ['nothing but an environment', 'empty-folder', { '.venv': { 'pyvenv.cfg': 'x' } }, ''],
  ] as const)('%s', async (_, code, files, name) => {
    await using fixture = await createFixture(files);
    const error = await refusal(openWorkspace({ dir: join(fixture.path, name), tempParent: tmpdir() }, signal));
    expect(error).toMatchObject({ code, exitCode: 2 });
    expect(error.message).toMatch(/^[^\n]+\.$/);
    expect(error.hint).not.toBe('');
  });

  test('links that lead out, at once or by a detour, absolute or not', async () => {
    for (const target of ['../../secret.txt', '/etc/passwd', '../..', 'hop']) {
      await using fixture = await createFixture({ 'secret.txt': 's', user: { 'main.py': 'x', sub: { 'a.py': 'x' } } });
      await symlink('../../secret.txt', join(fixture.path, 'user/sub/hop'));
      if (target !== 'hop') await symlink(target, join(fixture.path, 'user/sub/link'));
      const error = await refusal(openWorkspace({ dir: join(fixture.path, 'user') }, signal));
      expect(error).toMatchObject({ code: 'link-out-of-tree', exitCode: 2 });
    }
  });

  test('an environment that is a link to somewhere else is left out, not refused', async () => {
    await using box = await opened({ 'main.py': 'x\n' }, (dir) => symlink('/usr', join(dir, '.venv')));
    expect(await all(box.place.tree)).toEqual(['main.py']);
  });

  test('a file that cannot be read is named; nothing is left behind', async () => {
    await using fixture = await createFixture({ user: { 'main.py': 'x', 'closed.py': 'x' }, temp: {} });
    await chmod(join(fixture.path, 'user/closed.py'), 0);
    await chmod(join(fixture.path, 'temp'), 0o777);
    await chmod(fixture.path, 0o755);
    // Root can read everything, so the question is asked by somebody else.
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', `
      const { openWorkspace } = await import(${JSON.stringify(join(import.meta.dirname, '../../harness/workspace/workspace.ts'))});
      await openWorkspace({ dir: ${JSON.stringify(join(fixture.path, 'user'))}, tempParent: ${JSON.stringify(join(fixture.path, 'temp'))} }, new AbortController().signal)
        .catch((error) => console.log(error.code, error.exitCode, error.message));`], { ...(process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {}), cwd: '/' });
    expect(stdout.trim()).toBe('unreadable-file 2 closed.py cannot be read.');
    expect(await readdir(join(fixture.path, 'temp'))).toEqual([]);
  });

  test('special files are left out and said', async () => {
    await using box = await opened({ 'main.py': 'x\n' }, async (dir) => { await run('mkfifo', [join(dir, 'pipe')]); });
    expect(box.place.leftOut).toMatchObject([{ path: 'pipe' }]);
  });

  test('an interrupt while copying leaves nothing', async () => {
    await using fixture = await createFixture({ user: { 'main.py': 'x' }, temp: {} });
    await expect(openWorkspace({ dir: join(fixture.path, 'user'), tempParent: join(fixture.path, 'temp') }, AbortSignal.abort())).rejects.toThrow();
    expect(await readdir(join(fixture.path, 'temp'))).toEqual([]);
    let asked = 0;
    const later = { throwIfAborted: () => { if ((asked += 1) > 2) throw new Error('stop'); } } as AbortSignal;
    await expect(openWorkspace({ dir: join(fixture.path, 'user'), tempParent: join(fixture.path, 'temp') }, later)).rejects.toThrow('stop');
    expect(await readdir(join(fixture.path, 'temp'))).toEqual([]);
  });
});

describe('the output folder', () => {
  test('ignores itself in git, and is made once', async () => {
    await using fixture = await createFixture({ 'main.py': 'x' });
    const out = join(fixture.path, '.boot-check');
    await prepareOut(out, fixture.path);
    await prepareOut(out, fixture.path);
    expect((await readFile(join(out, '.gitignore'), 'utf8')).split('\n')).toContain('*');
  });

  test('is never the backend itself, a folder around it, or one whose results are not ours', async () => {
    await using fixture = await createFixture({ user: { 'main.py': 'x' }, other: { healed: { 'a.txt': 'mine' } }, file: 'x' });
    expect(await refusal(prepareOut(join(fixture.path, 'other'), fixture.path.replace(/\/$/, '')))).toMatchObject({ code: 'out-not-ours', exitCode: 2 });
    const user = join(fixture.path, 'user');
    expect(await refusal(prepareOut(user, user))).toMatchObject({ exitCode: 2 });
    expect(await refusal(prepareOut(fixture.path.replace(/\/$/, ''), user))).toMatchObject({ exitCode: 2 });
    expect(await refusal(prepareOut(join(fixture.path, 'other'), user))).toMatchObject({ code: 'out-not-ours', exitCode: 2 });
    expect(await refusal(prepareOut(join(fixture.path, 'file'), user))).toMatchObject({ exitCode: 2 });
  });
});

test('a misspelt folder is not made, neither by the output folder nor by the git check', async () => {
  await using fixture = await createFixture({});
  const dir = join(fixture.path, 'misspelt');
  expect(await refusal(prepareOut(join(dir, '.boot-check'), dir))).toMatchObject({ code: 'no-such-folder' });
  expect(await refusal(refuseDirtyTree(dir, signal))).toMatchObject({ code: 'no-such-folder' });
  expect(await readdir(fixture.path)).toEqual([]);
});

describe('--write', () => {
  test('puts the kept edits into the tree, modes kept, and nothing else', async () => {
    await using box = await opened({ backend: { 'main.py': 'a\n', 'b.py': 'b\n' } }, (dir) => chmod(join(dir, 'backend/main.py'), 0o750));
    const past = new Date(1_600_000_000_000);
    await utimes(join(box.dir, 'backend/b.py'), past, past);
    expect(await writeBack(box.place, new Map([['main.py', 'x\n'], ['pkg/__init__.py', '']]), 'backend')).toEqual(['backend/main.py', 'backend/pkg/__init__.py']);
    expect(await all(box.dir)).toEqual(['backend/b.py', 'backend/main.py', 'backend/pkg/__init__.py']);
    expect(await readFile(join(box.dir, 'backend/main.py'), 'utf8')).toBe('x\n');
    expect((await stat(join(box.dir, 'backend/main.py'))).mode & 0o777).toBe(0o750);
    expect((await stat(join(box.dir, 'backend/b.py'))).mtime).toEqual(past);
  });

  test('refuses when a file changed meanwhile, and then writes none', async () => {
    await using box = await opened({ 'a.py': 'a\n', 'b.py': 'b\n' });
    await writeFile(join(box.dir, 'b.py'), 'mine\n');
    expect(await refusal(writeBack(box.place, new Map([['a.py', 'x\n'], ['b.py', 'x\n']])))).toMatchObject({ code: 'tree-changed', exitCode: 2 });
    expect(await readFile(join(box.dir, 'a.py'), 'utf8')).toBe('a\n');
    await writeFile(join(box.dir, 'new.py'), 'mine\n');
    expect(await refusal(writeBack(box.place, new Map([['new.py', 'x\n']])))).toMatchObject({ code: 'tree-changed' });
  });

  test('all or none: when one file cannot be written, the others stay as they were and nothing is left beside them', async () => {
    const long = `${'n'.repeat(246)}.py`;
    await using box = await opened({ 'a.py': 'a\n', [long]: 'b\n' });
    await expect(writeBack(box.place, new Map([['a.py', 'x\n'], ['new.py', 'x\n'], [long, 'x\n']]))).rejects.toThrow();
    expect(await all(box.dir)).toEqual(['a.py', long]);
    expect(await readFile(join(box.dir, 'a.py'), 'utf8')).toBe('a\n');
  });

  test('refuses a dirty git tree; a clean one and no git at all are fine', async () => {
    await using fixture = await createFixture({ plain: { 'a.py': 'x' }, repo: { backend: { 'a.py': 'x' }, 'other.txt': 'x' } });
    const repo = join(fixture.path, 'repo');
    const git = (...args: readonly string[]): Promise<unknown> => run('git', ['-c', 'user.name=t', '-c', 'user.email=t@example.org', ...args], { cwd: repo });
    await git('init', '-q');
    await git('add', '.');
    await git('commit', '-qm', 'x');
    await refuseDirtyTree(join(repo, 'backend'), signal);
    await refuseDirtyTree(join(fixture.path, 'plain'), signal);
    await writeFile(join(repo, 'backend/a.py'), 'y');
    const error = await refusal(refuseDirtyTree(join(repo, 'backend'), signal));
    expect(error).toMatchObject({ code: 'dirty-tree', exitCode: 2 });
    expect(error.message).toContain('backend/a.py');
  });
});

describe('temp folders', () => {
  test('only those of dead runs are swept', async () => {
    await using fixture = await createFixture({ 'something-else': {}, 'boot-check-notes': {} });
    const living = await makeRunFolder(fixture.path);
    const start = await processStart(process.pid);
    await mkdir(join(fixture.path, 'boot-check-4194999-123-abcdef'));
    // The same id, but another process had it.
    await mkdir(join(fixture.path, `boot-check-${process.pid}-${Number(start) - 1}-abcdef`));
    const swept = await sweepRunFolders(fixture.path);
    expect(swept).toHaveLength(2);
    expect((await readdir(fixture.path)).toSorted()).toEqual([living.slice(fixture.path.length).replace(/^\//, ''), 'boot-check-notes', 'something-else'].toSorted());
  });

  test('belong to their owner alone', async () => {
    await using fixture = await createFixture({});
    expect((await stat(await makeRunFolder(fixture.path))).mode & 0o066).toBe(0);
  });
});

describe('the journal', () => {
  test('is on disk event by event, and a cut last line costs only itself', async () => {
    await using fixture = await createFixture({});
    const path = join(fixture.path, 'out/journal.ndjson');
    const journal = openJournal(path);
    journal.write({ at: 0, type: 'note', text: 'one\ntwo' });
    expect(await readJournal(path)).toEqual([{ at: 0, type: 'note', text: 'one\ntwo' }]);
    journal.write({ at: 1, type: 'end', outcome: 'healthy', boots: 3, seconds: 1 });
    journal[Symbol.dispose]();
    journal.write({ at: 2, type: 'note', text: 'after the end' });
    expect(await readJournal(path)).toHaveLength(2);
    await writeFile(path, `${await readFile(path, 'utf8')}{"at":2,"type":"no`);
    expect(await readJournal(path)).toHaveLength(2);
    await writeFile(path, '{"at":\n{"at":1,"type":"note","text":"x"}\n');
    await expect(readJournal(path)).rejects.toThrow('journal.ndjson:1');
  });

  test.skipIf(process.platform !== 'linux')('and the copy say in one sentence that the disk is full', async () => {
    const full = { code: 'no-disk', exitCode: 3, message: 'There is no space left on the disk.' };
    const journal = openJournal('/dev/full');
    expect(() => journal.write({ at: 0, type: 'note', text: 'x' })).toThrow(expect.objectContaining(full));
    expect(await refusal(onDisk(() => writeFile('/dev/full', 'x')))).toMatchObject(full);
  });

  test('survives kill -9 in the middle of a run', async () => {
    await using fixture = await createFixture({});
    const path = join(fixture.path, 'journal.ndjson');
    const writing = run(process.execPath, ['--input-type=module', '-e', `
      const { openJournal } = await import(${JSON.stringify(join(import.meta.dirname, '../../harness/journal.ts'))});
      const journal = openJournal(${JSON.stringify(path)});
      for (let at = 0; at < 500; at += 1) journal.write({ at, type: 'note', text: 'x'.repeat(100) });
      process.kill(process.pid, 'SIGKILL');`]);
    await expect(writing).rejects.toMatchObject({ signal: 'SIGKILL' });
    expect(await readJournal(path)).toHaveLength(500);
  });
});
