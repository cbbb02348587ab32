/** A manifest that excludes the Python of the healthy boot is said. */
import { expect, test } from 'vitest';
import { pythonRange } from '../../harness/report/python-range.ts';
import { sourceOf } from '../../source/read.ts';

const poetry = (python: string): string => `[tool.poetry]\nname = "shop"\n\n[tool.poetry.dependencies]\npython = "${python}"\nfastapi = "*"\n`;
const pep621 = (python: string): string => `[project]\nname = "shop"\nversion = "0"\nrequires-python = "${python}"\ndependencies = ["fastapi"]\n`;
const said = async (manifest: string): Promise<readonly string[]> =>
  pythonRange(await sourceOf({ 'main.py': 'app = 1\n', 'pyproject.toml': manifest }), '3.14.8').map(({ description }) => description);

test.each([
  [poetry('~3.11'), 'Allow Python 3.14 in pyproject.toml:5: "~3.11" excludes it.'], [poetry('3.12.2'), 'Allow Python 3.14 in pyproject.toml:5: "3.12.2" excludes it.'],
  [poetry('>=3.10, <3.14'), 'Allow Python 3.14 in pyproject.toml:5: ">=3.10, <3.14" excludes it.'], [pep621('>=3.11,<3.13'), 'Allow Python 3.14 in pyproject.toml:4: ">=3.11,<3.13" excludes it.'],
])('%s', async (manifest, wanted) => {
  expect(await said(manifest)).toEqual([wanted]);
});

test.each([poetry('^3.11'), poetry('*'), poetry('>=3.10'), poetry('^2.7 || ^3.9'), pep621('>=3.11'), pep621('==3.14.*')])('nothing is said: %s', async (manifest) => {
  expect(await said(manifest)).toEqual([]);
});
