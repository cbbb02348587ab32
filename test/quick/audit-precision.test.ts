/** Shapes of healthy code that the audit once took, or could take, for faults. */
import { describe, expect, test } from 'vitest';
import { auditIndex } from '../../harness/audit/package-index.ts';
import { scanAll } from '../../scenarios/load.ts';
import { sourceOf } from '../../source/read.ts';

type Files = Readonly<Record<string, string>>;

/** Kind and place of what the audit says with nothing installed; unused imports and missing health routes are another matter. */
async function said(files: Files, kinds = /^(?!unused-import|health-route-missing|env-example-incomplete)/): Promise<readonly string[]> {
  const source = await sourceOf({ 'requirements.txt': 'fastapi\nuvicorn\n', ...files }, { app: 'main:app' });
  const { index } = await auditIndex(source, '3.14', undefined);
  const { findings, crashes } = scanAll(source, index);
  expect(crashes).toEqual([]);
  return findings.filter(({ kind }) => kinds.test(kind)).map(({ kind, file, line }) => `${kind} ${file}:${line ?? ''}`);
}

const APP = 'from fastapi import FastAPI\napp = FastAPI()\n';

describe('database URLs', () => {
  const async = 'from sqlalchemy.ext.asyncio import create_async_engine\n';
  test.each<[string, string, Files, readonly string[]]>([
    ['migrations that are async for themselves', 'fastapi\nuvicorn\nsqlalchemy<2.1\npsycopg2-binary\nalembic\n', {
      'main.py': `${APP}from sqlalchemy import create_engine\nengine = create_engine("postgresql+psycopg2://u:p@localhost/d")\n`, 'alembic/env.py': async,
    }, []],
    ['schemes of several databases to choose from', 'fastapi\nuvicorn\nsqlalchemy[asyncio]<2.1\nasyncpg\n', {
      'main.py': `${APP}${async}import os\nSQLITE = os.getenv("SQLITE_PREFIX", "sqlite+aiosqlite:///")\nPOSTGRES = os.getenv("PREFIX", "postgresql+asyncpg://")\nengine = create_async_engine(POSTGRES + os.environ.get("URI", "u:p@localhost/d"))\n`,
    }, []],
    ['one driver for requests and one for scripts', 'fastapi\nuvicorn\nsqlalchemy[asyncio]<2.1\nasyncpg\npsycopg2-binary\n', {
      'main.py': `${APP}${async}from sqlalchemy import create_engine\nengine = create_async_engine("postgresql+asyncpg://u:p@localhost/d")\n`,
      'jobs.py': 'from sqlalchemy import create_engine\nengine = create_engine("postgresql+psycopg2://u:p@localhost/d")\n',
    }, []],
    ['a URL that the code rewrites', 'fastapi\nuvicorn\nsqlalchemy[asyncio]<2.1\nasyncpg\npsycopg2-binary\n', {
      'main.py': `${APP}${async}import os\nurl = os.getenv("DATABASE_URL", "postgresql://u:p@localhost/d").replace("postgresql://", "postgresql+asyncpg://")\nengine = create_async_engine(url)\n`,
    }, []],
    ['a URL that names its driver in a part', 'fastapi\nuvicorn\nsqlalchemy[asyncio]<2.1\nasyncpg\npsycopg2-binary\n', {
      'main.py': `${APP}${async}from sqlalchemy import URL\nengine = create_async_engine(URL.create(drivername="postgresql+asyncpg", host="localhost"))\nSYNC = "postgresql://u:p@localhost/d"\n`,
    }, []],
    ['an async driver that nothing installs', 'fastapi\nuvicorn\nsqlalchemy[asyncio]<2.1\n', { 'main.py': `${APP}${async}engine = create_async_engine("sqlite+aiosqlite:///x.db")\n` }, ['driver-module-missing requirements.txt:']],
    ['a setting that no engine reads, named like the variable of one', 'fastapi\nuvicorn\nsqlalchemy[asyncio]<2.1\npydantic-settings\nasyncpg\npsycopg2-binary\n', {
      'main.py': `${APP}import os, config\n${async}engine = create_async_engine(os.getenv("DATABASE_URL"))\n`,
      'config.py': 'from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    database_url: str = "postgresql+psycopg2://u:p@localhost/d"\nsettings = Settings()\n',
    }, []],
    ['a setting that the engine reads', 'fastapi\nuvicorn\nsqlalchemy[asyncio]<2.1\npydantic-settings\nasyncpg\npsycopg2-binary\n', {
      'main.py': `${APP}from config import settings\n${async}engine = create_async_engine(settings.database_url)\n`,
      'config.py': 'from pydantic_settings import BaseSettings\nclass Settings(BaseSettings):\n    database_url: str = "postgresql+psycopg2://u:p@localhost/d"\nsettings = Settings()\n',
    }, ['sqlalchemy-sync-driver config.py:3']],
    ['a sync driver in .env, where the code would have had an async one', 'fastapi\nuvicorn\nsqlalchemy[asyncio]<2.1\npsycopg2-binary\nasyncpg\n', {
      '.env': 'DATABASE_URL=postgresql://u:p@localhost/d\n', 'main.py': `${APP}${async}import os\nengine = create_async_engine(os.getenv("DATABASE_URL", "postgresql+asyncpg://u:p@localhost/d"))\n`,
    }, ['sqlalchemy-sync-driver .env:1']],
    ['a sync driver for the only engine', 'fastapi\nuvicorn\nsqlalchemy[asyncio]<2.1\npsycopg2-binary\nasyncpg\n', { 'main.py': `${APP}${async}engine = create_async_engine("postgresql://u:p@localhost/d")\n` }, ['sqlalchemy-sync-driver main.py:4']],
  ])('%s', async (_, requirements, files, wanted) => {
    expect(await said({ 'requirements.txt': requirements, ...files }, /driver|url|psycopg/)).toEqual(wanted);
  });
});

describe('routers', () => {
  const router = (body = '@router.get("/a")\ndef a(): ...\n'): string => `from fastapi import APIRouter\nrouter = APIRouter()\n${body}`;
  const routers = /^router-|^route-/;

  test.each<[string, Files, readonly string[]]>([
    ['included in a loop over a list', { 'main.py': `${APP}import a, b\nfor each in [a, b]:\n    app.include_router(each.router)\n`, 'a.py': router(), 'b.py': router() }, []],
    ['included in a function that is handed the app', { 'main.py': `${APP}from register import register\nregister(app)\n`, 'register.py': 'import a\ndef register(app):\n    app.include_router(a.router)\n', 'a.py': router() }, []],
    ['handed to a function', { 'main.py': `${APP}from a import router\ndef add(x):\n    app.include_router(x)\nadd(router)\n`, 'a.py': router() }, []],
    ['taken over as routes', { 'main.py': 'from fastapi import FastAPI\nfrom a import router\nimport b\napp = FastAPI(routes=router.routes)\napp.include_router(b.router)\n', 'a.py': router(), 'b.py': router() }, []],
    ['mounted', { 'main.py': `${APP}import a, b\napp.mount("/x", a.router)\napp.include_router(b.router)\n`, 'a.py': router(), 'b.py': router() }, []],
    ['brought by a star import', { 'main.py': `${APP}from api import *\napp.include_router(first)\n`, 'api/__init__.py': 'from .a import router as first\n', 'api/a.py': router() }, []],
    ['nested, with names that are handed on', { 'main.py': `${APP}from api import api\napp.include_router(api)\n`, 'api/__init__.py': 'from fastapi import APIRouter\nfrom .a import router as a_router\napi = APIRouter(prefix="/api")\napi.include_router(a_router)\n', 'api/a.py': router() }, []],
    ['found by walking a package', { 'main.py': `${APP}import importlib, pkgutil, api\nfor _, name, _ in pkgutil.iter_modules(api.__path__):\n    app.include_router(importlib.import_module(f"api.{name}").router)\n`, 'api/__init__.py': '', 'api/a.py': router() }, []],
    ['included by one condition or the other', { 'main.py': `${APP}import os, a\nif os.getenv("OLD"):\n    app.include_router(a.router)\nelse:\n    app.include_router(a.router)\n`, 'a.py': router() }, []],
    ['included in two applications', { 'main.py': 'from fastapi import FastAPI\nimport a\napp = FastAPI()\ninner = FastAPI()\napp.include_router(a.router)\ninner.include_router(a.router)\napp.mount("/inner", inner)\n', 'a.py': router() }, []],
    ['included by a script beside the server', { 'main.py': `${APP}import a\napp.include_router(a.router)\n`, 'dev.py': `${APP}import a\napp.include_router(a.router)\n`, 'a.py': router() }, []],
    ['included in another application of the tree', { 'main.py': `${APP}import a\napp.include_router(a.router)\n`, 'admin/main.py': `${APP}from admin.b import router\napp.include_router(router)\n`, 'admin/b.py': router(), 'a.py': router() }, []],
    ['never included', { 'main.py': `${APP}import a, b\napp.include_router(a.router)\n`, 'a.py': router(), 'b.py': router() }, ['router-never-included b.py:2']],
    ['included twice', { 'main.py': `${APP}import a\napp.include_router(a.router)\napp.include_router(a.router)\n`, 'a.py': router() }, ['router-included-twice main.py:']],
    ['the same paths in two functions that take a router', { 'main.py': `${APP}import a\na.first(app)\na.second(app)\n`, 'a.py': 'def first(router):\n    @router.get("/a")\n    def one(): ...\ndef second(router):\n    @router.get("/a")\n    def two(): ...\n' }, []],
    ['the same paths in two routers of one file', { 'main.py': `${APP}import a\napp.include_router(a.one, prefix="/1")\napp.include_router(a.two, prefix="/2")\n`, 'a.py': 'from fastapi import APIRouter\none = APIRouter()\ntwo = APIRouter()\n@one.get("/a")\ndef a(): ...\n@two.get("/a")\ndef b(): ...\n' }, []],
    ['the same path in an application that is mounted', { 'main.py': 'from fastapi import FastAPI\napp = FastAPI()\ninner = FastAPI()\n@app.get("/a")\ndef a(): ...\n@inner.get("/a")\ndef b(): ...\napp.mount("/inner", inner)\n' }, []],
    ['one of two routes by a condition', { 'main.py': `${APP}import os\nif os.getenv("NEW"):\n    @app.get("/a")\n    def a(): ...\nelse:\n    @app.get("/a")\n    def b(): ...\n` }, []],
    ['the same path for another method', { 'main.py': `${APP}@app.get("/a")\ndef a(): ...\n@app.post("/a")\ndef b(): ...\n` }, []],
    ['a number before a word', { 'main.py': `${APP}@app.get("/a/{n:int}")\ndef a(n: int): ...\n@app.get("/a/last")\ndef b(): ...\n` }, []],
    ['a path behind a parameter', { 'main.py': `${APP}@app.get("/a/{n}")\ndef a(n: int): ...\n@app.get("/a/last")\ndef b(): ...\n` }, ['route-shadowed main.py:5']],
    ['Litestar, which looks for the exact path first', { 'requirements.txt': 'litestar\nuvicorn\n', 'main.py': 'from litestar import Controller, Litestar, get\nclass Items(Controller):\n    path = "/items"\n    @get("/{item_id:str}")\n    async def one(self, item_id: str) -> str: ...\n    @get("/{name}")\n    async def other(self, name: str) -> str: ...\n    @get("/last")\n    async def last(self) -> str: ...\napp = Litestar([Items])\n' }, []],
    ['Starlette, in two mounts', { 'requirements.txt': 'starlette\nuvicorn\n', 'main.py': 'from starlette.applications import Starlette\nfrom starlette.routing import Mount, Route\ndef a(request): ...\napp = Starlette(routes=[Mount("/one", routes=[Route("/{x}", a), Route("/z", a)]), Mount("/two", routes=[Route("/{x}", a)]), Route("/y", a)])\n' }, []],
    ['Starlette, in one table', { 'requirements.txt': 'starlette\nuvicorn\n', 'main.py': 'from starlette.applications import Starlette\nfrom starlette.routing import Route\ndef a(request): ...\napp = Starlette(routes=[\n    Route("/{x}", a),\n    Route("/y", a),\n])\n' }, ['route-shadowed main.py:6']],
  ])('%s', async (_, files, wanted) => {
    expect(await said(files, routers)).toEqual(wanted);
  });
});

describe('unused imports', () => {
  const unused = /^unused-import/;
  const main = `${APP}import hub, other\n`;

  test.each<[string, Files, readonly string[]]>([
    ['handed on to another file', { 'main.py': main, 'hub.py': 'from json import loads, dumps\n', 'other.py': 'from hub import loads\nimport hub\nx = [loads, hub.dumps]\n' }, []],
    ['exempt by the author', { 'main.py': main, 'hub.py': '# ruff: noqa\nimport json\n', 'other.py': '# flake8: noqa: F401\nimport json\n' }, []],
    ['the template of a revision', { 'main.py': APP, 'alembic/versions/1.py': "from alembic import op\nimport sqlalchemy as sa\nrevision = '1'\ndown_revision = None\ndef upgrade(): ...\n" }, []],
    ['of no use', { 'main.py': main, 'hub.py': 'from json import loads\nx = 1\n', 'other.py': 'import json\nx = json\n' }, ['unused-import hub.py:1']],
  ])('%s', async (_, files, wanted) => {
    expect(await said(files, unused)).toEqual(wanted);
  });
});
