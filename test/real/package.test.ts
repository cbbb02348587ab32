/** What is published, used as a stranger would: packed, installed into an empty folder, called by its command and as a library. */
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PACKAGE_FOLDER } from '../../harness/cli/folders.ts';

const HEALTHY = join(PACKAGE_FOLDER, 'scenarios/bases/no-database');
let user: string;

beforeAll(async () => {
  user = await mkdtemp(join(tmpdir(), 'boot-check-package-'));
  await execa('npm', ['pack', '--pack-destination', user], { cwd: PACKAGE_FOLDER });
  await writeFile(join(user, 'package.json'), JSON.stringify({ name: 'somebody', private: true, type: 'module' }));
  await execa('npm', ['install', '--no-audit', '--no-fund', join(user, 'boot-check-0.1.0.tgz')], { cwd: user });
});
afterAll(() => rm(user, { recursive: true, force: true }));

function run(file: string, args: readonly string[]) {
  // Not through npm: what is typed in a folder counts from there.
  return execa(file, args, { cwd: user, reject: false, env: { NO_COLOR: '1', INIT_CWD: '' } });
}

test('npx boot-check heals the bundled backend', async () => {
  const { stdout, exitCode, stderr } = await run('npx', ['boot-check', '--json', '--settle', '1', '--no-minimise']);
  expect(exitCode, stderr).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ verdict: 'healed', stage_after: 'healthy' });
  expect(await readFile(join(user, '.boot-check/report.html'), 'utf8')).toContain('<body class="healed">');
});

test('the library boots, has types, and throws an error of its own', async () => {
  await writeFile(join(user, 'use.mts'), `import { BootCheckError, bootCheck } from 'boot-check';
    import type { BootCheckResult, Issue } from 'boot-check';
    const stages: string[] = [];
    const result: BootCheckResult = await bootCheck({ dir: ${JSON.stringify(HEALTHY)}, settle: 1, out: 'lib', onBoot: ({ stage }) => stages.push(stage) });
    const issues: readonly Issue[] = result.report.issues;
    const error = await bootCheck({ dir: 'nowhere' }).catch((thrown: unknown) => thrown);
    const wrong = await bootCheck({ dir: ${JSON.stringify(HEALTHY)}, port: 0 }).catch((thrown: unknown) => thrown);
    console.log(JSON.stringify({ verdict: result.verdict, ok: result.ok, stages, issues: issues.length,
      error: error instanceof BootCheckError && error.exitCode, wrong: wrong instanceof BootCheckError && wrong.message }));`);
  const types = await execa(join(PACKAGE_FOLDER, 'node_modules/.bin/tsc'), [
    '--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--lib', 'es2023,dom', '--types', 'node', '--typeRoots', join(PACKAGE_FOLDER, 'node_modules/@types'), 'use.mts',
  ], { cwd: user, reject: false });
  expect(types.stdout).toBe('');
  const { stdout, stderr } = await run(process.execPath, ['use.mts']);
  expect(stdout, stderr).toBe(JSON.stringify({
    verdict: 'healthy', ok: true, stages: ['healthy', 'healthy', 'healthy'], issues: 0, error: 2, wrong: '--port 0 is not a number it can take.',
  }));
});

test('the example in the docs is a test that is green on a backend that starts, and red on one that needs a fix', async () => {
  await symlink(join(PACKAGE_FOLDER, 'node_modules/vitest'), join(user, 'node_modules/vitest'));
  await cp(join(PACKAGE_FOLDER, 'examples/vitest/boot.test.ts'), join(user, 'boot.test.ts'));
  const outcome = (backend: string) => execa(process.execPath, [join(user, 'node_modules/vitest/vitest.mjs'), 'run', '--root', user], { cwd: user, reject: false, env: { BACKEND: backend, NO_COLOR: '1', INIT_CWD: '' } });
  const green = await outcome(HEALTHY);
  expect(green.exitCode, green.stdout + green.stderr).toBe(0);
  const red = await outcome(join(PACKAGE_FOLDER, 'scenarios/bases/auth-backend'));
  expect(red.exitCode).toBe(1);
  expect(red.stdout + red.stderr).toContain("expected 'healed' to be 'healthy'");
});

test('it holds the licence, the notices and no test, and kinds are all there', async () => {
  const folder = join(user, 'node_modules/boot-check');
  expect(await readFile(join(folder, 'LICENSE'), 'utf8')).toContain('MIT');
  expect(await readFile(join(folder, 'THIRD-PARTY-NOTICES.md'), 'utf8')).toMatch(/^\| testcontainers \|[\s\S]*Permission is hereby granted/m);
  const { stdout } = await run('npx', ['boot-check', 'kinds']);
  const { stdout: ours } = await run(process.execPath, [join(PACKAGE_FOLDER, 'harness/main.ts'), 'kinds']);
  expect(stdout).toBe(ours);
  expect((await execa('find', ['.', '-name', '*.test.*', '-not', '-path', './dist/examples/*'], { cwd: folder })).stdout).toBe('');
});
