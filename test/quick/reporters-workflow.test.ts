/** The workflow and the action are valid by GitHub's schemas, and the action's script does what it says with a boot-check that is scripted. */
import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { validateAction, validateWorkflow } from '@action-validator/core';
import { execa } from 'execa';
import { createFixture } from 'fs-fixture';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { PACKAGE_FOLDER } from '../../harness/cli/folders.ts';

const GITHUB = join(PACKAGE_FOLDER, '.github');

test('the workflow is one by GitHub\'s schema', async () => {
  const text = await readFile(join(GITHUB, 'workflows/nightly.yml'), 'utf8');
  expect(validateWorkflow(text).errors).toEqual([]);
  expect(validateWorkflow(text.replace('runs-on', 'run-on')).errors).not.toEqual([]);
});

test('the action is one, and its script gets every input as a variable, never as code', async () => {
  const text = await readFile(join(GITHUB, 'actions/boot-check/action.yml'), 'utf8');
  expect(validateAction(text).errors).toEqual([]);
  const { inputs, runs } = parse(text) as { inputs: object; runs: { steps: { run?: string; env?: object }[] } };
  const step = runs.steps.find(({ run }) => run !== undefined);
  expect(step?.run).not.toContain('${{');
  expect(Object.values(step?.env ?? {})).toEqual(Object.keys(inputs).map((name) => `\${{ inputs.${name} }}`));
});

describe('the action\'s script', () => {
  /** A checkout of boot-check whose program says a verdict and keeps the words it was given. */
  async function act(verdict: string, code: number, env: Record<string, string> = {}) {
    await using desk = await createFixture({
      'check/node_modules/.keep': '', 'user/output': '',
      'check/harness/main.ts': `import { mkdirSync, writeFileSync } from 'node:fs';
        mkdirSync('.boot-check', { recursive: true });
        writeFileSync('words.json', JSON.stringify(process.argv.slice(2)));
        if (${JSON.stringify(verdict)} !== '') writeFileSync('.boot-check/audit_report.json', JSON.stringify({ verdict: ${JSON.stringify(verdict)} }));
        process.exitCode = ${code};`,
    });
    await cp(join(GITHUB, 'actions'), desk.getPath('check/.github/actions'), { recursive: true });
    const { exitCode, stderr } = await execa(desk.getPath('check/.github/actions/boot-check/run.sh'), {
      cwd: desk.getPath('user'), reject: false, env: { GITHUB_OUTPUT: desk.getPath('user/output'), ...env },
    });
    const words = JSON.parse(await desk.readFile('user/words.json', 'utf8').catch(() => 'null')) as string[] | null;
    return { exitCode, stderr, words, output: await desk.readFile('user/output', 'utf8') };
  }

  test.each<[string, string, number, string, number]>([
    ['healthy', 'healed', 0, 'healthy', 0], ['healed', 'healed', 0, 'healed', 1], ['healed', 'not_healthy', 0, 'healed', 0], ['not_healthy', 'not_healthy', 1, 'not_healthy', 1],
    ['not_healthy', 'never', 1, 'not_healthy', 0], ['', 'never', 3, 'not_booted', 3], ['', 'healed', 2, 'not_booted', 2],
  ])('verdict "%s" with fail: %s and exit %i says %s and ends with %i', async (verdict, fail, code, said, expected) => {
    const { exitCode, output } = await act(verdict, code, { BOOT_CHECK_FAIL: fail });
    expect(exitCode).toBe(expected);
    expect(output).toContain(`verdict=${said}\nreport=.boot-check/report.html\nsarif=.boot-check/report.sarif\n`);
  });

  test('words keep their quotes\' meaning, and nothing in them is run', async () => {
    const { words } = await act('healthy', 0, { BOOT_CHECK_DIR: 'services/my api', BOOT_CHECK_ARGS: '--app main:app --command "uvicorn main:app" --env A=$(touch-x);reboot' });
    expect(words).toEqual(['services/my api', '--reporter', 'github', '--out', '.boot-check', '--app', 'main:app', '--command', 'uvicorn main:app', '--env', 'A=$(touch-x);reboot']);
  });
});
