import { chmod, readFile, readdir } from 'node:fs/promises';
import { execa } from 'execa';
import { createFixture } from 'fs-fixture';
import { describe, expect, test } from 'vitest';
import { bundleSchema } from '../../harness/reproduce/bundle.ts';
import type { Bundle, BundleFix } from '../../harness/reproduce/bundle.ts';
import { renderScript } from '../../harness/reproduce/script.ts';

const DRIVER: BundleFix = { kind: 'driver-module-missing', since: 2, edits: [{ file_path: 'requirements.txt', old_code: 'psycopg2', new_code: 'asyncpg', explanation: '' }] };
const NAME: BundleFix = { kind: 'sqlmodel-wrong-export', since: 2, edits: [{ file_path: 'main.py', old_code: 'import a', new_code: 'import b', explanation: '' }] };
const IDENTITY = { host: 'localhost', port: 5432, user: 'app', password: "p'w", database: 'app_db' };

function bundle(facts: Partial<Bundle['facts']> = {}, options: Partial<Bundle['options']> = {}): Bundle {
  return bundleSchema.parse({
    made_by: '0.1.0', name: 'tree', tree: [{ path: 'requirements.txt', text: 'psycopg2\n' }, { path: 'main.py', text: 'import a\n' }, { path: 'pyproject.toml', text: '[[tool.uv.index]]\nname = "asyncpg"\n[project]\nname = "My_App"\n' }],
    options: {
      python: '3.14', policy: 'locked', root: null, manifest: null, app: null, factory: false, health: null, port: 8000, command: null, env: null, database: null, database_init: null,
      safe_only: false, tidy: false, minimise: true, max_boots: 60, boot_timeout: 60, settle: 4, ...options,
    },
    facts: {
      app: 'main:app', factory: false, health_path: '/health', root: '.', cwd: '.', python_path: [], command: ['uvicorn', 'main:app', '--reload', '--header', "x:it's"], manifest: 'requirements.txt', install: [],
      environment: {}, runtime: 'docker', python: '3.14.0', versions: {}, lock: ['asyncpg==0.30.0', 'my-app==1.0'], database: null, databases: [IDENTITY], install_files: ['requirements.txt'], ...facts,
    },
    outcome: { complete: true, verdict: 'healed', boots: [], kept: [DRIVER, NAME], unresolved: [] },
  });
}

interface Played {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** What docker was asked for, one a line; what it was fed with `< ` before each line. */
  readonly asked: string;
}

/** Runs a script with a docker that only writes down what it is asked for. */
async function play(script: string, { ready = true, running = true, by = ['sh'], fails = '' } = {}): Promise<Played> {
  await using desk = await createFixture({
    'bin/docker': `#!/bin/sh
printf '%s ' "$@" >>"$LOG"; echo >>"$LOG"
case "$*" in
  *pg_isready*) ${ready} ;;
  inspect*) echo ${running} ;;
  rmi*) false ;;
  logs*) echo 'FATAL: data directory has wrong ownership' ;;
  'exec -i '*) sed 's/^/< /' >>"$LOG" ;;
${fails === '' ? '' : `  ${fails}*) exit 1 ;;\n`}esac
`, 'bin/sleep': '#!/bin/sh\n', 'tmp': {}, 'log': '',
  });
  for (const name of ['docker', 'sleep']) await chmod(desk.getPath('bin', name), 0o755);
  const { exitCode, stdout, stderr } = await execa(by[0] ?? 'sh', by.slice(1), {
    input: script, reject: false, env: { PATH: `${desk.getPath('bin')}:${process.env['PATH']}`, LOG: desk.getPath('log'), TMPDIR: desk.getPath('tmp') }, cwd: desk.path,
  });
  expect(await readdir(desk.getPath('tmp')), 'nothing stays behind').toEqual([]);
  return { exitCode, stdout, stderr, asked: await readFile(desk.getPath('log'), 'utf8') };
}

const found = (given: Bundle): string => renderScript(given, { fixes: [], shell: false });

describe('Postgres in the script', () => {
  test('listens where the app looks for it, and is asked there', async () => {
    for (const host of ['localhost', 'postgres']) {
      const { asked, exitCode } = await play(found(bundle({ databases: [{ ...IDENTITY, host, port: 5433 }] })));
      expect(exitCode).toBe(0);
      expect(asked).toMatch(/^run -d .*-e PGPORT=5433 postgres:18 $/m);
      expect(asked).toMatch(/pg_isready .*-p 5433/);
      expect(asked).toMatch(host === 'localhost' ? /--network-alias db -e/ : /--network-alias db --network-alias postgres -e/);
      expect(asked).toMatch(/^run --rm .*--network container:boot-check-repro-\w+-db .* uvicorn main:app/m);
    }
  });

  test('has the accounts and databases that the app asks for, and what fills them', async () => {
    const other = { ...IDENTITY, user: 'reader', database: 'app_db' };
    const given = bundle({ databases: [IDENTITY, other], init_scripts: [{ path: 'db/init.sql', sql: 'CREATE TABLE\tusers();', user: 'app', database: 'app_db' }] }, { database_init: 'CREATE EXTENSION citext;\n' });
    const { asked, exitCode } = await play(found(given));
    expect(exitCode).toBe(0);
    expect(asked).toMatch(/-U postgres -d postgres \n< CREATE ROLE "app" LOGIN CREATEDB CREATEROLE PASSWORD 'p''w';\n< CREATE ROLE "reader" .*\n< CREATE DATABASE "app_db" OWNER "app";\n/);
    expect(asked).toMatch(/-U postgres -d app_db \n< CREATE EXTENSION citext;\n/);
    expect(asked).toMatch(/-U app -d app_db \n< CREATE TABLE\tusers\(\);\n/);
  });

  test.each([['that ends', { running: false }], ['that never answers', {}]])('%s: the script says why and ends', async (_, how) => {
    const { exitCode, stderr, asked } = await play(found(bundle()), { ready: false, ...how });
    expect(exitCode).toBe(1);
    expect(stderr).toContain('Postgres did not get ready on port 5432');
    expect(asked).not.toMatch(/^create /m);
    expect(asked, 'an image has no capitals in its name').not.toMatch(/boot-check-repro-\w*[A-Z]/);
    expect(asked).toMatch(/^rm -f boot-check-repro-\w+-app boot-check-repro-\w+-db $/m);
  });
});

test('Redis is there for an app that asks for it, and for no other', async () => {
  const { asked, exitCode } = await play(found(bundle({ redis: [{ host: 'cache', port: 6380 }, { host: 'localhost', port: 6380 }] })));
  expect(exitCode).toBe(0);
  expect(asked).toMatch(/--network-alias db --network-alias cache -e/);
  expect(asked).toMatch(/^run -d --name boot-check-repro-\w+-redis-6380 --network container:boot-check-repro-\w+-db redis:8 redis-server --port 6380 --save {2}$/m);
  expect(asked).toMatch(/^rm -f boot-check-repro-\w+-app boot-check-repro-\w+-redis-6380 boot-check-repro-\w+-db $/m);
  expect(found(bundle())).not.toMatch(/redis/i);
});

test('the process has the environment of its tree', () => {
  const URL_FIX: BundleFix = { kind: 'sqlalchemy-sync-driver', since: 2, edits: [{ file_path: '.env', old_code: 'A=1', new_code: 'A=2', explanation: '' }] };
  const plain = bundle({ environment: { A: '1' }, environment_healed: { A: '2' } });
  const given: Bundle = { ...plain, tree: [...plain.tree, { path: '.env', text: 'A=1\n' }], outcome: { ...plain.outcome, kept: [...plain.outcome.kept, URL_FIX] } };
  const value = (fixes: readonly BundleFix[]) => /-e A=(\d)/.exec(renderScript(given, { fixes, shell: false }))?.[1];
  expect([value([]), value(given.outcome.kept.slice(0, 2)), value([URL_FIX]), value(given.outcome.kept)]).toEqual(['1', '1', '2', '2']);
});

test('pasted into a shell, a script that fails leaves that shell as it was', async () => {
  const { stdout, exitCode, asked } = await play(`${found(bundle())}echo "still here: $- \${work-}"; trap; exit 7\n`, { by: ['bash', '--norc', '-i'], fails: 'create' });
  expect(exitCode).toBe(7);
  expect(stdout).toMatch(/^still here: (?!\w*[eu])\w+ $/m);
  expect(asked).toMatch(/^rm -f boot-check-repro-/m);
});

test('the shell is opened with the words that start the server', async () => {
  const { stdout, asked } = await play(renderScript(bundle(), { fixes: [], shell: true }));
  expect(stdout).toContain(`It is started by:\n  uvicorn main:app --reload --header 'x:it'\\''s'`);
  expect(asked).toMatch(/^run --rm -it .* sh $/m);
});

describe('the packages', () => {
  const installs = (numbers: readonly number[], facts: Partial<Bundle['facts']> = {}): string => {
    const given = bundle(facts);
    return /^ {2}sh -c .*$/m.exec(renderScript(given, { fixes: given.outcome.kept.filter((_, at) => numbers.includes(at)), shell: false }))?.[0] ?? '';
  };

  test('are the recorded ones only in a tree that has the fixes of its manifest: else they would hide the fault', () => {
    expect(installs([0])).toContain("pip install --quiet --no-deps asyncpg==0.30.0 my-app==1.0' >/dev/null");
    expect(installs([])).toContain('-r /app/requirements.txt uvicorn');
    expect(installs([1])).toContain('-r /app/requirements.txt uvicorn');
    expect(installs([], { manifest: 'pyproject.toml' })).toContain('uv pip install --quiet --python /env/bin/python -r /app/pyproject.toml uvicorn');
  });

  test('the project that is installed itself is not asked of an index', () => {
    expect(installs([0, 1], { project: '.' })).not.toContain('my-app');
    expect(installs([0, 1])).toContain('my-app==1.0');
    expect(installs([0, 1], { project: '.' })).toContain('asyncpg==0.30.0 && /env/bin/pip install --quiet --no-deps /app');
  });
});

test('what a hostile bundle says stays text: in comments, in words, and for the terminal it is pasted into', () => {
  const odd = 'x\u001B[201~\ntouch /tmp/pwned';
  const given = bundle({ app: odd, python: `3.14$(touch x)\n`, environment: { ODD: odd }, command: [odd] });
  const script = renderScript({ ...given, made_by: odd, tree: [{ path: odd, text: odd }], outcome: { ...given.outcome, kept: [{ ...NAME, kind: odd }] } }, { fixes: [], shell: true });
  expect(script).not.toMatch(/(?!\n)\p{Cc}/u);
  expect(script).not.toContain('$(touch');
  expect(script.split('\n').filter((line) => line.startsWith('touch') && !line.includes("'"))).toEqual([]);
});

test('an odd word reaches the server as it is', async () => {
  const { asked, exitCode } = await play(found(bundle({ environment: { ODD: "a\tb\\n'c'\u001B" } })));
  expect(exitCode).toBe(0);
  expect(asked).toContain("-e ODD=a\tb\\n'c'\u001B -e");
});
