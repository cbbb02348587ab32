import { readFile, readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { createFixture } from 'fs-fixture';
import { describe, expect, test } from 'vitest';
import { caseFiles, layCase, layScenario, listScenarios, readLayer, scenariosFolder } from '../tools/lay-case.ts';
import { storable, toText } from '../tools/recording.ts';

const { bases, overlays, cases } = await listScenarios();
const bundle = join(scenariosFolder, 'bases', 'auth-backend');

describe('layers', () => {
  test.each([...overlays, ...cases])('%s lies on a base and says what it is', async (name) => {
    const { laid } = await caseFiles(name);
    expect(bases).toContain(laid.base);
    expect(laid.what).toMatch(/\S{2,} .+\.$/);
  });

  test.each(overlays)('%s changes its base', async (name) => {
    const { laid, files } = await caseFiles(name);
    expect(files).not.toEqual((await caseFiles(laid.base)).files);
  });

  test.each([...bases, ...overlays])('%s is the same on disk as in memory', async (name) => {
    await using fixture = await createFixture();
    await layCase(name, fixture.path);
    const { files } = await caseFiles(name);
    const entries = await readdir(fixture.path, { recursive: true, withFileTypes: true });
    const paths = entries.filter((entry) => entry.isFile()).map((entry) => relative(fixture.path, join(entry.parentPath, entry.name)));
    expect(paths.toSorted()).toEqual(Object.keys(files).toSorted());
    for (const path of paths) expect(await readFile(fixture.getPath(path), 'utf8')).toBe(files[path]);
  });

  test('a layer replaces files of its base and leaves the others as they are', async () => {
    await using fixture = await createFixture();
    await layCase('auth-backend-healthy', fixture.path);
    const text = (path: string): Promise<string> => readFile(fixture.getPath(path), 'utf8');
    expect(await text('requirements.txt')).toContain('asyncpg>=0.29.0');
    expect(await text('src/core/security.py')).toBe(await readFile(join(bundle, 'src/core/security.py'), 'utf8'));
  });

  test('what a layer removes is gone, and its options reach the command line', async () => {
    await using fixture = await createFixture();
    const { tree } = await layScenario('target-elsewhere', fixture.path);
    await expect(stat(join(tree, 'src/main.py'))).rejects.toThrow('ENOENT');
    const { args } = await layScenario('lifespan-auto-500', fixture.path);
    expect(args).toEqual(['--app', 'src.main:server']);
  });

  test('a name that leads nowhere says where it was looked for', async () => {
    await using fixture = await createFixture();
    await expect(layCase('no-such-base', fixture.path)).rejects.toThrow(/no scenario no-such-base: looked in .*overlays.* and .*bases/);
  });

  test('a misspelt key of layer.json is refused', async () => {
    await using fixture = await createFixture({ 'layer.json': '{"bass": "auth-backend"}' });
    await expect(readLayer(fixture.path)).rejects.toThrow('bass');
  });
});

describe('the bundled backend', () => {
  const line = async (path: string, number: number): Promise<string> => (await readFile(join(bundle, path), 'utf8')).split('\n')[number - 1] ?? '';

  test.each([
    ['requirements.txt', 7, 'psycopg2-binary>=2.9.9'],
    ['src/core/database.py', 6, 'from sqlmodel import SQLModel, create_engine'],
    ['src/core/database.py', 7, 'from sqlmodel.ext.asyncio.session import AsyncSession, AsyncEngine'],
    ['src/core/database.py', 9, 'from sqlalchemy.orm import sessionmaker'],
    ['src/core/database.py', 29, 'SessionLocal = sessionmaker(bind=engine, autocommit=False, autoflush=False)'],
  ])('%s:%i holds its fault', async (path, number, text) => {
    expect(await line(path, number)).toBe(text);
  });

  test.each(['.env', '.env.example'])('%s has the scheme of a sync driver', async (path) => {
    expect(await readFile(join(bundle, path), 'utf8')).toMatch(/^DATABASE_URL=postgresql:\/\/\w+:[\w-]+@localhost:5432\/auth_db$/m);
  });

  test('differs from its healthy variant in the files of its faults and no other', async () => {
    const entries = await readdir(join(scenariosFolder, 'overlays/auth-backend-healthy/overlay'), { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
    expect(files.toSorted()).toEqual(['.env', '.env.example', 'auth_service.py', 'database.py', 'requirements.txt']);
  });
});

describe('a recording', () => {
  const output = {
    stage: 'import', exit: { code: 1 }, dropped: 0, probes: [], routes: [], hang: [], timings: { total: 1.5 }, python: '3.14.0',
    lines: [{ at: 0.5, stream: 'stderr', text: '  File "/tmp/run-7/tree/src/main.py", line 1: postgresql://ann:hunter22@db/app in /tmp/run-7/env/lib/x.py' }],
    markers: { waiting: false, complete: false, listening: false, timedOut: false },
    database: { sessions: 0, connections: 0, engines: [], tables: [] }, command: ['/tmp/run-7/env/bin/python', '-m', 'uvicorn'],
    paths: { tree: '/tmp/run-7/tree', environment: '/tmp/run-7/env' },
  } as const;

  test('holds no secret and no folder of the machine it was made on', () => {
    const stored = storable(output);
    expect(stored.lines[0]?.text).toBe('  File "/app/src/main.py", line 1: postgresql://ann:***@db/app in /env/lib/x.py');
    expect(stored.command[0]).toBe('/env/bin/python');
    expect(stored.paths).toEqual({ tree: '/app', environment: '/env' });
  });

  test('survives being written and read', () => {
    const text = toText({ lines: Array.from({ length: 30 }, (_, at) => ({ at, text: `line ${at}` })), none: undefined, empty: [], deep: { a: { b: [1, 2] } } });
    expect(JSON.parse(text)).toMatchObject({ empty: [], deep: { a: { b: [1, 2] } } });
    expect(text.split('\n').filter((row) => row.includes('"at"'))).toHaveLength(30);
  });
});
