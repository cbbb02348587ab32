/** Names, modules and circles: one decision at a time, on trees that no case has. */
import { describe, expect, test } from 'vitest';
import { stepsOut } from '../../scenarios/mechanisms/cycles.ts';
import { isTreeModule, withoutPrefix } from '../../scenarios/mechanisms/modules.ts';
import { lookAlikes, slipsOf } from '../../scenarios/mechanisms/names.ts';
import { breakingPart, olderRelease } from '../../scenarios/mechanisms/older-release.ts';
import { asAbsolute, withFewerDots } from '../../scenarios/mechanisms/relative-imports.ts';
import { shadowOf } from '../../scenarios/mechanisms/shadows.ts';
import type { Fix } from '../../scenarios/types.ts';
import { applyEdits } from '../../source/edits.ts';
import { sourceOf } from '../../source/read.ts';
import type { RunOptions } from '../../source/read.ts';
import type { PackageIndex, Source } from '../../source/types.ts';

const EMPTY: PackageIndex = { python: '3.14.0', distributions: [], stdlib: ['secrets', 'json'], names: {}, known: {}, unusedImports: [] };
const tree = (files: Readonly<Record<string, string>>, options: RunOptions = {}): Promise<Source> => sourceOf(files, { app: 'main:app', ...options });

function after(source: Source, fix: Fix | undefined, path: string): string {
  return applyEdits(source.files, fix?.edits ?? []).get(path) ?? source.files.get(path)?.text ?? '';
}

test('a name that a package lacks is only a slip of the pen, never the next thing in spelling', () => {
  expect(slipsOf('getargspec', ['getargs', 'getfullargspec', 'getargvalues'])).toEqual([]);
  expect(slipsOf('coroutine', ['iscoroutine', 'wait'])).toEqual([]);
  expect(slipsOf('reccomended', ['recommended'])).toEqual(['recommended']);
  expect(slipsOf('Json_Response', ['JSONResponse', 'Response'])).toEqual(['JSONResponse']);
});

describe('look-alikes', () => {
  test('case and underscores do not count', () => {
    expect(lookAlikes('asyncSessionMaker', ['async_sessionmaker', 'sessionmaker'])[0]).toBe('async_sessionmaker');
    expect(lookAlikes('JsonResponse', ['JSONResponse', 'Response'])).toEqual(['JSONResponse']);
  });

  test('two letters that changed places are one slip', () => {
    expect(lookAlikes('valeu', ['value', 'valid'])[0]).toBe('value');
  });

  test('a class is not taken for a function, nor a constant for either', () => {
    expect(lookAlikes('Users', ['users', 'USERS', 'User']).filter((name) => name !== 'users' && name !== 'USERS')).toEqual(['User']);
    expect(lookAlikes('get_user', ['GET_USES'])).toEqual([]);
  });

  test('where one is clearly nearer, the far ones are other things', () => {
    expect(lookAlikes('create_access_tokn', ['create_access_token', 'create_session_tok'])).toEqual(['create_access_token']);
  });
});

describe('whose module it is', () => {
  test('a file below another folder counts only with what is imported', async () => {
    const used = await tree({ 'src/clients/redis.py': 'def connect(): ...\n', 'main.py': 'from redis import Redis\n' });
    expect(isTreeModule('redis', used)).toBe(false);
    const own = await tree({ 'src/models.py': 'class User: ...\n', 'main.py': 'from models import User\n' });
    expect(isTreeModule('models', own)).toBe(true);
  });

  test('imports that name the folder above the root are the tree’s own', async () => {
    const source = await tree({ 'app/db.py': 'engine = 1\n', 'main.py': 'from backend.app.db import engine\nfrom backend.app import db\n' });
    expect(isTreeModule('backend', source)).toBe(true);
    expect(withoutPrefix('backend', source).map(({ meant }) => meant)).toEqual(['app.db', 'app']);
  });

  test('a package of which only a part looks like the tree is a package', async () => {
    const source = await tree({ 'app/db.py': 'engine = 1\n', 'main.py': 'from google.app import db\nfrom google.cloud import storage\n' });
    expect(withoutPrefix('google', source)).toEqual([]);
  });
});

describe('shadows', () => {
  test('of the standard library, of packages that somebody needs, and of nothing else', async () => {
    const index: PackageIndex = { ...EMPTY, distributions: [{ name: 'fastapi', version: '0.165.0', modules: ['fastapi'], requires: ['starlette>=1'] }, { name: 'starlette', version: '1.10.0', modules: ['starlette'], requires: [] }, { name: 'shop', version: '1', modules: ['shop'], requires: [] }] };
    const source = await tree({ 'secrets.py': '', 'starlette.py': '', 'shop/__init__.py': '', 'src/json.py': '', 'main.py': '' });
    expect(shadowOf('secrets', source, index)).toMatchObject({ file: 'secrets.py', hides: 'stdlib' });
    expect(shadowOf('starlette.responses', source, index)).toMatchObject({ file: 'starlette.py', hides: 'package', distribution: 'starlette' });
    expect(shadowOf('shop', source, index)).toBeUndefined();
    expect(shadowOf('json', source, index)).toBeUndefined();
  });
});

describe('relative imports', () => {
  test('the dots at which the tree has the module', async () => {
    const source = await tree({ 'a/__init__.py': '', 'a/b/__init__.py': '', 'a/core.py': 'x = 1\n', 'a/b/use.py': 'from ....core import x\n' });
    const statement = source.imports.find((each) => each.file === 'a/b/use.py');
    expect(statement === undefined ? [] : withFewerDots(statement, source).map(({ meant }) => meant)).toEqual(['..core']);
  });

  test('the absolute name', async () => {
    const source = await tree({ 'db.py': 'x = 1\n', 'main.py': 'from .db import x\n' });
    expect(asAbsolute(['main.py'], source).map(({ meant }) => meant)).toEqual(['db']);
  });
});

describe('circles', () => {
  const circle = ['a.py', 'b.py'];

  test('named in annotations only: for type checkers', async () => {
    const source = await tree({ 'a.py': 'from b import B\n\n\ndef f(b: B) -> None: ...\n', 'b.py': 'from a import f\n\n\nclass B(f): ...\n', 'main.py': '' });
    const fix = stepsOut(circle, source).find(({ title }) => title.includes('type checkers'));
    expect(after(source, fix, 'a.py')).toBe('from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    from b import B\n\n\ndef f(b: B) -> None: ...\n');
  });

  test('before Python 3.14 annotations are put off first', async () => {
    const source = await tree({ 'a.py': 'from b import B\n\n\ndef f(b: B) -> None: ...\n', 'b.py': 'from a import f\n\n\nclass B(f): ...\n', 'main.py': '' });
    const fix = stepsOut(circle, source, '3.11').find(({ title }) => title.includes('type checkers'));
    expect(after(source, fix, 'a.py')).toMatch(/^from __future__ import annotations\n/);
  });

  test('a base class cannot wait', async () => {
    const source = await tree({ 'a.py': 'from b import B\n\n\nclass A(B): ...\n', 'b.py': 'from a import A\n\n\nclass B(A): ...\n', 'main.py': '' });
    expect(stepsOut(circle, source)).toEqual([]);
  });

  test('whole modules move into the functions that use them', async () => {
    const source = await tree({ 'a.py': 'import b\n\n\ndef f():\n    return b.x\n', 'b.py': 'from a import f\n\nx = f\n', 'main.py': '' });
    expect(after(source, stepsOut(circle, source)[0], 'a.py')).toBe('\n\ndef f():\n    import b\n    return b.x\n');
  });

  test('a file that imports from itself', async () => {
    const source = await tree({ 'a.py': 'from a import x, y\n\nx = 1\ny = 2\n', 'main.py': '' });
    expect(after(source, stepsOut(['a.py'], source)[0], 'a.py')).toBe('\nx = 1\ny = 2\n');
  });
});

describe('older releases', () => {
  const index = (version: string): PackageIndex => ({ ...EMPTY, distributions: [{ name: 'HTTPX', version, modules: ['httpx'], requires: [] }] });

  test('what breaks things', () => {
    expect(['2.1.9', '0.28.1', '0.0.27', '0.165.0'].map(breakingPart)).toEqual(['2', '0.28', undefined, undefined]);
  });

  test('a bound is added below what is installed, where nothing decides yet', async () => {
    const source = await tree({ 'requirements.txt': 'httpx>=0.20  # client\n', 'main.py': '' });
    const [fix] = olderRelease('httpx', 'proxies', source, index('0.28.1'));
    expect(after(source, fix, 'requirements.txt')).toBe('httpx>=0.20,<0.28  # client\n');
  });

  test('a lower bound that would exclude everything goes; a pin stays as it is', async () => {
    const high = await tree({ 'requirements.txt': 'httpx>=0.28\n', 'main.py': '' });
    expect(after(high, olderRelease('httpx', 'proxies', high, index('0.28.1'))[0], 'requirements.txt')).toBe('httpx<0.28\n');
    const pinned = await tree({ 'requirements.txt': 'httpx==0.28.1\n', 'main.py': '' });
    expect(olderRelease('httpx', 'proxies', pinned, index('0.28.1'))).toEqual([]);
  });
});
