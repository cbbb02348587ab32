/** Requirements that build in no version: left out of the manifest, together with the moves that make them needless. */
import { expect, test } from 'vitest';
import { installFixes } from '../../scenarios/mechanisms/versions.ts';
import { applyEdits } from '../../source/edits.ts';
import { sourceOf } from '../../source/read.ts';
import type { PackageIndex, Resolution } from '../../source/types.ts';

const index = (answer: Partial<Resolution>): PackageIndex => ({
  python: '3.14.0', distributions: [], stdlib: [], names: {}, known: {}, unusedImports: [], resolutions: [{ goal: 'install', step: 'lowest', moves: [], ...answer }],
});

async function healed(files: Readonly<Record<string, string>>, answer: Partial<Resolution>): Promise<{ readonly title?: string; readonly safety?: string; readonly texts: Readonly<Record<string, string>> }> {
  const source = await sourceOf({ 'main.py': 'app = None\n', ...files }, { app: 'main:app' });
  const [fix] = installFixes(source, index(answer));
  return fix === undefined ? { texts: {} } : { title: fix.title, safety: fix.safety, texts: Object.fromEntries(applyEdits(source.files, fix.edits)) };
}

test('the line goes, and the packages that wanted it move', async () => {
  const told = await healed({ 'requirements.txt': 'black==19.10b0\nfastapi\ntyped-ast==1.4.1  # of black\n' }, { moves: [{ name: 'black', to: '22.1.0' }], drops: ['typed-ast'] });
  expect(told).toEqual({ title: 'Move to black 22.1.0, and leave out typed-ast in requirements.txt', safety: 'likely', texts: { 'requirements.txt': 'black==22.1.0\nfastapi\n' } });
});

test('so does an item of a list', async () => {
  const told = await healed({ 'pyproject.toml': '[project]\nname = "shop"\nversion = "1"\ndependencies = ["black==19.10b0", "typed-ast==1.4.1", "fastapi"]\n' }, { moves: [{ name: 'black', to: '22.1.0' }], drops: ['typed-ast'] });
  expect(told.texts['pyproject.toml']).toContain('dependencies = ["black==22.1.0", "fastapi"]');
});

test('what the manifest does not name is not said to be left out of it', async () => {
  const told = await healed({ 'requirements.txt': 'black==19.10b0\n' }, { moves: [{ name: 'black', to: '22.1.0' }], drops: ['typed-ast'] });
  expect(told).toEqual({ title: 'Move to black 22.1.0 in requirements.txt', safety: 'likely', texts: { 'requirements.txt': 'black==22.1.0\n' } });
});

test('a line that nothing needs to move for goes alone', async () => {
  const told = await healed({ 'requirements.txt': 'black==22.1.0\ntyped-ast==1.4.1\n' }, { drops: ['typed-ast'] });
  expect(told).toEqual({ title: 'Leave out typed-ast in requirements.txt', safety: 'likely', texts: { 'requirements.txt': 'black==22.1.0\n' } });
});
