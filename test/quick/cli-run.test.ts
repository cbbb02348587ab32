import { execa } from 'execa';
import { join } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { HarnessError } from '../../agent/errors.ts';
import { PACKAGE_FOLDER } from '../../harness/cli/folders.ts';
import { renderJson } from '../../harness/reporters/json.ts';
import { cli, healingRun } from './cli-desk.ts';
import { BUNDLE } from './report-sample.ts';

const MAIN = join(PACKAGE_FOLDER, 'harness/main.ts');

function main(args: readonly string[], env: Record<string, string> = {}) {
  return execa(process.execPath, [MAIN, ...args], { reject: false, stdin: 'ignore', env: { NO_COLOR: '1', ...env } });
}

describe('--help', () => {
  test('names every option, with examples', async () => {
    const { stdout, exitCode, stderr } = await cli(['--help'], { env: { COLUMNS: '100' } });
    await expect(stdout).toMatchFileSnapshot('snapshots/help.txt');
    expect([exitCode, stderr]).toEqual([0, '']);
  });

  test('answers without loading the machinery', async () => {
    const tell = `import { registerHooks } from 'node:module';
      registerHooks({ load(url, context, next) { process.stderr.write(url + '\\n'); return next(url, context); } });`;
    const { stdout, stderr: loaded } = await execa(process.execPath, ['--import', `data:text/javascript,${encodeURIComponent(tell)}`, MAIN, '--help']);
    expect(stdout).toContain('Usage: boot-check');
    expect(loaded).toContain('harness/cli.ts');
    expect(loaded).not.toMatch(/testcontainers|dockerode|tree-sitter|harness\/run\.ts|zod/);
  });
});

describe('exit codes', () => {
  test.each([0, 1, 130])('%i as the run says', async (exitCode) => {
    const result = await cli([BUNDLE], { run: async (...args) => ({ ...await healingRun(...args), exitCode }) });
    expect(result.exitCode).toBe(exitCode);
  });

  const broken = new HarnessError({ code: 'no-engine', what: 'No container engine answers.', why: 'There is no socket.', hint: 'Run `boot-check setup`.', exitCode: 3 });

  test('3: what, why and what to do on stderr, nothing on stdout', async () => {
    const result = await cli([BUNDLE], { run: () => Promise.reject(broken) });
    expect(result).toMatchObject({ exitCode: 3, stdout: '' });
    expect(result.stderr).toBe('error  No container engine answers.\n  why  There is no socket.\n   do  Run `boot-check setup`.\n');
  });

  test('70: an unknown error is our bug, with its stack', async () => {
    const result = await cli([BUNDLE], { run: () => Promise.reject(new TypeError('x is not a function')) });
    expect(result.exitCode).toBe(70);
    expect(result.stderr).toMatch(/this is our bug[\s\S]*TypeError: x is not a function\n\s+at .*cli-run\.test\.ts/);
  });

  test('130: whatever was thrown after an interrupt', async () => {
    const interrupt = new AbortController();
    const result = await cli([BUNDLE], { signal: interrupt.signal, run: () => { interrupt.abort(); return Promise.reject(new Error('socket closed')); } });
    expect(result.exitCode).toBe(130);
    expect(result.stderr).not.toContain('socket closed');
  });
});

test.each(['saves its report', 'throws'])('70: a bug that nobody could catch is told with its stack, whether the run %s then', async (end) => {
  const interrupt = new AbortController();
  const result = await cli([BUNDLE], { signal: interrupt.signal, run: async (...args) => {
    interrupt.abort(new RangeError('lost'));
    if (end === 'throws') throw new Error('aborted');
    return { ...await healingRun(...args), exitCode: 130 };
  } });
  expect(result.exitCode).toBe(70);
  expect(result.stderr).toMatch(/this is our bug[\s\S]*RangeError: lost/);
});

describe('--json', () => {
  test('stdout holds the report and nothing else, and a pipe gets no progress', async () => {
    let printed = '';
    const result = await cli([BUNDLE, '--json'], { run: async (...args) => {
      const end = await healingRun(...args);
      printed = renderJson(end.report);
      return end;
    } });
    expect(result.stdout).toBe(printed);
    expect(result.stderr).toBe('');
  });

  test.each([
    [2, ['--json', '--port', 'x'], undefined],
    [3, [BUNDLE, '--json'], new HarnessError({ code: 'c', what: 'w', why: 'y', hint: 'h', exitCode: 3 })],
    [70, [BUNDLE, '--json'], new Error('boom')],
  ] as const)('exit %i prints the error as JSON', async (exitCode, argv, thrown) => {
    const result = await cli(argv, thrown ? { run: () => Promise.reject(thrown) } : {});
    expect(result.exitCode).toBe(exitCode);
    expect(JSON.parse(result.stdout)).toEqual({ error: { code: expect.any(String), what: expect.any(String), why: expect.any(String), hint: expect.any(String) } });
  });

  test('an error shows no password', async () => {
    const thrown = new HarnessError({ code: 'c', what: 'Cannot reach postgresql://u:hunter2@db/x.', why: '', hint: '', exitCode: 3 });
    const result = await cli([BUNDLE, '--json'], { run: () => Promise.reject(thrown) });
    expect(result.stdout + result.stderr).not.toContain('hunter2');
  });
});

describe('commands', () => {
  test.each(['audit', 'doctor', 'setup', 'kinds', 'explain', 'nightly', 'merge-reports', 'reproduce'])('%s --help has an example, and a wrong option the nearest right one', async (name) => {
    const { exitCode, stdout } = await cli([name, '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(new RegExp(`Usage: boot-check ${name}[\\s\\S]*Examples?:\\n +boot-check `));
    const { exitCode: refused, stderr } = await cli([name, 'x', '--hepl']);
    expect(refused).toBe(2);
    expect(stderr).toContain('Did you mean --help?');
  });

  test('kinds: one a line, and explain knows each of them', async () => {
    const { stdout, exitCode } = await cli(['kinds']);
    const kinds = stdout.trim().split('\n');
    expect(exitCode).toBe(0);
    expect(kinds).toContain('third-party-module-not-found');
    expect(kinds).not.toContain('bases');
    const explained = await cli(['explain', 'third-party-module-not-found']);
    expect(explained.exitCode).toBe(0);
    expect(explained.stdout).toContain('third-party-module-not-found');
  });

  test('explain suggests the nearest kind', async () => {
    const { exitCode, stderr } = await cli(['explain', 'third-party-module-not-fund']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Did you mean `boot-check explain third-party-module-not-found`?');
  });
});

describe('the program itself', () => {
  test('gives the exit code and keeps stdout clean', async () => {
    const { exitCode, stdout, stderr } = await main(['nowhere-at-all', '--json']);
    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'usage' } });
    expect(stderr).toContain('There is no folder');
  });

  test('bears a reader that goes away', async () => {
    const { exitCode, stderr } = await execa('sh', ['-c', `"${process.execPath}" "${MAIN}" --help | true; "${process.execPath}" "${MAIN}" kinds | head -1`], { reject: false });
    expect(stderr).toBe('');
    expect(exitCode).toBe(0);
  });
});
