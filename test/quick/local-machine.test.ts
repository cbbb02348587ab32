import { createFixture } from 'fs-fixture';
import { chmod, mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';

import { environmentKey } from '../../agent/environment-key.ts';
import { reachable } from '../../local/accounts.ts';
import { bestPython, findPythons } from '../../local/python.ts';
import { dotenvAddresses, rewriteVariables } from '../../local/rewrite.ts';
import { makeRunFolder, sweepRunFolders } from '../../local/run-folder.ts';
import type { InstallPlan } from '../../source/types.ts';

const never = new AbortController().signal;

describe('addresses in variables, where the sandbox cannot answer under them', () => {
  const identity = { host: 'db', port: 5432, user: 'app', password: 'pa:ss@word', database: 'shop' };
  const rewritten = (env: Record<string, string>) => rewriteVariables(env, [
    { ...identity, relay: 40_001, of: 'postgres' }, { host: '10.0.0.7', port: 6543, relay: 40_002, of: 'postgres' }, { host: 'cache', port: 6379, relay: 40_003, of: 'redis' },
  ]);

  test.each([
    ['postgresql+asyncpg://app:pa:ss@word@db:5432/shop?ssl=require', 'postgresql+asyncpg://app:pa:ss@word@127.0.0.1:40001/shop?ssl=require'],
    ['postgres://db/shop', 'postgres://127.0.0.1:40001/shop'],
    ['postgresql://u:p@10.0.0.7:6543/shop', 'postgresql://u:p@127.0.0.1:40002/shop'],
    ['postgresql://u:p@10.0.0.7/shop', 'postgresql://u:p@10.0.0.7/shop'],
    ['postgresql://u:p@database:5432/shop', 'postgresql://u:p@database:5432/shop'],
    ['https://db:5432/', 'https://db:5432/'],
    ['["postgresql://db:5432/a"]', '["postgresql://127.0.0.1:40001/a"]'],
  ])('%s', (before, after) => {
    expect(rewritten({ ANY_NAME: before })).toEqual({ ANY_NAME: after });
  });

  test('parts in variables of their own, by their name and value', () => {
    expect(rewritten({ POSTGRES_HOST: 'db', DB_PORT: '5432', PGHOST: 'db', PORT: '5432', SMTP_HOST: 'db', POSTGRES_USER: 'db' }))
      .toEqual({ POSTGRES_HOST: '127.0.0.1', DB_PORT: '40001', PGHOST: '127.0.0.1', PORT: '5432', SMTP_HOST: 'db', POSTGRES_USER: 'db' });
  });
});

test('addresses in the tree\'s .env are lifted into the environment, other values stay in the file', async () => {
  await using tree = await createFixture({ '.env': 'DATABASE_URL="postgresql+asyncpg://u:p@localhost:5432/a" # main\nSECRET=x\n', 'api/.env': 'DB_HOST=localhost\n' });
  const identity = { host: 'localhost', port: 5432, user: 'u', password: 'p', database: 'a' };
  expect(await dotenvAddresses([tree.path, tree.getPath('api'), tree.getPath('none')], [{ ...identity, relay: 40_001, of: 'postgres' }]))
    .toEqual({ DATABASE_URL: 'postgresql+asyncpg://u:p@127.0.0.1:40001/a', DB_HOST: '127.0.0.1' });
});

describe('the folder of a run', () => {
  const made: string[] = [];
  afterEach(async () => { for (const folder of made.splice(0)) await rm(folder, { recursive: true, force: true }); });

  test('is swept when its harness is dead, and no other folder is', async () => {
    const mine = await makeRunFolder();
    const [, pid] = /-(\d+)-\w+-\w+$/.exec(basename(mine)) ?? [];
    const dead = join(tmpdir(), 'boot-check-local-999999999-12345-abcdef');
    const reused = join(tmpdir(), `boot-check-local-${pid}-1-abcdef`);
    const foreign = join(tmpdir(), 'boot-check-local-notes');
    made.push(mine, dead, reused, foreign);
    for (const folder of [dead, reused, foreign]) await mkdir(folder, { recursive: true });
    expect(pid).toBe(String(process.pid));
    await sweepRunFolders();
    const left = await readdir(tmpdir());
    expect(left).toContain(basename(mine));
    expect(left).toContain(basename(foreign));
    expect(left).not.toContain(basename(dead));
    expect(left).not.toContain(basename(reused));
  });
});

describe('the key of an environment', () => {
  const plan: InstallPlan = { kind: 'requirements', manifest: 'requirements.txt', files: ['requirements.txt'], policy: 'locked', requirements: [], groups: [], extras: [] };

  test('follows the content of the manifests, the plan, the Python and the platform, and nothing else', async () => {
    await using one = await createFixture({ 'requirements.txt': 'fastapi', 'src/main.py': 'x = 1' });
    await using two = await createFixture({ 'requirements.txt': 'fastapi', 'src/main.py': 'x = 2' });
    const key = await environmentKey(plan, one.path, '3.14.0', 'p');
    expect(key).toMatch(/^[0-9a-f]{20}$/);
    expect(await environmentKey(plan, two.path, '3.14.0', 'p')).toBe(key);
    const others = await Promise.all([
      environmentKey(plan, one.path, '3.14.1', 'p'), environmentKey(plan, one.path, '3.14.0', 'q'),
      environmentKey({ ...plan, policy: 'newest' }, one.path, '3.14.0', 'p'),
    ]);
    await two.writeFile('requirements.txt', 'fastapi\n');
    others.push(await environmentKey(plan, two.path, '3.14.0', 'p'));
    expect(new Set([key, ...others]).size).toBe(5);
  });

  test('follows the source as well when the project itself is installed', async () => {
    await using tree = await createFixture({ 'requirements.txt': '', 'src/main.py': 'x = 1', '.git/config': 'a' });
    const installed = { ...plan, project: '.' };
    const before = await environmentKey(installed, tree.path, '3.14.0', 'p');
    await tree.writeFile('.git/config', 'b');
    expect(await environmentKey(installed, tree.path, '3.14.0', 'p')).toBe(before);
    await tree.writeFile('src/main.py', 'x = 2');
    expect(await environmentKey(installed, tree.path, '3.14.0', 'p')).not.toBe(before);
  });
});

test.each([
  ['requirements.txt', 'fastapi\n./libs/common\n'],
  ['requirements.txt', '-e libs/common\n'],
  ['requirements.txt', 'common @ file:./libs/common\n'],
  ['pyproject.toml', '[tool.uv.sources]\ncommon = { path = "libs/common" }\n'],
])('a package beside the project decides its environment with its source (%s: %j)', async (manifest, text) => {
  const plan: InstallPlan = { kind: 'requirements', manifest, files: [manifest], policy: 'locked', requirements: [], groups: [], extras: [] };
  const tree = (source: string) => createFixture({ [manifest]: text, libs: { common: { 'pyproject.toml': '[project]\nname = "common"\n', 'common.py': source }, other: { 'a.py': source } } });
  await using one = await tree('a = 1\n');
  await using same = await tree('a = 1\n');
  await using other = await tree('a = 2\n');
  const key = await environmentKey(plan, one.path, '3.14.0', 'p');
  expect(await environmentKey(plan, same.path, '3.14.0', 'p')).toBe(key);
  expect(await environmentKey(plan, other.path, '3.14.0', 'p')).not.toBe(key);
});

describe('the Python of the machine', () => {
  test('is the wanted one when it is here, else the newest with a note', async () => {
    const pythons = await findPythons(never);
    const [newest] = pythons;
    expect(newest, 'this test needs a Python 3.11 or newer').toBeDefined();
    expect(new Set(pythons.map((python) => python.program)).size).toBe(pythons.length);
    const minor = newest?.version.split('.').slice(0, 2).join('.') ?? '';
    expect(await bestPython(minor, never)).toEqual({ python: expect.objectContaining({ program: newest?.program }) });
    const instead = await bestPython('3.99', never);
    expect(instead.python.program).toBe(newest?.program);
    expect(instead.note).toContain('Python 3.99 is not on this machine');
  });
});

test('a path is reachable for others only through open folders', async () => {
  await using tree = await createFixture({ 'open/file': '', 'closed/file': '' });
  await chmod(tree.path, 0o755);
  await chmod(tree.getPath('closed'), 0o700);
  expect(await reachable(tree.getPath('open/file'))).toBe(true);
  expect(await reachable(tree.getPath('closed/file'))).toBe(false);
});
