/** `boot-check kinds` and `boot-check explain KIND`: what is known, read from the folders in scenarios/. */
import { access, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { lookOf, painter } from '../reporters/look.ts';
import { PACKAGE_FOLDER } from './folders.ts';
import type { CliIo } from './io.ts';
import { nearest, usageError } from './usage.ts';

const SCENARIOS = join(PACKAGE_FOLDER, 'scenarios');

/** Names of all failure kinds, sorted: folders that hold a rule. */
export async function listKinds(folder = SCENARIOS): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const rules = await Promise.all(names.map((name) => isThere(join(folder, name))));
  return names.filter((_, index) => rules[index]).sort();
}

/** The rule's source, or its compiled form in the published package. */
async function isThere(folder: string): Promise<boolean> {
  const found = await Promise.all(['rule.ts', 'rule.js'].map((file) => access(join(folder, file)).then(() => true, () => false)));
  return found.includes(true);
}

export async function printKinds({ stdout }: CliIo): Promise<number> {
  for (const kind of await listKinds()) stdout.write(`${kind}\n`);
  return 0;
}

/** @throws HarnessError (usage) for a kind that does not exist */
export async function explainKind(kind: string, { stdout, env }: CliIo): Promise<number> {
  const kinds = await listKinds();
  if (!kinds.includes(kind)) {
    const meant = nearest(kind, kinds);
    throw usageError(
      `There is no failure kind "${kind}".`,
      `${kinds.length} kinds are known.`,
      meant ? `Did you mean \`boot-check explain ${meant}\`?` : '`boot-check kinds` lists them.',
    );
  }
  const paint = painter(lookOf(stdout, env));
  const text = await readFile(join(SCENARIOS, kind, 'README.md'), 'utf8');
  stdout.write(text.replace(/^#{1,6} .*$/gm, (heading) => paint('bold', heading)));
  return 0;
}
