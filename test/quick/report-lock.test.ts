/** A lock file that no boot installed from is said, whatever tool it is of. */
import { expect, test } from 'vitest';
import { unprovenLock } from '../../harness/report/unproven-lock.ts';
import { sourceOf } from '../../source/read.ts';

const UV = 'version = 1\n\n[[package]]\nname = "shop"\nversion = "0"\nsource = { virtual = "." }\ndependencies = [{ name = "uvloop" }]\n\n[[package]]\nname = "uvloop"\nversion = "0.21.0"\nsource = { registry = "https://pypi.org/simple" }\n';
const project = (needs: string): string => `[project]\nname = "shop"\nversion = "0"\ndependencies = [${needs}]\n`;
const told = async (files: Record<string, string>, changed: readonly string[]) =>
  unprovenLock({ source: await sourceOf({ 'main.py': 'app = 1\n', ...files }), texts: new Map(changed.map((path) => [path, files[path] ?? ''])) }).map(({ description }) => description);

test('the manifest was changed, and the lock that no longer fits it was not', async () => {
  expect(await told({ 'pyproject.toml': project('"uvloop>=0.22"'), 'uv.lock': UV }, ['pyproject.toml'])).toEqual([
    'Write uv.lock anew (`uv lock`) and boot once more: pyproject.toml was changed, and uv.lock is still the old one.',
  ]);
  const poetry = { 'pyproject.toml': '[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\nuvloop = ">=0.22"\n', 'poetry.lock': '[[package]]\nname = "uvloop"\nversion = "0.21.0"\n' };
  expect(await told(poetry, ['pyproject.toml'])).toEqual(['Write poetry.lock anew (`poetry lock`) and boot once more: pyproject.toml was changed, and poetry.lock is still the old one.']);
});

test('the lock did not fit from the beginning', async () => {
  expect(await told({ 'pyproject.toml': project('"uvloop>=0.20", "bcrypt"'), 'uv.lock': UV }, [])).toEqual([
    'Write uv.lock anew (`uv lock`) and boot once more: it does not hold the bcrypt that pyproject.toml asks for.',
  ]);
  const pipfile = { Pipfile: '[packages]\nuvloop = "==0.22.1"\n', 'Pipfile.lock': '{"default": {"uvloop": {"version": "==0.21.0"}}}' };
  expect(await told(pipfile, [])).toEqual(['Write Pipfile.lock anew (`pipenv lock`) and boot once more: it does not hold the uvloop that Pipfile asks for.']);
});

test.each([
  ['it was written anew', { 'pyproject.toml': project('"uvloop>=0.22"'), 'uv.lock': UV }, ['pyproject.toml', 'uv.lock']],
  ['it still fits, so the boots installed from it', { 'pyproject.toml': project('"uvloop>=0.20"'), 'uv.lock': UV }, ['pyproject.toml']],
  ['no fix changed the manifest, and it fits', { 'pyproject.toml': project('"uvloop>=0.20"'), 'uv.lock': UV }, ['main.py']],
  ['it fits as Poetry wrote it', { 'pyproject.toml': '[tool.poetry]\nname = "shop"\n[tool.poetry.dependencies]\npython = "^3.12"\nuvloop = "^0.21"\n', 'poetry.lock': '[[package]]\nname = "uvloop"\nversion = "0.21.0"\n' }, []],
  ['uv would refuse this patch release of Python, and the lock fits', { 'pyproject.toml': `${project('"uvloop"')}requires-python = "==3.14.0"\n`, 'uv.lock': UV }, []],
  ['there is none', { 'pyproject.toml': project('"uvloop>=0.22"') }, ['pyproject.toml']],
])('nothing is said: %s', async (_, files, changed) => {
  expect(await told(files, changed)).toEqual([]);
});
