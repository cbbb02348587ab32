/**
 * The values that boot-check fills in, given to the real libraries: each shape must load with them. What a library thinks of a value is
 * asked from the library, not from a copy of its rules.
 */
import { execa } from 'execa';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheFolders } from '../../local/cache.ts';
import { bestPython } from '../../local/python.ts';
import { findTools } from '../../local/tools.ts';
import { planEnvironment } from '../../source/environment.ts';
import { sourceOf } from '../../source/read.ts';
import { shapes } from './settings-shapes.ts';
import type { Shape } from './settings-shapes.ts';

const PACKAGES = { two: ['pydantic-settings', 'email-validator', 'environs', 'python-decouple', 'dynaconf', 'starlette', 'django-environ', 'cryptography'], one: ['pydantic[email,dotenv]<2'] };

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'boot-check-settings-'));
  const { signal } = new AbortController();
  // pydantic 1 knows no newer one.
  const { python } = await bestPython('3.11', signal);
  const { uv } = await findTools(cacheFolders(), python, signal);
  for (const [name, packages] of Object.entries(PACKAGES)) {
    await execa(uv, ['venv', '--quiet', '--python', python.program, join(folder, name)]);
    await execa(uv, ['pip', 'install', '--quiet', '--python', join(folder, name, 'bin/python'), ...packages]);
  }
});

afterAll(() => rm(folder, { recursive: true, force: true }));

async function load(shape: Shape, env: Readonly<Record<string, string>>): Promise<string> {
  const place = await mkdtemp(join(folder, 'shape-'));
  await writeFile(join(place, 'config.py'), shape.code);
  const { exitCode, stderr } = await execa(join(folder, shape.v1 ? 'one' : 'two', 'bin/python'), ['-c', 'import config'], { cwd: place, env, extendEnv: false, reject: false });
  return exitCode === 0 ? 'loads' : stderr || `exit ${exitCode}`;
}

test.each(Object.entries(shapes))('%s', async (_, shape) => {
  const files = { 'main.py': 'from fastapi import FastAPI\nimport config\napp = FastAPI()\n', 'config.py': shape.code, ...(shape.example === undefined ? {} : { '.env.example': shape.example }) };
  const { env } = planEnvironment(await sourceOf(files));
  expect(await load(shape, env)).toBe('loads');
  // A shape that loads without values would prove nothing.
  const without = await load(shape, {});
  if (shape.loads) expect(without).toBe('loads');
  else expect(without).not.toBe('loads');
});
