import { describe, expect, test } from 'vitest';
import { auditIndex } from '../../harness/audit/package-index.ts';
import { scanAll } from '../../scenarios/load.ts';
import { sourceOf } from '../../source/read.ts';
import type { RunOptions } from '../../source/read.ts';

const REQUIRED = 'fastapi\nuvicorn\nsqlalchemy[asyncio]\nsqlmodel\nasyncpg\npydantic-settings\npython-multipart\n';

/** Kind and place of what is foreseen to block, with nothing installed. */
async function foreseen(files: Readonly<Record<string, string>>, options: RunOptions = {}): Promise<readonly string[]> {
  const source = await sourceOf({ 'requirements.txt': REQUIRED, ...files }, { app: 'main:app', ...options });
  const { index } = await auditIndex(source, '3.14', undefined);
  const { findings, crashes } = scanAll(source, index);
  expect(crashes).toEqual([]);
  return findings.filter(({ severity }) => severity === 'CRITICAL' || severity === 'HIGH').map(({ kind, file, line }) => `${kind} ${file}:${line ?? ''}`);
}

const FASTAPI = 'from fastapi import Depends, FastAPI, Path, Query\nfrom typing import Annotated\napp = FastAPI()\n';

describe('routes', () => {
  test.each([
    ['a body where none may be', '@app.delete("/a", status_code=204)\ndef f() -> dict: ...\n', ['fastapi-204-body main.py:4']],
    ['none there, and none declared', '@app.delete("/a", status_code=204)\ndef f() -> None: ...\n', []],
    ['a model that is switched off', '@app.delete("/a", status_code=204, response_model=None)\ndef f() -> dict: ...\n', []],
    ['a class that says nothing to pydantic', 'class Scale: ...\n@app.get("/a")\ndef f(s: Scale): ...\n', ['fastapi-invalid-response-field main.py:5']],
    ['one that does', 'class Scale:\n    @classmethod\n    def __get_pydantic_core_schema__(cls, *_): ...\n@app.get("/a")\ndef f(s: Scale): ...\n', []],
    ['one that a dependency brings', 'class Scale: ...\ndef scale(): return Scale()\n@app.get("/a")\ndef f(s: Scale = Depends(scale), t: Annotated[Scale, Depends(scale)] = None): ...\n', []],
    ['a dependency that is called', 'async def get(): yield 1\n@app.get("/a")\ndef f(s=Depends(get())): ...\n', ['fastapi-depends-misuse main.py:5']],
    ['a factory of dependencies', 'def get(n):\n    def inner(): return n\n    return inner\n@app.get("/a")\ndef f(s=Depends(get(1))): ...\n', []],
    ['a default in the path', '@app.get("/a/{n}")\ndef f(n: int = Path(3)): ...\n', ['fastapi-path-default main.py:4']],
    ['what FastAPI puts up with', '@app.get("/a/{n}")\ndef f(n: int = 3, m: int = Path(..., ge=1), q: dict | None = None): ...\n', []],
    ['a mapping in the query', '@app.get("/a")\ndef f(q: dict = Query()): ...\n', ['fastapi-query-param-type-assertion main.py:4']],
  ])('%s', async (_, code, wanted) => {
    expect(await foreseen({ 'main.py': `${FASTAPI}${code}` })).toEqual(wanted);
  });
});

describe('lifespans', () => {
  const app = (lifespan: string, given = 'lifespan'): Readonly<Record<string, string>> => ({ 'main.py': `from contextlib import asynccontextmanager, contextmanager\nfrom fastapi import FastAPI\n${lifespan}app = FastAPI(lifespan=${given})\n` });

  test.each([
    ['as it should be', '@asynccontextmanager\nasync def lifespan(app):\n    yield\n', []],
    ['no yield', '@asynccontextmanager\nasync def lifespan(app):\n    return\n', ['lifespan-not-async-context-manager main.py:4']],
    ['a return before it', '@asynccontextmanager\nasync def lifespan(app):\n    return\n    yield\n', ['lifespan-no-yield main.py:5']],
    ['a return before it that a condition decides', '@asynccontextmanager\nasync def lifespan(app):\n    if app is None:\n        return\n    yield\n', []],
    ['no room for the app', '@asynccontextmanager\nasync def lifespan():\n    yield\n', ['lifespan-wrong-signature main.py:4']],
    ['a sync one', '@contextmanager\ndef lifespan(app):\n    yield\n', ['lifespan-not-async-context-manager main.py:4']],
    ['a decorator of their own', 'from somewhere import managed\n@managed\nasync def lifespan(app): ...\n', []],
  ])('%s', async (_, code, wanted) => {
    expect((await foreseen(app(code))).filter((one) => one.startsWith('lifespan'))).toEqual(wanted);
  });
});

describe('calls', () => {
  const code = 'def f(a, b=1, *, c): ...\ndef g(*args, **rest): ...\nclass A:\n    def __init__(self, x): ...\n';

  test.each([
    ['that fit', 'f(1, c=2)\nf(1, 2, c=3)\ng(1, 2, z=3)\nA(1)\nA(x=1)\nf(*[1], **{})\n', []],
    ['one too many', 'f(1, 2, 3, c=4)\n', ['wrong-argument-count main.py:7']],
    ['one too few', 'f(c=1)\n', ['wrong-argument-count main.py:7']],
    ['a keyword that is none', 'f(1, c=2, d=3)\n', ['unexpected-keyword-argument main.py:7']],
    ['only when somebody asks', 'def later():\n    f()\nif app is None:\n    f()\ntry:\n    f()\nexcept TypeError:\n    pass\n', []],
    ['a function that is bound twice', 'if app:\n    def f(): ...\nf()\n', []],
    ['a keyword that FastAPI lacks', 'FastAPI(titel="a")\n', ['unexpected-keyword-argument main.py:7']],
    ['a module', 'import datetime\ndatetime(2026, 1, 1)\n', ['module-called main.py:8']],
    ['a class of the same name as its module', 'from datetime import datetime\ndatetime(2026, 1, 1)\n', []],
    ['a name that a module of the standard library lacks', 'import datetime\ndatetime.now()\n', ['attributeerror-at-import main.py:8']],
    ['one that it has', 'import datetime\ndatetime.datetime.now()\n', []],
  ])('%s', async (_, calls, wanted) => {
    expect(await foreseen({ 'main.py': `from fastapi import FastAPI\n${code}app = FastAPI()\n${calls}` })).toEqual(wanted);
  });
});

describe('the environment of the process', () => {
  const main = (line: string): Readonly<Record<string, string>> => ({ 'main.py': `import os\nfrom fastapi import FastAPI\napp = FastAPI()\n${line}\n` });

  test.each([
    ['None where a number is made', 'N = int(os.getenv("N"))', 'OTHER=1\n', ['env-value-none main.py:4']],
    ['with a default', 'N = int(os.getenv("N", "3"))', 'OTHER=1\n', []],
    ['set to a number', 'N = int(os.getenv("N"))', 'N=3\n', []],
    ['set to none', 'N = int(os.getenv("N"))', 'N=many\n', ['env-value-not-converted .env:1']],
    ['demanded and not set', 'N = os.getenv("N")\nif not N:\n    raise RuntimeError("no N")', 'OTHER=1\n', ['env-variable-demanded main.py:6']],
    ['demanded and set', 'N = os.getenv("N")\nif not N:\n    raise RuntimeError("no N")', 'N=1\n', []],
    ['taken as if it were there', 'N = os.environ["N"]', 'OTHER=1\n', ['env-keyerror .env:']],
    ['set by the code itself', 'os.environ.setdefault("N", "1")\nN = os.environ["N"]', 'OTHER=1\n', []],
  ])('%s', async (_, line, dotenv, wanted) => {
    expect(await foreseen({ ...main(line), '.env': dotenv })).toEqual(wanted);
  });

  test('where nothing claims to be whole, the run fills it in', async () => {
    expect(await foreseen(main('N = int(os.getenv("N"))'))).toEqual([]);
  });
});

describe('classes', () => {
  const model = (body: string): Readonly<Record<string, string>> => ({ 'main.py': `from fastapi import FastAPI\nfrom pydantic import BaseModel, ConfigDict, field_validator\napp = FastAPI()\n${body}` });

  test.each([
    ['two configurations', 'class A(BaseModel):\n    model_config = ConfigDict()\n    class Config:\n        frozen = True\n', ['pydantic-config-both main.py:4']],
    ['a validator for a field of a parent', 'class A(BaseModel):\n    a: int\nclass B(A):\n    @field_validator("a")\n    def check(cls, v): return v\n', []],
    ['a validator for none', 'class A(BaseModel):\n    a: int\n    @field_validator("b")\n    def check(cls, v): return v\n', ['pydantic-validator-unknown-field main.py:4']],
    ['a parent that nobody knows', 'from elsewhere import Base\nclass A(Base, BaseModel):\n    @field_validator("b")\n    def check(cls, v): return v\n', expect.not.arrayContaining([expect.stringContaining('pydantic')])],
    ['a plain attribute', 'class A(BaseModel):\n    limit = 10\n', ['pydantic-non-annotated main.py:4']],
    ['a private one, a function and a typed one', 'class A(BaseModel):\n    _limit = 10\n    f = len\n    a: int = 3\n', []],
    ['a default that all would share', 'from dataclasses import dataclass, field\n@dataclass\nclass A:\n    a: list = []\n', ['dataclass-mutable-default main.py:5']],
    ['a factory', 'from dataclasses import dataclass, field\n@dataclass\nclass A:\n    a: list = field(default_factory=list)\n    b: tuple = ()\n', []],
  ])('%s', async (_, body, wanted) => {
    expect(await foreseen(model(body))).toEqual(wanted);
  });
});

describe('migrations', () => {
  const tree = (ini: string, revisions: Readonly<Record<string, string | null>>): Readonly<Record<string, string>> => ({
    'main.py': 'from contextlib import asynccontextmanager\nfrom alembic import command\nfrom alembic.config import Config\nfrom fastapi import FastAPI\n@asynccontextmanager\nasync def lifespan(app):\n    command.upgrade(Config("alembic.ini"), "head")\n    yield\napp = FastAPI(lifespan=lifespan)\n',
    'requirements.txt': `${REQUIRED}alembic\n`, 'alembic.ini': `[alembic]\n${ini}\n`, 'migrations/env.py': '',
    ...Object.fromEntries(Object.entries(revisions).map(([id, before]) => [`migrations/versions/${id}.py`, `revision = "${id}"\ndown_revision = ${before === null ? 'None' : `"${before}"`}\n`])),
  });
  const INI = 'script_location = migrations';

  test.each([
    ['as they should be', tree(INI, { a001: null, b002: 'a001' }), []],
    ['two ends', tree(INI, { a001: null, b002: 'a001', c003: 'a001' }), ['alembic-multiple-heads']],
    ['one that is not there', tree(INI, { a001: null, b002: 'z999' }), ['alembic-cant-locate-revision']],
    ['no folder named', tree('prepend_sys_path = .', { a001: null }), ['alembic-ini-missing']],
    ['a folder that is not there', tree('script_location = alembic', { a001: null }), ['alembic-ini-missing']],
  ])('%s', async (_, files, wanted) => {
    expect((await foreseen(files)).map((one) => one.split(' ')[0])).toEqual(wanted);
  });
});

describe('files', () => {
  const main = (line: string): Readonly<Record<string, string>> => ({ 'main.py': `import os\nfrom fastapi import FastAPI\napp = FastAPI()\n${line}\n`, 'data/there.txt': 'x\n' });

  test.each([
    ['one that is not there', 'TEXT = open("data/gone.txt").read()', ['file-not-found-at-start main.py:4']],
    ['one that is', 'TEXT = open("data/there.txt").read()', []],
    ['one that is written', 'open("data/new.txt", "w").close()', []],
    ['a folder that the code makes', 'os.makedirs("logs", exist_ok=True)\nopen("logs/new.txt", "w").close()', []],
    ['only when somebody asks', 'def later():\n    return open("gone.txt")', []],
  ])('%s', async (_, line, wanted) => {
    expect(await foreseen(main(line))).toEqual(wanted);
  });
});
