/** The mechanisms behind the fixes, one decision at a time. */
import { describe, expect, test } from 'vitest';
import type { Evidence, ExceptionInfo } from '../../parsers/evidence.ts';
import { detectAll, scanAll } from '../../scenarios/load.ts';
import { addDistribution, requirementLine } from '../../scenarios/mechanisms/distributions.ts';
import { meantModules } from '../../scenarios/mechanisms/modules.ts';
import { homesOf, lookAlikes } from '../../scenarios/mechanisms/names.ts';
import { agreeWithStated } from '../../scenarios/mechanisms/stated-database.ts';
import { driverEdits, toAsyncDriver } from '../../scenarios/mechanisms/url-fixes.ts';
import { driverNamed } from '../../scenarios/mechanisms/drivers.ts';
import type { Fix } from '../../scenarios/types.ts';
import { applyEdits } from '../../source/edits.ts';
import type { RunOptions } from '../../source/read.ts';
import { sourceOf } from '../../source/read.ts';
import type { NameLocation, PackageIndex, Source } from '../../source/types.ts';

const EMPTY: PackageIndex = { python: '3.14.0', distributions: [], stdlib: [], names: {}, known: {}, unusedImports: [] };

const tree = (files: Readonly<Record<string, string>>, options: RunOptions = {}): Promise<Source> => sourceOf(files, { app: 'main:app', ...options });

function after(source: Source, edits: Fix['edits'], path: string): string {
  return applyEdits(source.files, edits).get(path) ?? source.files.get(path)?.text ?? '';
}

const place = (module: string, kind: NameLocation['kind'], distribution: string): NameLocation => ({ name: 'AsyncEngine', module, kind, distribution, origin: 'package' });

describe('where a name lives now', () => {
  const index: PackageIndex = {
    ...EMPTY,
    distributions: [
      { name: 'sqlmodel', version: '0.0.50', modules: ['sqlmodel'], requires: ['SQLAlchemy>=2', "pytest; extra == 'dev'"] },
      { name: 'SQLAlchemy', version: '2.0.58', modules: ['sqlalchemy'], requires: [] },
      { name: 'other-orm', version: '1.0', modules: ['other_orm'], requires: [] },
    ],
    names: {
      AsyncEngine: [
        place('sqlalchemy.ext.asyncio.engine', 'class', 'SQLAlchemy'), place('sqlalchemy.ext.asyncio', 'import', 'SQLAlchemy'),
        place('sqlalchemy._private', 'import', 'SQLAlchemy'), place('other_orm', 'class', 'other-orm'), place('sqlmodel.tests', 'import', 'sqlmodel'),
      ],
    },
  };

  test('the public module of a distribution that the asked one requires', async () => {
    const source = await tree({ 'main.py': 'from sqlmodel.ext.asyncio.session import AsyncEngine\n' });
    expect(homesOf('AsyncEngine', 'sqlmodel.ext.asyncio.session', source, index).map(({ module }) => module)).toEqual(['sqlalchemy.ext.asyncio']);
  });

  test('not an unrelated package, unless the tree works with it already', async () => {
    const alone = await tree({ 'main.py': 'from fastapi import AsyncEngine\n' });
    expect(homesOf('AsyncEngine', 'fastapi', alone, index)).toEqual([]);
    const used = await tree({ 'main.py': 'from other_orm import Thing\n' });
    expect(homesOf('AsyncEngine', 'fastapi', used, index).map(({ module }) => module)).toEqual(['other_orm']);
  });
});

describe('a package that only a development group names', () => {
  const poetry = '[tool.poetry.dependencies]\npython = "^3.12"\nfastapi = "^0.110"\n\n[tool.poetry.group.dev.dependencies]\npymongo-inmemory = "^0.4.1"\n';

  test('is added to what the server is installed from, in the version of the group', async () => {
    const source = await tree({ 'pyproject.toml': poetry, 'main.py': 'import pymongo_inmemory\n' });
    expect(after(source, addDistribution(source, EMPTY, 'pymongo-inmemory'), 'pyproject.toml')).toContain('fastapi = "^0.110"\npymongo-inmemory = ">=0.4.1,<0.5"\n');
    expect(addDistribution(source, EMPTY, 'fastapi')).toEqual([]);
  });

  test('has a finding that says so', async () => {
    const source = await tree({ 'pyproject.toml': poetry, 'main.py': 'import pymongo_inmemory\n' });
    const index: PackageIndex = { ...EMPTY, distributions: [{ name: 'fastapi', version: '0.110.1', modules: ['fastapi'], requires: [] }], known: { pymongo_inmemory: 'pymongo-inmemory' } };
    const [finding] = scanAll(source, index).findings.filter(({ kind }) => kind === 'third-party-module-not-found');
    expect(finding?.why).toBe('pyproject.toml names pymongo-inmemory in the group dev only, which is not installed where the server runs.');
  });
});

test('slips are near, the suggested one goes first, and nothing far away is offered', () => {
  expect(lookAlikes('get_sesion', ['get_session', 'init_db', 'get_sessions'])).toEqual(['get_session', 'get_sessions']);
  expect(lookAlikes('User', ['Group'])).toEqual([]);
  expect(lookAlikes('Usr', ['User'], 'Users')).toEqual(['Users', 'User']);
});

test('a module that was meant: below another package, moved, or misspelt', async () => {
  const source = await tree({ 'src/__init__.py': '', 'src/core/__init__.py': '', 'src/core/database.py': '', 'src/db.py': '' }, { app: 'src.main:app' });
  expect(meantModules('core.database', source)).toContain('src.core.database');
  expect(meantModules('src.core.databse', source)).toContain('src.core.database');
  expect(meantModules('src.core.db', source)).toContain('src.db');
  expect(meantModules('src.core.payments', source)).toEqual([]);
});

describe('a new requirement is written as the others are', () => {
  const index: PackageIndex = { ...EMPTY, distributions: [{ name: 'httpx', version: '0.28.1', modules: ['httpx'], requires: [] }] };
  test.each([
    ['fastapi==0.1\nuvicorn==0.2\n', 'httpx==0.28.1'],
    ['fastapi>=0.1\nuvicorn>=0.2\n', 'httpx>=0.28.1'],
    ['fastapi\nuvicorn\n', 'httpx'],
  ])('%j gives %s', async (text, line) => {
    expect(requirementLine(await tree({ 'requirements.txt': text }), index, 'httpx')).toBe(line);
  });

  test('without a version that is known it stands alone', async () => {
    expect(requirementLine(await tree({ 'requirements.txt': 'fastapi>=0.1\n' }), EMPTY, 'orjson')).toBe('orjson');
  });

  test('and what is declared already is not added again', async () => {
    expect(addDistribution(await tree({ 'requirements.txt': 'PyJWT>=2\n' }), EMPTY, 'pyjwt')).toEqual([]);
  });
});

const asyncpg = driverNamed('asyncpg') ?? expect.fail('asyncpg is known');

describe('a driver is replaced only when nobody else needs it', () => {
  const REQUIREMENTS = 'fastapi>=0.1\npsycopg2-binary>=2.9.9\n';
  const ENV = 'DATABASE_URL=postgresql+asyncpg://u:p@db/x\n';
  const changed = async (files: Readonly<Record<string, string>>): Promise<string> => {
    const source = await tree({ 'requirements.txt': REQUIREMENTS, '.env': ENV, ...files });
    return after(source, driverEdits(source, EMPTY, asyncpg), 'requirements.txt');
  };

  test('nobody does', async () => {
    expect(await changed({})).toBe('fastapi>=0.1\nasyncpg>=0.29.0\n');
  });

  test.each([
    ['an import', { 'export.py': 'import psycopg2\n' }],
    ["Alembic's own URL", { 'alembic.ini': '[alembic]\nsqlalchemy.url = postgresql+psycopg2://u:p@db/x\n' }],
  ])('%s does', async (_, files) => {
    expect(await changed(files)).toBe(`${REQUIREMENTS}asyncpg>=0.29.0\n`);
  });
});

test('a URL gets its driver and keeps everything else, in every file that states it', async () => {
  const source = await tree({
    '.env': 'A=1\r\nDATABASE_URL="postgresql://u:p%40@db:5433/x?ssl=require" # ours\r\n', '.env.example': 'DATABASE_URL=postgres://u:change@localhost/x\n',
    'requirements.txt': 'asyncpg\n', 'alembic.ini': '[alembic]\nsqlalchemy.url = postgresql://u:p@db/x\n',
  });
  const [fix] = toAsyncDriver(source, 'postgresql');
  expect(after(source, fix?.edits ?? [], '.env')).toBe('A=1\r\nDATABASE_URL="postgresql+asyncpg://u:p%40@db:5433/x?ssl=require" # ours\r\n');
  expect(after(source, fix?.edits ?? [], '.env.example')).toBe('DATABASE_URL=postgresql+asyncpg://u:change@localhost/x\n');
  expect(after(source, fix?.edits ?? [], 'alembic.ini')).toContain('sqlalchemy.url = postgresql://');
});

describe('settings are made to agree with a stated database', () => {
  const stated = { host: 'db.internal', port: 5433, user: 'app', password: 'p@ss/word', database: 'shop' };
  const ENV = 'DATABASE_URL=postgresql+asyncpg://old:older@localhost:5432/test?ssl=require\nDB_HOST=localhost\nDB_PASSWORD=older\n';

  test.each([
    ['address', 'postgresql+asyncpg://old:older@db.internal:5433/test?ssl=require', 'DB_HOST=db.internal', 'DB_PASSWORD=older'],
    ['login', 'postgresql+asyncpg://app:p%40ss%2Fword@localhost:5432/test?ssl=require', 'DB_HOST=localhost', 'DB_PASSWORD=p@ss/word'],
    ['database', 'postgresql+asyncpg://old:older@localhost:5432/shop?ssl=require', 'DB_HOST=localhost', 'DB_PASSWORD=older'],
  ] as const)('%s alone', async (part, url, host, password) => {
    const source = await tree({ '.env': ENV }, { database: stated });
    const [fix] = agreeWithStated(source, part);
    expect(after(source, fix?.edits ?? [], '.env')).toBe(`DATABASE_URL=${url}\n${host}\n${password}\n`);
  });

  test('no word of a fix holds the password', async () => {
    const source = await tree({ '.env': ENV }, { database: stated });
    for (const { title, explanation } of agreeWithStated(source, 'login')) expect(`${title} ${explanation}`).not.toMatch(/p@ss|p%40ss|older/);
  });

  test('without a stated one nothing is edited', async () => {
    expect(agreeWithStated(await tree({ '.env': ENV }), 'address')).toEqual([]);
  });
});

describe('unused imports', () => {
  const unused = (file: string, line: number, name: string): PackageIndex['unusedImports'][number] => ({ file, line, name });
  const scan = async (files: Readonly<Record<string, string>>, ...found: PackageIndex['unusedImports']): Promise<string | undefined> => {
    const source = await tree(files);
    const { findings } = scanAll(source, { ...EMPTY, unusedImports: found });
    const finding = findings.find(({ kind }) => kind === 'unused-import');
    return finding === undefined ? undefined : after(source, finding.candidates[0]?.edits ?? [], finding.file);
  };

  test('one finding a file takes them all out', async () => {
    const text = 'import os\nfrom typing import (\n    Any,\n    Optional,\n)\n\nx: Any = 1\n';
    expect(await scan({ 'main.py': text }, unused('main.py', 1, 'os'), unused('main.py', 4, 'typing.Optional'))).toBe('from typing import (\n    Any,\n)\n\nx: Any = 1\n');
  });

  test('models that register their tables stay, and so does the interface of a package', async () => {
    expect(await scan({ 'main.py': 'from models import User\n', 'models.py': 'class User: ...\n' }, unused('main.py', 1, 'models.User'))).toBeUndefined();
    expect(await scan({ 'core/__init__.py': 'import json\n' }, unused('core/__init__.py', 1, 'json'))).toBeUndefined();
  });
});

describe('a name that is not defined', () => {
  const frames: ExceptionInfo['frames'] = [{ file: 'main.py', line: 3, function: '<module>', owner: 'tree' }];
  const evidence = (message: string): Evidence => ({
    stage: 'import', names: [],
    faults: [{ form: 'exception', during: 'start', chain: [{ type: 'NameError', message, notes: [], frames }], validation: [], summary: message, text: message, from: 0, to: 1 }],
  });

  test('is taken from where the other files take it', async () => {
    const source = await tree({ 'main.py': 'import os\n\nx = UUID(os.name)\n', 'other.py': 'from uuid import UUID\n' });
    const [finding] = detectAll(evidence("name 'UUID' is not defined"), source, EMPTY).findings;
    expect(after(source, finding?.candidates[0]?.edits ?? [], 'main.py')).toBe('import os\nfrom uuid import UUID\n\nx = UUID(os.name)\n');
  });

  test('is imported from a module that nobody imports yet, when one alone defines it; through the package that the tree has', async () => {
    const source = await tree({ 'main.py': 'from fastapi import FastAPI\n\nx = CORSMiddleware\n' });
    const home = { name: 'CORSMiddleware', module: 'starlette.middleware.cors', kind: 'class', origin: 'package', distribution: 'starlette' } as const;
    const indexOf = (...more: readonly string[]): PackageIndex => ({
      ...EMPTY, distributions: [{ name: 'fastapi', version: '0.120.0', modules: ['fastapi'], requires: ['starlette>=0.40'] }, { name: 'starlette', version: '0.50.0', modules: ['starlette'], requires: [] }],
      names: { CORSMiddleware: [home, { ...home, module: 'fastapi.middleware.cors', kind: 'import', distribution: 'fastapi' }, ...more.map((module) => ({ ...home, module }))] },
    });
    const titles = (index: PackageIndex): readonly string[] => detectAll(evidence("name 'CORSMiddleware' is not defined"), source, index).findings[0]?.candidates.map(({ title }) => title) ?? [];
    expect(titles(indexOf())).toEqual(['Import CORSMiddleware from fastapi.middleware.cors', 'Import CORSMiddleware from starlette.middleware.cors']);
    expect(titles(indexOf('starlette.old.cors'))).toEqual([]);
  });

  test('is imported when Python says that it was forgotten', async () => {
    const source = await tree({ 'main.py': '"""App."""\n\nx = json.loads("1")\n' });
    const [finding] = detectAll(evidence("name 'json' is not defined. Did you forget to import 'json'?"), source, EMPTY).findings;
    expect(after(source, finding?.candidates[0]?.edits ?? [], 'main.py')).toContain('import json\n');
  });
});
