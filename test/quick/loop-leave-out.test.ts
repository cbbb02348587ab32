/** Leaving one of two fixes out that wrote behind each other into one list: the other must stand without it. */
import { expect, test } from 'vitest';
import { layOver, rebase } from '../../harness/loop/rebase.ts';
import { applyEdits } from '../../source/edits.ts';
import { addRequirement } from '../../source/manifest.ts';
import { tomlTree } from '../../source/toml-tree.ts';
import { sourceFile } from '../../source/syntax.ts';
import type { InstallPlan } from '../../source/types.ts';

const install: InstallPlan = { kind: 'pyproject', manifest: 'pyproject.toml', files: ['pyproject.toml'], policy: 'locked', requirements: [], groups: [], extras: [] };

const LISTS = {
  'with a comma at the end': '[project]\ndependencies = [\n    "fastapi",\n    "asyncpg>=0.29.0",\n]\n',
  'with a comment at the end': '[project]\ndependencies = [\n    "fastapi",\n    "asyncpg>=0.29.0",  # not psycopg\n]\n',
  'without a comma at the end': '[project]\ndependencies = [\n    "fastapi",\n    "asyncpg>=0.29.0"\n]\n',
  'in one line': '[project]\ndependencies = ["fastapi", "asyncpg>=0.29.0"]\n',
};

function treeOf(text: string) {
  return { files: new Map([['pyproject.toml', sourceFile('pyproject.toml', text)]]), install };
}

test.each(Object.entries(LISTS))('the second of two added packages stands without the first in a list %s', (_, original) => {
  const first = applyEdits(treeOf(original).files, addRequirement(treeOf(original), 'openai')).get('pyproject.toml') ?? '';
  const second = addRequirement(treeOf(first), 'email-validator');
  const moved = rebase(second, first, original);
  const alone = layOver(original, moved ?? []);
  expect(tomlTree(alone)).toBeDefined();
  expect(alone).toContain('"email-validator"');
  expect(alone).not.toContain('openai');
  expect(alone.split('\n').find((line) => line.includes('#')) ?? '# not psycopg').toMatch(/asyncpg.*# not psycopg|^# not psycopg$/);
});
