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
    ['a sync driver in .env, where the code would have had an async one', 'fastapi\nuvicorn\nsqlalchemy[asyncio]<2.1\npsycopg2-binary\nasyncpg\n', {
      '.env': 'DATABASE_URL=postgresql://u:p@localhost/d\n', 'main.py': `${APP}${async}import os\nengine = create_async_engine(os.getenv("DATABASE_URL", "postgresql+asyncpg://u:p@localhost/d"))\n`,
    }, ['sqlalchemy-sync-driver .env:1']],
    ['a sync driver for the only engine', 'fastapi\nuvicorn\nsqlalchemy[asyncio]<2.1\npsycopg2-binary\nasyncpg\n', { 'main.py': `${APP}${async}engine = create_async_engine("postgresql://u:p@localhost/d")\n` }, ['sqlalchemy-sync-driver main.py:4']],
  ])('%s', async (_, requirements, files, wanted) => {
    expect(await said({ 'requirements.txt': requirements, ...files }, /driver|url|psycopg/)).toEqual(wanted);
  });
});
