/** Moving one requirement to another version: in the manifest's own words, every other byte as it was. */
import { describe, expect, test } from 'vitest';
import { applyEdits } from '../../source/edits.ts';
import { sourceOf } from '../../source/read.ts';
import { boundsOf } from '../../source/version-bounds.ts';
import { cappedSpecifier, capRequirement, movedSpecifier, moveRequirement } from '../../source/version-edits.ts';

describe('a specifier moved', () => {
  test.each([
    ['==0.29.0', '0.31.0', '==0.31.0'], ['== 0.29.0', '0.31.0', '== 0.31.0'], ['0.29.0', '0.31.0', '0.31.0'], ['===1.0', '2.0.1', '===2.0.1'],
    ['^0.29', '0.31.0', '^0.31'], ['^0.29.0', '0.31.0', '^0.31.0'], ['^2.9', '2.9.11', '^2.9.11'], ['~=2.5', '2.12.0', '~=2.12'], ['~0.29.0', '0.31.0', '~0.31.0'],
    ['==2.*', '3.1.4', '==3.*'], ['2.5.*', '2.12.0', '2.12.*'],
    ['>=0.29,<0.30', '0.31.0', '>=0.31.0,<0.32'], ['>=1.4, <2', '2.0.44', '>=2.0.44, <3'], ['>=1.4,<3', '2.0.44', '>=2.0.44,<3'], ['<0.30', '0.31.0', '>=0.31.0,<0.32'],
    ['>=0.27', '0.31.0', '>=0.31.0'], ['', '0.31.0', '>=0.31.0'], ['*', '0.31.0', '>=0.31.0'], ['>=1,!=1.5,<2', '2.1', '>=2.1,<3,!=1.5'],
  ])('%s → %s', (written, to, wanted) => {
    expect(movedSpecifier(written, to)).toBe(wanted);
  });

  test.each([['', '2.1', '<2.1'], ['>=1.4', '2.1', '>=1.4,<2.1'], ['>=1.4, <3', '2.1', '>=1.4, <2.1'], ['^2.0', '2.1', '>=2.0,<2.1'], ['==2.0.1', '2.1', '==2.0.1']])(
    '%s kept below %s', (written, cap, wanted) => {
      expect(cappedSpecifier(written, cap)).toBe(wanted);
    });
});

const texts: Readonly<Record<string, readonly [string, string, string]>> = {
  'a pin with comment, marker and Windows line ends': ['requirements.txt', 'a==1\r\nasyncpg==0.29.0 ; python_version > "3.8"  # the driver\r\n', 'a==1\r\nasyncpg==0.31.0 ; python_version > "3.8"  # the driver\r\n'],
  'extras and capitals': ['requirements.txt', 'Asyncpg[gssauth] == 0.29.0', 'Asyncpg[gssauth] == 0.31.0'],
  'hashes of the old version': ['requirements.txt', 'asyncpg==0.29.0 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\nb==1\n', 'asyncpg==0.31.0\nb==1\n'],
  'PEP 621': ['pyproject.toml', '[project]\nname = "x"\ndependencies = [\n  "asyncpg>=0.29,<0.30",  # no newer one\n]\n', '[project]\nname = "x"\ndependencies = [\n  "asyncpg>=0.31.0,<0.32",  # no newer one\n]\n'],
  'Poetry': ['pyproject.toml', '[tool.poetry.dependencies]\npython = "^3.11"\nasyncpg = { version = "^0.29.0", optional = false }\n', '[tool.poetry.dependencies]\npython = "^3.11"\nasyncpg = { version = "^0.31.0", optional = false }\n'],
  'a Pipfile': ['Pipfile', '[packages]\nasyncpg = "==0.29.0"\n', '[packages]\nasyncpg = "==0.31.0"\n'],
};

describe('a requirement moved', () => {
  test.each(Object.entries(texts))('%s', async (_, [path, before, after]) => {
    const source = await sourceOf({ 'main.py': 'app = None\n', [path]: before }, { app: 'main:app' });
    const edits = moveRequirement(source, 'asyncpg', '0.31.0');
    expect(applyEdits(source.files, edits).get(path)).toBe(after);
  });

  test('what is not declared gets a line of its own', async () => {
    const source = await sourceOf({ 'requirements.txt': 'fastapi\n' });
    expect(applyEdits(source.files, capRequirement(source, 'bcrypt', '5')).get('requirements.txt')).toBe('fastapi\nbcrypt<5\n');
    expect(applyEdits(source.files, moveRequirement(source, 'greenlet', '3.2.3')).get('requirements.txt')).toBe('fastapi\ngreenlet>=3.2.3\n');
  });
});

describe('the question', () => {
  test('tells pins, ranges and open requirements apart', async () => {
    const source = await sourceOf({ 'main.py': 'import asyncpg\n', 'requirements.txt': 'asyncpg==0.29.0\nfastapi>=0.100,<0.110\nuvicorn>=0.30\nhttpx\n-c limits.txt\n', 'limits.txt': 'anyio==4.0.0\n' });
    const { bounds, free, constraints } = boundsOf(source);
    expect(bounds).toEqual([
      { name: 'asyncpg', written: 'asyncpg==0.29.0', loose: 'asyncpg>=0.29.0', bare: 'asyncpg', exact: '0.29.0', used: true },
      { name: 'fastapi', written: 'fastapi>=0.100,<0.110', loose: 'fastapi>=0.100', bare: 'fastapi', used: false },
      { name: 'anyio', written: 'anyio==4.0.0', loose: 'anyio>=4.0.0', bare: 'anyio', exact: '4.0.0', used: false, constraint: true },
    ]);
    expect([free, constraints]).toEqual([['uvicorn>=0.30', 'httpx'], []]);
  });

  test('takes the pins of a lock', async () => {
    const lock = '[[package]]\nname = "asyncpg"\nversion = "0.29.0"\n';
    const source = await sourceOf({ 'pyproject.toml': '[tool.poetry.dependencies]\npython = "^3.11"\nasyncpg = "^0.29"\n', 'poetry.lock': lock });
    expect(boundsOf(source).bounds.map((bound) => bound.written)).toEqual(['asyncpg==0.29.0']);
  });
});

test('a label that names one build of a release is none of a range', async () => {
  const source = await sourceOf({ 'requirements.txt': 'torch==2.8.0+cpu\nfastapi\n', 'main.py': 'import torch\n' });
  expect(boundsOf(source).bounds).toEqual([{ name: 'torch', written: 'torch==2.8.0+cpu', loose: 'torch>=2.8.0', bare: 'torch', used: true, exact: '2.8.0+cpu' }]);
  expect(movedSpecifier('==2.8.0+cpu', '2.9.0')).toBe('==2.9.0');
});
