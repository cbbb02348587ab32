/** Names an environment by what decides its content, so that equal content costs no second install. */
import { createHash } from 'node:crypto';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';

import type { InstallPlan } from '../source/types.ts';
import { readPlain } from './plain-file.ts';

/** Bump when the agent installs the same plan differently. */
const INSTALLER = 1;
const SKIPPED = new Set(['.git', '.venv', 'venv', 'node_modules', '__pycache__', '.boot-check', 'dist', 'build']);

/** Twenty hexadecimal digits. `python` is the full version; `platform` keeps containers and hosts apart. */
export async function environmentKey(plan: InstallPlan, tree: string, python: string, platform: string): Promise<string> {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([INSTALLER, platform, python, plan]));
  // An installed project is copied into the environment: then its source decides too.
  const folders = [...(plan.project === undefined ? [] : [plan.project]), ...await packagesBeside(plan, tree)];
  const files = [...plan.files, ...(await Promise.all(folders.map((folder) => sourceFiles(join(tree, folder), folder)))).flat()];
  for (const file of [...new Set(files)].sort()) {
    hash.update(`\0${file}\0`);
    hash.update(await readPlain(join(tree, file)) ?? '');
  }
  return hash.digest('hex').slice(0, 20);
}

// ./libs/common · -e libs/common · common @ file:./libs/common · path = "libs/common"
const FOLDER = /(?:^|[\s"'=@:])(?<path>\.{0,2}\/?[\w-][\w./-]*)/gm;

/** Folders of the tree that the manifests name and that can be installed. */
async function packagesBeside(plan: InstallPlan, tree: string): Promise<readonly string[]> {
  const texts = await Promise.all(plan.files.filter((file) => !/\.lock$/.test(file)).map(async (file) => ({ folder: dirname(file), text: (await readPlain(join(tree, file)))?.toString() ?? '' })));
  const named = [...texts, { folder: '.', text: plan.requirements.join('\n') }].flatMap(({ folder, text }) =>
    [...text.matchAll(FOLDER)].map((match) => join(folder, match.groups?.['path'] ?? '')).filter((path) => path !== '.' && !path.startsWith('..') && !path.startsWith('/')));
  const found = await Promise.all([...new Set(named)].map(async (path) => (await isPackage(join(tree, path)) ? [path.replace(/\/$/, '')] : [])));
  return found.flat();
}

async function isPackage(folder: string): Promise<boolean> {
  const names = await readdir(folder).catch((): string[] => []);
  return names.includes('pyproject.toml') || names.includes('setup.py');
}

async function sourceFiles(folder: string, below: string): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(folder, { withFileTypes: true }).catch(() => [])) {
    const path = below === '' || below === '.' ? entry.name : `${below}/${entry.name}`;
    if (entry.isDirectory() && !SKIPPED.has(entry.name)) found.push(...await sourceFiles(join(folder, entry.name), path));
    else if (entry.isFile() && /\.(?:py|pyi|toml|cfg|md|rst|txt|in)$/.test(entry.name)) found.push(path);
  }
  return found;
}
