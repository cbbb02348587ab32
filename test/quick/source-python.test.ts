import { describe, expect, test } from 'vitest';
import { importGraph, targetFile } from '../../source/import-graph.ts';
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

describe('import graph', () => {
  test('a circle between modules is found with its edges, packages on the way are none', async () => {
    const source = await sourceOf({
      'src/main.py': 'from fastapi import FastAPI\nfrom src.api import users\napp = FastAPI()\n',
      'src/__init__.py': '', 'src/api/__init__.py': 'from src.api import users\nfrom src.api.users import router\n',
      'src/api/users.py': 'from src.models.user import User\nrouter = 1\n',
      'src/models/__init__.py': 'from .user import User\nfrom .post import Post\n',
      'src/models/user.py': 'from src.models.post import Post\nclass User: pass\n',
      'src/models/post.py': 'from src.models.user import User\nclass Post: pass\n',
    });
    expect(targetFile(source)).toBe('src/main.py');
    const graph = importGraph(source, 'src/main.py');
    expect(graph.cycles.map((cycle) => cycle.map((edge) => `${edge.from}:${edge.statement.line} ${edge.to}`))).toEqual([['src/models/user.py:1 src/models/post.py', 'src/models/post.py:1 src/models/user.py']]);
    expect(graph.order.at(-1)).toBe('src/main.py');
  });

  test('imports that run later close no circle', async () => {
    const source = await sourceOf({ 'a.py': 'import b\napp = 1\n', 'b.py': 'from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a\ndef f():\n    import a\n' });
    expect(importGraph(source, 'a.py')).toMatchObject({ order: ['b.py', 'a.py'], cycles: [] });
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
