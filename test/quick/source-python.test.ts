import { describe, expect, test } from 'vitest';
import { loadOrder, targetFile } from '../../source/import-order.ts';
import type { LoadOrder } from '../../source/import-order.ts';
import { callsOf, definitionsOf, fileOf, importedNames, importsOf, loadPython, moduleOf, nameUses, originOf, sourceFile, syntaxFaults } from '../../source/python.ts';
import { sourceOf, withFiles } from '../../source/read.ts';
import { usesOfDriver, usesOfModule } from '../../source/usage.ts';

await loadPython();

describe('imports', () => {
  const file = sourceFile('src/api/auth.py', `from __future__ import annotations
import os, sqlalchemy as sa
from ..core.database import get_session as session
from . import deps
from sqlmodel import *
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    from src.models import User
else:
    from src.models import Real
try:
    import orjson
except ImportError:
    import json as orjson
try:
    import late
except ValueError:
    pass
def handler():
    from src.services import mail
if __name__ == "__main__":
    import uvicorn
`);

  test('each statement with its absolute module, when it runs and whether its failure is caught', () => {
    const rows = importsOf(file, ['.']).map((each) => `${each.line} ${each.module} ${each.names.map(({ name, alias }) => name + (alias ? `=${alias}` : '')).join()} ${each.eager ? 'eager' : 'later'}${each.guarded ? ' guarded' : ''}`);
    expect(rows).toEqual([
      '1 __future__ annotations eager', '2 os  eager', '2 sqlalchemy  eager', '3 src.core.database get_session=session eager', '4 src.api deps eager', '5 sqlmodel * eager',
      '6 typing TYPE_CHECKING eager', '8 src.models User later', '10 src.models Real eager', '12 orjson  eager guarded', '14 json  eager', '16 late  eager', '20 src.services mail later', '22 uvicorn  later',
    ]);
  });

  test('relative imports resolve from the import root', () => {
    expect(importsOf(file, ['src']).find((each) => each.line === 3)?.module).toBe('core.database');
  });

  test('names lead to where they come from', () => {
    expect(importedNames(file).get('session')).toBe('src.core.database.get_session');
    expect(originOf(file, 'sa.orm.Session')).toBe('sqlalchemy.orm.Session');
    expect(originOf(file, 'unknown.thing')).toBe('unknown.thing');
  });
});

describe('modules and files', () => {
  const paths = new Map(['src/main.py', 'src/core/__init__.py', 'src/core/db.py', 'src/core.py', 'src/plain/deep/x.py'].map((path) => [path, path]));

  test('a package wins over a module, a namespace package is its folder', () => {
    expect(fileOf('src.core', paths, ['.'])).toBe('src/core/__init__.py');
    expect(fileOf('core.db', paths, ['.', 'src'])).toBe('src/core/db.py');
    expect(fileOf('src.plain', paths, ['.'])).toBe('src/plain');
    expect(fileOf('src.absent', paths, ['.'])).toBeUndefined();
  });

  test('the first root that holds a file names its module', () => {
    expect(moduleOf('src/core/__init__.py', ['.'])).toBe('src.core');
    expect(moduleOf('src/core/db.py', ['src', '.'])).toBe('core.db');
    expect(moduleOf('other/x.py', ['src'])).toBeUndefined();
  });
});

test('definitions at module level, in blocks too', () => {
  const file = sourceFile('a.py', 'A: int = 1\nB, C = 1, 2\nd.e = 3\nif X:\n    async def f(): pass\n@deco\nclass K(Base[int], m.Other): x = 1\nimport os.path\nD = E = 4\n');
  expect(definitionsOf(file).map((each) => `${each.kind} ${each.name}${each.async ? ' async' : ''} ${each.bases.join()}`)).toEqual([
    'value A ', 'value B ', 'value C ', 'function f async ', 'class K Base,m.Other', 'import os ', 'value D ', 'value E ',
  ]);
});

test('uses of a name: not keywords, attributes or imports', () => {
  const file = sourceFile('a.py', 'from m import engine\nf(engine=engine)\nx.engine\n"engine"\nengines = engine\n');
  expect(nameUses(file, 'engine').map((use) => use.line)).toEqual([2, 5]);
});

test('calls know their scope, target and await', () => {
  const file = sourceFile('a.py', 'class A:\n    async def f(self):\n        self.x = await make(1, *rest, key=2, **more)\n');
  expect(callsOf(file)[0]).toMatchObject({ scope: 'A.f', assignedTo: 'self.x', awaited: true, arguments: [{ value: '1' }, { splat: true }, { name: 'key', value: '2' }, { splat: true }] });
});

test.each([
  ['def f(:\n    pass\n', 1], ['x = (1,\n', 1], ['print "hello"\n', 1], ['ok = 1\nx = = 2\n', 2],
])('%j does not parse', (text, line) => {
  expect(syntaxFaults(sourceFile('a.py', text))[0]?.line).toBe(line);
});

test.each(['match x:\n    case {"a": 1}: pass\n', 'type A[T] = list[T]\n', 'try:\n    pass\nexcept* ValueError:\n    pass\n', 'def f[T: int](x: T) -> T: ...\n', '\uFEFFx = f"{a!r:>{w}} {b["c"]}"\n', 'x = 1\r\ny = 2\r\n'])('%j parses', (text) => {
  expect(syntaxFaults(sourceFile('a.py', text))).toEqual([]);
});

describe('load order', () => {
  const order = async (files: Readonly<Record<string, string>>, app = 'main:app', factory = false): Promise<LoadOrder> => {
    const source = await sourceOf(files, { app, factory });
    return loadOrder(source, targetFile(source) ?? '');
  };

  test('packages first, then statement by statement, each file once', async () => {
    const { files, faults } = await order({
      'src/main.py': 'from fastapi import FastAPI\nfrom src.api import users\nfrom src.api.users import router\napp = FastAPI()\n',
      'src/__init__.py': '', 'src/api/__init__.py': 'from src.core import db\n', 'src/api/users.py': 'router = 1\n', 'src/core/db.py': 'x = 1\n',
    }, 'src.main:app');
    expect(files).toEqual(['src/__init__.py', 'src/main.py', 'src/api/__init__.py', 'src/core/db.py', 'src/api/users.py']);
    expect(faults).toEqual([]);
  });

  test('a circle is a fault only where a name is asked for before it is there', async () => {
    const models = { 'src/main.py': 'from src.models.user import User\napp = 1\n', 'src/models/user.py': 'from src.models.post import Post\nclass User: pass\n' };
    const broken = await order({ ...models, 'src/models/post.py': 'from src.models.user import User\nclass Post: pass\n' }, 'src.main:app');
    expect(broken.faults).toEqual([{ form: 'circular', file: 'src/models/post.py', line: 1, module: 'src.models.user', name: 'User', circle: ['src/models/user.py', 'src/models/post.py'] }]);
    const plain = await order({ ...models, 'src/models/post.py': 'import src.models.user\nclass Post: pass\n' }, 'src.main:app');
    expect(plain.faults).toEqual([]);
    const late = await order({ 'main.py': 'import b\napp = 1\n', 'b.py': 'from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from main import app\ndef f():\n    from main import app\n' });
    expect(late.faults).toEqual([]);
    const above = await order({ 'main.py': 'app = 1\nfrom b import x\n', 'b.py': 'from main import app\nx = 1\n' });
    expect(above.faults, 'bound above the import that leads round').toEqual([]);
  });

  test('what lies behind the first fault is named too', async () => {
    const { faults } = await order({ 'main.py': 'from a import gone\nimport pkg.nothing\napp = 1\n', 'a.py': 'from pkg import also_gone\n', 'pkg/__init__.py': '' });
    expect(faults.map(({ form, file, line, name, module }) => [form, file, line, name ?? module])).toEqual([
      ['name-missing', 'a.py', 1, 'also_gone'], ['name-missing', 'main.py', 1, 'gone'], ['module-missing', 'main.py', 2, 'pkg.nothing'],
    ]);
  });

  test('caught, conditional and lazy imports are followed and never certain', async () => {
    const files = {
      'main.py': 'import os\ntry:\n    from pkg import gone\nexcept ImportError:\n    gone = None\nif os.name == "nt":\n    from pkg import windows\ndef late():\n    from pkg import later\nwith suppress(ImportError):\n    from pkg import maybe\napp = 1\n',
      'pkg/__init__.py': 'from pkg import inner\n', 'pkg/inner.py': 'x = 1\n',
    };
    const { faults, certain, files: loaded } = await order(files);
    expect(faults).toEqual([]);
    expect(loaded).toContain('pkg/inner.py');
    expect([...certain]).toEqual(['main.py']);
  });

  test('functions that a module calls while it loads, and a factory, import too', async () => {
    const files = { 'main.py': 'def create_app():\n    from pkg import routes\n    return 1\n', 'pkg/__init__.py': '', 'pkg/routes.py': 'from pkg import gone\n' };
    expect((await order(files)).faults).toEqual([]);
    expect((await order(files, 'main:create_app', true)).faults).toMatchObject([{ file: 'pkg/routes.py', name: 'gone' }]);
    expect((await order({ ...files, 'main.py': `${files['main.py']}app = create_app()\n` })).faults).toMatchObject([{ file: 'pkg/routes.py', name: 'gone' }]);
  });

  test('moments order lines of different files', async () => {
    const { moment } = await order({ 'main.py': 'import a\nx = 1\nimport b\napp = 1\n', 'a.py': 'y = 1\n', 'b.py': 'z = 1\n' });
    const moments = [moment('main.py', 1), moment('a.py', 1), moment('main.py', 2), moment('main.py', 3), moment('b.py', 1), moment('main.py', 4)];
    expect(moments).toEqual(moments.toSorted((left, right) => (left ?? 0) - (right ?? 0)));
    expect(moment('c.py', 1)).toBeUndefined();
  });
});

test('edits give a new source; the old one stays, and other files are not parsed again', async () => {
  const before = await sourceOf({ 'src/main.py': 'from fastapi import FastAPI\napp = FastAPI()\n', 'src/a.py': 'import os\n' });
  const tree = before.files.get('src/a.py')?.syntax;
  const after = withFiles(before, new Map([['src/main.py', 'import asyncpg\n'], ['src/b.py', 'import sys\n'], ['gone.txt', null]]));
  expect(after.files.get('src/a.py')?.syntax).toBe(tree);
  expect(after.imports.map((each) => each.module)).toEqual(['asyncpg', 'os', 'sys']);
  expect(before.imports.map((each) => each.module)).toEqual(['fastapi', 'os']);
  expect(after.run).toEqual(before.run);
  expect(withFiles({ ...before }, new Map([['src/main.py', null]])).files.has('src/main.py')).toBe(false);
});

test('who uses a driver: imports, URLs, Alembic', async () => {
  const source = await sourceOf({
    'src/db.py': 'import asyncpg\nURL = "postgresql+asyncpg://a:b@c/d"\n', 'migrations/env.py': 'url = "postgresql://a:b@c/d"\n', 'alembic.ini': '[alembic]\nsqlalchemy.url = postgresql+psycopg2://a:b@c/d\n',
    '.env': 'DATABASE_URL=postgresql://a:b@c/d\n', 'src/settings.py': 'BACKEND = "psycopg2"\nfix = url.replace("postgresql://", "postgresql+asyncpg://")\n',
  });
  expect(usesOfDriver(source, 'psycopg2').map((use) => `${use.file}:${use.line} ${use.how}`)).toEqual(['src/settings.py:1 setting', 'migrations/env.py:1 url', 'alembic.ini:2 url', '.env:1 url']);
  expect(usesOfDriver(source, 'psycopg2', ['.env:1', 'src/settings.py:1'])).toHaveLength(2);
  expect(usesOfModule(source, 'asyncpg')).toEqual([{ file: 'src/db.py', line: 1, how: 'import' }]);
});
