/** What the sandbox has besides an empty Postgres: Redis, TLS, and what the project runs before its server. */
import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Runtime } from '../../agent/runtime.ts';
import { beforeServer } from '../../harness/before.ts';
import { parse } from '../../parsers/parse.ts';
import { readSource } from '../../source/read.ts';
import { repository, runtimes } from './command.ts';
import { asgi, lay, openRuntime, printed } from './place.ts';

const redis = {
  ...asgi([
    'cache = redis.from_url(os.environ["REDIS_URL"])',
    'print("left of an earlier boot:", cache.get("seen"))',
    'cache.set("seen", "yes")',
    'print("default:", redis.Redis().get("seen"), "named:", redis.Redis(host="localhost", port=6380, username="app", password="x", protocol=3).ping())',
    'for words in ("SHUTDOWN", "MODULE LIST", "ACL SETUSER default off", "REPLICAOF 127.0.0.1 1"):',
    '    try: print("allowed:", words, cache.execute_command(*words.split()))',
    '    except redis.RedisError as error: print("refused:", words)',
  ].join('\n'), 'import os\nimport redis'),
  'requirements.txt': 'uvicorn\nredis\n',
  'docker-compose.yml': 'services:\n  app:\n    build: .\n    environment:\n      REDIS_URL: redis://:secret@cache:6379/0\n  cache:\n    image: redis:7-alpine\n    command: redis-server --requirepass secret\n',
};

/** Every form of address that hosted Postgres hands out, as each driver takes it. */
const neon = 'app_owner:s3cret@ep-cool-name-123456-pooler.eu-central-1.aws.neon.tech/app';
const tls = {
  ...asgi([
    'async def asynchronous(url, **more):',
    '    connection = await asyncpg.connect(url, **more)',
    '    return await connection.fetchval("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")',
    'def synchronous(driver, url):',
    '    with driver.connect(url) as connection:',
    '        cursor = connection.cursor()',
    '        cursor.execute("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")',
    '        return cursor.fetchone()[0]',
    'async def through_engine(url):',
    '    async with create_async_engine(url).connect() as connection:',
    '        return (await connection.execute(text("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"))).scalar_one()',
    'def apart(work): return ThreadPoolExecutor().submit(asyncio.run, work).result()',
    'url, bound = os.environ["DATABASE_URL"], os.environ["BOUND_URL"]',
    'plain = url.partition("?")[0]',
    'for name, work in {',
    '    "asyncpg sslmode": lambda: apart(asynchronous(url)),',
    '    "SQLAlchemy on asyncpg, ssl=require": lambda: apart(through_engine(plain.replace("://", "+asyncpg://") + "?ssl=require")),',
    '    "asyncpg argument": lambda: apart(asynchronous(plain, ssl="require")),',
    '    "psycopg sslmode": lambda: synchronous(psycopg, url),',
    '    "psycopg options": lambda: synchronous(psycopg, url + "&options=-csearch_path%3Dpublic"),',
    '    "psycopg channel_binding": lambda: synchronous(psycopg, bound),',
    '    "psycopg2 sslmode": lambda: synchronous(psycopg2, url),',
    '    "psycopg2 channel_binding": lambda: synchronous(psycopg2, bound),',
    '}.items():',
    '    try: print("tls", name, work())',
    '    except Exception as error: print("tls", name, "failed", type(error).__name__, error)',
  ].join('\n'), 'import asyncio, os\nfrom concurrent.futures import ThreadPoolExecutor\nimport asyncpg, psycopg, psycopg2\nfrom sqlalchemy import text\nfrom sqlalchemy.ext.asyncio import create_async_engine'),
  'requirements.txt': 'uvicorn\nasyncpg\npsycopg[binary]\npsycopg2-binary\nsqlalchemy[asyncio]\n',
  '.env': `DATABASE_URL=postgresql://${neon}?sslmode=require\nBOUND_URL=postgresql://${neon.replace('app_owner', 'bound_owner')}?sslmode=require&channel_binding=require\n`,
};

/** The server that compose describes is filled by scripts: one statement at a time, one database after the other, new for every boot. */
const filled = {
  ...asgi([
    'async def names():',
    '    store = await asyncpg.connect("postgresql://shop:open@db:5432/store")',
    '    await store.execute("INSERT INTO things (name) VALUES ($1)", "of this boot")',
    '    other = await asyncpg.connect("postgresql://shop:open@db:5432/other")',
    '    return [row["name"] for row in await store.fetch("SELECT name FROM things ORDER BY id")] + [await other.fetchval("SELECT name FROM copied")]',
    'print("names:", ThreadPoolExecutor().submit(asyncio.run, names()).result())',
  ].join('\n'), 'import asyncio\nfrom concurrent.futures import ThreadPoolExecutor\nimport asyncpg'),
  'requirements.txt': 'uvicorn\nasyncpg\n',
  'docker-compose.yml': 'services:\n  db:\n    image: postgres:16\n    environment:\n      POSTGRES_USER: shop\n      POSTGRES_PASSWORD: open\n      POSTGRES_DB: store\n    volumes:\n      - ./db:/docker-entrypoint-initdb.d\n',
  'db/1.sql': "CREATE TABLE things (id serial PRIMARY KEY, name text);\nINSERT INTO things (name) VALUES ('a;b');\nCREATE DATABASE other;\n\\c other\nCREATE TABLE copied (name text);\nCOPY copied FROM stdin;\nc\n\\.\n",
  'db/2.sh': '#!/bin/bash\nset -e\npsql -U "$POSTGRES_USER" <<-EOSQL\n  INSERT INTO things (name) VALUES (\'$POSTGRES_DB\');\nEOSQL\n',
};

describe.each(runtimes)('%s runtime', (name) => {
  let runtime: Runtime;
  beforeAll(async () => { runtime = await openRuntime(name); });

  test('a Redis answers under every address of the app, takes every login, begins empty, and cannot be misused', async () => {
    await using laid = await lay(runtime, redis);
    for (let boot = 0; boot < 2; boot += 1) {
      const output = await laid.boot({ env: { REDIS_URL: 'redis://:secret@cache:6379/0' } });
      expect(output.stage, printed(output)).toBe('healthy');
      expect(printed(output)).toContain('left of an earlier boot: None');
      expect(printed(output)).toContain('default: b\'yes\' named: True');
      expect(printed(output)).not.toContain('allowed:');
    }
  });

  test('TLS is on, in every form in which drivers ask for it', async () => {
    await using laid = await lay(runtime, tls);
    const output = await laid.boot();
    const lines = printed(output).split('\n').filter((line) => line.startsWith('tls '));
    expect(lines.length, printed(output)).toBe(8);
    expect(lines.filter((line) => !line.endsWith(' True'))).toEqual([]);
  });

  test('what the compose file lays into its Postgres fills the databases of every boot, with the rights of the app', async () => {
    await using laid = await lay(runtime, filled);
    for (let boot = 0; boot < 2; boot += 1) {
      const output = await laid.boot();
      expect(output.stage, printed(output)).toBe('healthy');
      expect(printed(output)).toContain("names: ['a;b', 'store', 'of this boot', 'c']");
    }
  });

  test('a script that fails says so, and has no rights that the app has not', async () => {
    await using laid = await lay(runtime, { ...filled, 'db/1.sql': "COPY (SELECT 1) TO PROGRAM 'true';\n", 'db/2.sh': '' });
    const output = await laid.boot();
    expect(printed(output)).toMatch(/the start-up SQL failed: db\/1\.sql: (?:permission denied|must be superuser)/);
  });

  test('migrations that the start runs are run before it', async () => {
    await using laid = await lay(runtime, await filesOf('alembic-stack'), { app: 'parcels.main:app' });
    const output = await laid.boot();
    expect(output.before).toEqual([{ command: ['alembic', 'upgrade', 'head'], from: 'Dockerfile:6', required: true, code: 0 }]);
    expect(parse(output).stage, printed(output)).toBe('healthy');
    expect(output.probes.filter(({ status }) => status === 200).map(({ path }) => path)).toContain('/parcels/');
    expect(output.database.sessions).toBeGreaterThan(0);
  });

  test('migrations that somebody runs by hand are run once a table is missing', async () => {
    const { Dockerfile: _, ...files } = await filesOf('alembic-stack');
    await using laid = await lay(runtime, files, { app: 'parcels.main:app' });
    const source = await readSource(laid.tree, { app: 'parcels.main:app' });
    const before = beforeServer();
    const first = await laid.boot({ before: before.commands(source, true) });
    expect(first.before).toBeUndefined();
    expect(parse(first).stage).toBe('health');
    expect(before.learn(first, source)).toContain('alembic upgrade head');
    const second = await laid.boot({ before: before.commands(source, true) });
    expect(parse(second).stage, printed(second)).toBe('healthy');
    expect(before.commands(source, false)).toEqual([]);
  });

  test('a migration that fails is a start that failed, though the server itself does well', async () => {
    const files = { ...asgi('print("up")'), Dockerfile: 'FROM python\nCMD alembic upgrade head && uvicorn main:app\n', 'alembic.ini': '[alembic]\nscript_location = nowhere\n', 'requirements.txt': 'uvicorn\nalembic\n' };
    await using laid = await lay(runtime, files);
    const output = await laid.boot();
    expect(output.before?.map(({ command, code }) => [...command, code])).toEqual([['alembic', 'upgrade', 'head', 255]]);
    const evidence = parse(output);
    expect(evidence.stage).toBe('lifespan');
    expect(evidence.faults[0]?.text).toContain('nowhere');
  });
});

/** Text files of a base, by path. */
async function filesOf(base: string): Promise<Record<string, string>> {
  const folder = `${repository}/scenarios/bases/${base}`;
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes('__pycache__')).map(({ parentPath, name }) => relative(folder, join(parentPath, name)));
  return Object.fromEntries(await Promise.all(paths.map(async (path) => [path, await readFile(join(folder, path), 'utf8')] as const)));
}
