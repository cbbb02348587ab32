import { describe, expect, test } from 'vitest';
import { auditIndex } from '../../harness/audit/package-index.ts';
import { scanAll } from '../../scenarios/load.ts';
import { indentFault } from '../../scenarios/foreseen/indents.ts';
import { readPlain } from '../../scenarios/foreseen/plain-code.ts';
import { sourceOf } from '../../source/read.ts';
import type { RunOptions } from '../../source/read.ts';

const REQUIRED = 'fastapi\nuvicorn\nsqlalchemy[asyncio]\nsqlmodel\nasyncpg\npydantic-settings\n';

/** Kind and place of what is foreseen to block, with nothing installed. */
async function foreseen(files: Readonly<Record<string, string>>, options: RunOptions = {}): Promise<readonly string[]> {
  const source = await sourceOf({ 'requirements.txt': REQUIRED, ...files }, { app: 'main:app', ...options });
  const { index } = await auditIndex(source, '3.14', undefined);
  const { findings, crashes } = scanAll(source, index);
  expect(crashes).toEqual([]);
  return findings.filter(({ severity }) => severity === 'CRITICAL').map(({ kind, file, line }) => `${kind} ${file}:${line ?? ''}`);
}

const APP = 'from fastapi import FastAPI\napp = FastAPI()\n';

describe('names', () => {
  test.each([
    ['a decorator', '@cached\ndef f(): ...\n', ['nameerror-at-import main.py:3']],
    ['a default', 'def f(x=LIMIT): ...\n', ['nameerror-at-import main.py:3']],
    ['a class body', 'class A:\n    x = missing()\n', ['nameerror-at-import main.py:4']],
    // Python 3.14 reads annotations when they are asked for, and pydantic waits for names that are not there yet.
    ['a field of a model', 'from pydantic import BaseModel\nclass A(BaseModel):\n    x: Optional[int] = None\n', []],
    ['a field of a model that is used', 'from pydantic import BaseModel\nclass A(BaseModel):\n    x: Optional[int] = None\nA(x=1)\n', ['pydantic-class-not-fully-defined main.py:4']],
    ['a type that only a type checker imports', 'from typing import TYPE_CHECKING\nfrom pydantic import BaseModel\nif TYPE_CHECKING:\n    from decimal import Decimal\nclass A(BaseModel):\n    x: "Decimal | None" = None\nA()\n', ['pydantic-class-not-fully-defined main.py:7']],
    ['a type that is imported at run time too', 'from typing import TYPE_CHECKING\nfrom decimal import Decimal\nfrom pydantic import BaseModel\nif TYPE_CHECKING:\n    from decimal import Decimal\nclass A(BaseModel):\n    x: "Decimal | None" = None\nA()\n', []],
    ['a field of a table', 'from sqlmodel import Field, SQLModel\nclass A(SQLModel, table=True):\n    id: Optional[int] = Field(default=None, primary_key=True)\n', ['nameerror-at-import main.py:5']],
    ['the body of a function runs later', 'def f():\n    return missing\n', []],
    ['a comprehension binds its own', 'xs = [y for y in range(3)]\n', []],
    ['so do with, for, except, match, lambda and walrus', 'with open("/dev/null") as handle: handle.read()\nfor item in (1, 2): item\nf = lambda a, *b, c=1: (a, b, c)\nif (n := 2): n\nmatch 1:\n    case other: other\n', []],
    ['an attribute named like a keyword at the end of a line', 'class A:\n    type = 1\n    def kind(self):\n        return self.type\n\n    def made(self): ...\n    also = made\n', []],
    ['type parameters', 'def first[T](xs: list[T]) -> T: ...\nclass Box[T]:\n    x: T\ntype Pair[A] = tuple[A, A]\n', []],
    ['what only type checkers see', 'from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from nowhere import Thing\ndef f(x: "Thing"): ...\n', []],
    ['strings and comments are no code', '# missing()\ntext = "missing() {"\ndoc = """\nmissing\n"""\n', []],
    ['a star import could bring anything', 'from os.path import *\njoined = join("a", "b")\n', []],
    ['keyword names are no uses', 'd = dict(missing=1)\n', []],
    ['an attribute that the module lacks', 'import fastapi\nmade = fastapi.ApiRoutr()\n', ['attributeerror-at-import main.py:4']],
    ['one that the file sets', 'import fastapi\nfastapi.Thing = int\nx = fastapi.Thing()\n', []],
    ['one that it has', 'import fastapi\nmade = fastapi.APIRouter()\n', []],
  ])('%s', async (_, code, wanted) => {
    expect(await foreseen({ 'main.py': `${APP}${code}` })).toEqual(wanted);
  });
});

describe('syntax', () => {
  test.each([
    ['def f():\n    return 1\n', undefined],
    ['def f():\n    """Only a docstring,\n    of two lines."""\n', undefined],
    ['x = """\n    text\n    more""".strip()\ny = 1\n', undefined],
    ['def f():\n    x = "one \\\n        two".format(\n        1\n    )\n    return x\n', undefined],
    ['x = """\n    text\n"""\n    y = 2\n', { type: 'IndentationError', line: 4 }],
    ['x = {\n  "a": 1,\n        "b": 2,\n}\ny = (1 +\n2)\n', undefined],
    ['if True:\n    x = 1\nelif False:\n    pass\nelse:\n    y = \\\n  2\n', undefined],
    ['class A:\n    def f(self):\n        pass\n\n# comment\n    def g(self): pass\n', undefined],
    ['async def f():\n    async with a as b:\n        await b\n', undefined],
    ['match x:\n    case 1:\n        pass\n', undefined],
    ['def f():\nreturn 1\n', { type: 'IndentationError', line: 2 }],
    ['x = 1\n    y = 2\n', { type: 'IndentationError', line: 2 }],
    ['if x:\n        a = 1\n    b = 2\n', { type: 'IndentationError', line: 3 }],
    ['if x:\n\ta = 1\n        b = 2\n', { type: 'TabError', line: 3 }],
    ['def f() -> int\n    return 1\n', { type: 'SyntaxError', message: "expected ':'", line: 1 }],
  ])('%j', (code, wanted) => {
    const found = indentFault(readPlain(code));
    if (wanted === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(wanted);
  });

  test('parameters, futures and stray awaits', async () => {
    expect(await foreseen({ 'main.py': `${APP}def f(a=1, b): ...\n` })).toEqual(['param-default-order main.py:3']);
    expect(await foreseen({ 'main.py': `${APP}def f(a=1, *, b): ...\ndef g(a: dict = {"x": 1, "y": 2}, /, b=(1, 2)): ...\n` })).toEqual([]);
    expect(await foreseen({ 'main.py': `import os\nfrom __future__ import annotations\n${APP}` })).toEqual(['syntax-error main.py:2']);
    expect(await foreseen({ 'main.py': `"""Text."""\nfrom __future__ import annotations\n${APP}` })).toEqual([]);
    expect(await foreseen({ 'main.py': `${APP}def f(x):\n    return await x\n` })).toEqual(['syntax-error main.py:4']);
  });

  test('brackets', async () => {
    expect(await foreseen({ 'main.py': `${APP}x = dict(\n    a=1,\ny = 2\n` })).toEqual(['syntax-error main.py:3']);
    expect(await foreseen({ 'main.py': `${APP}x = dict(a=1))\n` })).toEqual(['syntax-error main.py:3']);
    expect(await foreseen({ 'main.py': `${APP}x = [1, (2, 3]\n` })).toEqual(['syntax-error main.py:3']);
    expect(await foreseen({ 'main.py': `${APP}x = [1, (2, 3)]  # (\ny = "(" + ']' + f"{x[0]}" + '''{'''\n` })).toEqual([]);
  });
});

describe('settings', () => {
  const config = (fields: string, extra = ''): Readonly<Record<string, string>> => ({
    'main.py': `${APP}from pydantic_settings import BaseSettings, SettingsConfigDict\nclass Settings(BaseSettings):\n    model_config = SettingsConfigDict(env_file=".env"${extra})\n${fields}settings = Settings()\n`,
  });

  test.each([
    ['a number', '    port: int\n', 'PORT=soon\n', ['settings-int-parsing .env:1']],
    ['a good number', '    port: int\n', 'PORT=8_080\n', []],
    ['nothing at all', '    port: int\n', 'OTHER_PORT=1\n', expect.arrayContaining(['settings-field-required .env:'])],
    ['a variable that nobody knows', '    port: int\n', 'PORT=1\nMORE=2\n', ['settings-extra-forbidden main.py:4']],
    ['a value that is filled in later', '    port: int\n', 'PORT=${PORT}\n', []],
  ])('%s', async (_, fields, dotenv, wanted) => {
    expect(await foreseen({ ...config(fields), '.env': dotenv })).toEqual(wanted);
  });

  test('a class that ignores what it does not know', async () => {
    expect(await foreseen({ ...config('    port: int\n', ', extra="ignore"'), '.env': 'PORT=1\nMORE=2\n' })).toEqual([]);
  });
});

describe('databases', () => {
  const engine = (url: string, more = ''): Readonly<Record<string, string>> => ({
    'main.py': `${APP}import os\nfrom sqlalchemy.ext.asyncio import create_async_engine\nengine = create_async_engine(os.environ["DATABASE_URL"]${more})\n`, '.env': `DATABASE_URL=${url}\n`,
  });

  test.each([
    ['as it should be', 'postgresql+asyncpg://a:b@localhost/c', '', []],
    ['no URL', 'localhost', '', ['sqlalchemy-url-unparseable .env:1']],
    ['a setting of libpq', 'postgresql+asyncpg://a:b@localhost/c?sslmode=require', '', ['asyncpg-sslmode-kwarg .env:1']],
    ['no such driver', 'postgresql+asyncpgg://a:b@localhost/c', '', expect.arrayContaining([expect.stringContaining('sqlalchemy-dialect-plugin')])],
    ['a pool for threads', 'postgresql+asyncpg://a:b@localhost/c', ', poolclass=QueuePool', expect.arrayContaining([expect.stringContaining('sqlalchemy-pool-class-async')])],
  ])('%s', async (_, url, more, wanted) => {
    expect(await foreseen(engine(url, more === '' ? '' : more))).toEqual(wanted);
  });

  test('tables that lead nowhere, and tables that do not', async () => {
    const models = (key: string): string => `${APP}from sqlmodel import Field, SQLModel\nclass User(SQLModel, table=True):\n    id: int = Field(primary_key=True)\nclass Post(SQLModel, table=True):\n    id: int = Field(primary_key=True)\n    user_id: int = Field(foreign_key="${key}")\nSQLModel.metadata.create_all(None)\n`;
    expect(await foreseen({ 'main.py': models('user.id') })).toEqual([]);
    expect(await foreseen({ 'main.py': models('users.id') })).toEqual(['no-referenced-table main.py:8']);
    expect(await foreseen({ 'main.py': models('user.uid') })).toEqual(['no-referenced-column main.py:8']);
  });
});

test('what stands behind a misspelt module is seen as well', async () => {
  const files = { 'main.py': 'from api.ruotes import router\nfrom fastapi import FastAPI\napp = FastAPI()\napp.include_router(router)\n', 'api/__init__.py': '', 'api/routes.py': 'from fastapi import APIRouter\nfrom api.store import gone\nrouter = APIRouter()\n', 'api/store.py': '' };
  expect(await foreseen(files)).toEqual(['first-party-module-not-found main.py:1', 'cannot-import-name-first-party api/routes.py:2']);
  // Two names that are equally near, or none: nothing is taken for meant.
  expect(await foreseen({ ...files, 'api/rotes.py': '' })).toEqual(['first-party-module-not-found main.py:1']);
});

test('a sync factory that promises async sessions', async () => {
  const main = (made: string): string => `${APP}from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker\nfrom sqlalchemy.orm import sessionmaker\ndef make(engine) -> async_sessionmaker[AsyncSession]:\n    return ${made}(engine, expire_on_commit=False)\n`;
  expect(await foreseen({ 'main.py': main('sessionmaker') })).toEqual(['session-factory-not-async main.py:6']);
  expect(await foreseen({ 'main.py': main('async_sessionmaker') })).toEqual([]);
});

test('a foreign key to nowhere stops a start that makes the tables, else it breaks requests', async () => {
  const models = 'from sqlmodel import Field, SQLModel\nclass Task(SQLModel, table=True):\n    id: int = Field(primary_key=True)\n    user_id: int = Field(foreign_key="user.id")\n';
  const severity = async (main: string): Promise<readonly string[]> => {
    const source = await sourceOf({ 'requirements.txt': REQUIRED, 'models.py': models, 'main.py': main }, { app: 'main:app' });
    return scanAll(source, (await auditIndex(source, '3.14', undefined)).index).findings.filter(({ kind }) => kind === 'no-referenced-table').map((finding) => finding.severity);
  };
  const made = 'async def init_db():\n    async with engine.begin() as conn:\n        await conn.run_sync(models.SQLModel.metadata.create_all)\n';
  expect(await severity(`${APP}import models\n${made}`)).toEqual(['HIGH']);
  expect(await severity(`${APP}import models\n${made}@app.on_event("startup")\nasync def begin():\n    await init_db()\n`)).toEqual(['CRITICAL']);
  expect(await severity(`${APP}import models\nmodels.SQLModel.metadata.create_all(engine)\n`)).toEqual(['CRITICAL']);
});

test('releases that fail on a newer Python while they are imported are told by their pins', async () => {
  const main = `${APP}from sqlalchemy import text\n`;
  expect(await foreseen({ 'main.py': main, 'requirements.txt': 'fastapi\nuvicorn\nsqlalchemy==2.0.20\n' })).toEqual(['sqlalchemy-typingonly requirements.txt:3']);
  expect(await foreseen({ 'main.py': main, 'requirements.txt': 'fastapi\nuvicorn\nsqlalchemy==2.0.44\n' })).toEqual([]);
  expect(await foreseen({ 'main.py': main, 'requirements.txt': 'fastapi\nuvicorn\nsqlalchemy>=2.0.20\n' })).toEqual([]);
  expect(await foreseen({ 'main.py': APP, 'requirements.txt': 'fastapi\nuvicorn\nsqlalchemy==2.0.20\n' })).toEqual([]);
  expect(await foreseen({ 'main.py': APP, 'requirements.txt': 'fastapi==0.95.1\nuvicorn\npydantic==1.10.7\n' })).toEqual(['pydantic-v1-on-314 requirements.txt:3']);
});
