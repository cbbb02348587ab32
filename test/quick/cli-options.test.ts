import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { createFixture } from 'fs-fixture';
import { describe, expect, test } from 'vitest';
import { PACKAGE_FOLDER } from '../../harness/cli/folders.ts';
import { typedFolder } from '../../harness/cli/io.ts';
import { splitWords } from '../../harness/cli/split-words.ts';
import { cli } from './cli-desk.ts';
import { BUNDLE } from './report-sample.ts';

const BACKEND = { 'api/requirements.txt': 'fastapi\n', 'api/main.py': 'x = 1\n', 'api/init.sql': 'select 1;\n', 'prod.env': 'A=1\nB="two words"\n' };

describe('options', () => {
  test('have defaults', async () => {
    await using desk = await createFixture(BACKEND);
    const { options } = await cli(['api'], { cwd: desk.path });
    expect(options).toEqual({
      dir: join(desk.path, 'api'), bundled: false, runtime: 'auto', python: '3.14', pythonFallback: false, policy: 'locked', manifest: null, root: null,
      app: null, factory: false, health: null, port: 8080, command: null, env: null, database: null, databaseInit: null,
      safeOnly: false, tidy: false, maxBoots: 60, bootTimeout: 60, settle: 4, minimise: true, fixer: null, write: false, allowDirty: false,
      out: join(desk.path, '.boot-check'), verbose: false,
    });
  });

  test('reach the run', async () => {
    await using desk = await createFixture(BACKEND);
    const { options, stderr } = await cli([
      'api', '--runtime', 'local', '--python', '3.13', '--policy', 'newest', '--manifest', 'api/requirements.txt', '--root', 'api', '--app', 'main:create_app',
      '--factory', '--health', '/api/healthz', '--port', '9000', '--command', "gunicorn 'main:create_app()' -k uvicorn.workers.UvicornWorker",
      '--env-file', 'prod.env', '--env', 'B=3', '--env', 'URL=a=b', '--database', 'postgresql+asyncpg://u:p@db:5432/x', '--database-init', 'api/init.sql',
      '--safe-only', '--tidy', '--max-boots', '9', '--boot-timeout', '12.5', '--settle', '0', '--no-minimise', '--fixer', "python 'fix it.py'", '--write', '--allow-dirty', '--out', 'reports', '-v',
    ], { cwd: desk.path });
    expect(stderr).not.toContain('error');
    expect(options).toEqual({
      dir: join(desk.path, 'api'), bundled: false, runtime: 'local', python: '3.13', pythonFallback: false, policy: 'newest',
      manifest: join(desk.path, 'api/requirements.txt'), root: join(desk.path, 'api'), app: 'main:create_app', factory: true, health: '/api/healthz', port: 9000,
      command: ['gunicorn', 'main:create_app()', '-k', 'uvicorn.workers.UvicornWorker'], env: { A: '1', B: '3', URL: 'a=b' },
      database: 'postgresql+asyncpg://u:p@db:5432/x', databaseInit: join(desk.path, 'api/init.sql'),
      safeOnly: true, tidy: true, maxBoots: 9, bootTimeout: 12.5, settle: 0, minimise: false, fixer: { words: ['python', 'fix it.py'], cwd: desk.path }, write: true, allowDirty: true,
      out: join(desk.path, 'reports'), verbose: true,
    });
  });

  test('--root and --manifest may be given from DIR', async () => {
    await using desk = await createFixture(BACKEND);
    const { options } = await cli(['.', '--root', 'api', '--manifest', 'api/requirements.txt'], { cwd: desk.path });
    expect(options?.root).toBe(join(desk.path, 'api'));
    await using above = await createFixture({});
    const { options: fromElsewhere } = await cli([desk.path, '--root', 'api'], { cwd: above.path });
    expect(fromElsewhere?.root).toBe(join(desk.path, 'api'));
  });

  test.each<[string, string[], RegExp]>([
    ['a runtime', ['--runtime', 'dockr'], /--runtime does not know "dockr"[\s\S]*Did you mean --runtime docker\?/],
    ['a Python', ['--python', '2.7'], /--python does not know "2\.7"[\s\S]*3\.11, 3\.12, 3\.13, 3\.14/],
    ['a policy', ['--policy', 'latest'], /--policy does not know "latest"[\s\S]*locked, newest/],
    ['a port', ['--port', '80x'], /--port 80x is not a number[\s\S]*from 1 to 65535/],
    ['port 0', ['--port', '0'], /from 1 to 65535/],
    ['a time', ['--boot-timeout', 'soon'], /--boot-timeout soon is not a time/],
    ['no boots at all', ['--max-boots', '0'], /whole number from 1/],
    ['a path for a target', ['--app', 'src/main.py'], /no uvicorn target[\s\S]*MODULE:ATTRIBUTE/],
    ['a health path without slash', ['--health', 'health'], /beginning with a slash/],
    ['an open quote', ['--command', "uvicorn 'a"], /a quote that is never closed/],
    ['an empty command', ['--command', ' '], /--command is empty/],
    ['a variable without value', ['--env', 'DEBUG'], /--env DEBUG is no assignment/],
    ['an absent variable file', ['--env-file', 'no.env'], /there is no such file/],
    ['an absent manifest', ['--manifest', 'no.txt'], /no such file inside/],
    ['a root that is a file', ['--root', 'main.py'], /no such folder inside/],
    ['a root outside', ['--root', '..'], /no such folder inside/],
    ['another database', ['--database', 'mysql://u:hunter2@db/x'], /no Postgres URL/],
    ['the tree as output folder', ['--out', 'api'], /DIR itself/],
    ['a folder above it', ['--out', '.'], /a folder above DIR/],
    ['an unknown reporter', ['--reporter', 'scren'], /Did you mean --reporter screen\?/],
    ['an empty fixer', ['--fixer', ' '], /--fixer is empty/],
    ['a mistyped option', ['--jsn'], /Unknown option '--jsn'[\s\S]*Did you mean --json\?/],
    ['two folders', ['second'], /Too many arguments/i],
    ['an option without its value', ['--app'], /argument missing/],
  ])('refuse %s with exit 2, and start nothing', async (_, words, sentence) => {
    await using desk = await createFixture(BACKEND);
    const { exitCode, stderr, stdout, options } = await cli(['api', ...words], { cwd: desk.path });
    expect(stderr).toMatch(sentence);
    expect(stderr).not.toContain('hunter2');
    expect([exitCode, stdout, options]).toEqual([2, '', null]);
  });
});

describe('DIR', () => {
  test.each<[string, string, RegExp]>([
    ['does not exist', 'nowhere', /There is no folder/],
    ['is a mistyped command', 'docter', /Did you mean `boot-check doctor`\?/],
    ['is empty', 'empty', /is empty/],
    ['is a file', 'prod.env', /is a file/],
  ])('that %s: one sentence, exit 2', async (_, dir, sentence) => {
    await using desk = await createFixture(BACKEND);
    await desk.mkdir('empty');
    const { exitCode, stderr } = await cli([dir], { cwd: desk.path });
    expect(stderr).toMatch(sentence);
    expect(exitCode).toBe(2);
  });

  test('that cannot be read: one sentence, exit 2', async () => {
    await using desk = await createFixture(BACKEND);
    const dir = join(desk.path, 'api');
    await chmod(desk.path, 0o755);
    await chmod(dir, 0o000);
    // Root may read everything, so root asks as somebody else.
    const nobody = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
    const { exitCode, stderr } = await execa(process.execPath, [join(PACKAGE_FOLDER, 'harness/main.ts'), dir], { reject: false, cwd: '/', ...nobody });
    await chmod(dir, 0o755);
    expect(stderr).toMatch(/cannot be read/);
    expect(exitCode).toBe(2);
  });

  test.each<[string, Record<string, string>, boolean]>([
    ['a manifest', { 'pyproject.toml': '' }, false],
    ['an entry file', { 'main.py': '' }, false],
    ['a backend one folder down', { 'backend/requirements.txt': '' }, false],
    ['other things', { 'README.md': '', 'node_modules/x/requirements.txt': '', 'web/package.json': '' }, true],
  ])('left out, in a folder with %s', async (_, files, bundled) => {
    await using desk = await createFixture(files);
    const { options } = await cli([], { cwd: desk.path });
    expect(options).toMatchObject({ bundled, dir: bundled ? BUNDLE : desk.path.replace(/\/$/, ''), out: join(desk.path, '.boot-check') });
  });

  test('left out in our own checkout: the bundled backend, which is never written to', async () => {
    const cwd = join(import.meta.dirname, '../..');
    expect((await cli([], { cwd })).options).toMatchObject({ bundled: true, dir: BUNDLE });
    const { exitCode, stderr } = await cli(['--write'], { cwd });
    expect(stderr).toContain('--write needs a DIR');
    expect(exitCode).toBe(2);
  });
});

describe('where paths count from', () => {
  const ours = { INIT_CWD: '/home/ann/project', npm_package_json: '/opt/boot-check/package.json' };

  test('our own npm script: the folder the command was typed in', () => {
    expect(typedFolder(ours, '/opt/boot-check', '/opt/boot-check')).toBe('/home/ann/project');
  });

  test("the user's npm script, or none: the current folder", () => {
    expect(typedFolder({ ...ours, npm_package_json: '/home/ann/project/package.json' }, '/home/ann/project', '/opt/boot-check')).toBe('/home/ann/project');
    expect(typedFolder({}, '/tmp', '/opt/boot-check')).toBe('/tmp');
  });
});

describe('splitWords', () => {
  test.each<[string, string[]]>([
    ['uvicorn src.main:app  --reload', ['uvicorn', 'src.main:app', '--reload']],
    ["sh -c 'a b' \"c \\\"d\\\"\" e\\ f", ['sh', '-c', 'a b', 'c "d"', 'e f']],
    ["a'b'\"c\"d ''", ['abcd', '']],
  ])('%s', (command, words) => {
    expect(splitWords('--command', command)).toEqual(words);
  });
});
