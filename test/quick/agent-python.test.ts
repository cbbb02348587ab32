/** Runs the agent's own tests (Python's unittest) with the best Python of this machine. */
import { execa } from 'execa';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, test } from 'vitest';

import { findPythons } from '../../local/python.ts';

const folder = fileURLToPath(new URL('../agent/', import.meta.url));
const files = readdirSync(folder).filter((name) => /^test_\w+\.py$/.test(name));

describe('the agent', () => {
  let python = '';
  beforeAll(async () => {
    python = (await findPythons(new AbortController().signal))[0]?.program ?? '';
    expect(python, 'the agent\'s tests need Python 3.11 or newer').not.toBe('');
  });

  test.concurrent.each(files)('%s', { timeout: 60_000 }, async (file) => {
    const ran = await execa(python, ['-B', '-m', 'unittest', '--verbose', file.replace('.py', '')], { cwd: folder, reject: false, all: true });
    expect(ran.all).toMatch(/^Ran [1-9]\d* tests?/m);
    expect(ran.exitCode, ran.all).toBe(0);
  });
});
