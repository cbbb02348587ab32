/** Options as typed → RunOptions. Every refusal is one sentence, with why and what to do; exit code 2. */
import { readFile, stat } from 'node:fs/promises';
import { join, relative, resolve } from 'node:path';
import { dotenvEntries } from '../../source/dotenv.ts';
import type { RunOptions } from '../options.ts';
import { chooseFolder, insideDir, isInside } from './folders.ts';
import { choice, command, databaseUrl, path, seconds, target, wholeNumber } from './option-values.ts';
import { usageError } from './usage.ts';

/** What commander gives: names as in the option list, values as typed. */
export interface RawOptions {
  readonly runtime: string;
  readonly python: string;
  readonly pythonFallback?: boolean;
  readonly policy: string;
  readonly manifest?: string;
  readonly root?: string;
  readonly app?: string;
  readonly factory?: boolean;
  readonly health?: string;
  readonly port: string;
  readonly command?: string;
  readonly env?: readonly string[];
  readonly envFile?: string;
  readonly database?: string;
  readonly databaseInit?: string;
  readonly safeOnly?: boolean;
  readonly tidy?: boolean;
  readonly maxBoots: string;
  readonly bootTimeout: string;
  readonly settle: string;
  readonly minimise: boolean;
  readonly write?: boolean;
  readonly allowDirty?: boolean;
  readonly out: string;
  readonly json?: boolean;
  readonly reporter?: readonly string[];
  readonly verbose?: boolean;
  readonly fixer?: string;
}

export const PYTHONS = ['3.11', '3.12', '3.13', '3.14'];

/**
 * @param cwd absolute folder the command was typed in
 * @throws HarnessError (usage)
 */
export async function parseRunOptions(typedDir: string | undefined, raw: RawOptions, cwd: string, commands: readonly string[]): Promise<RunOptions> {
  const plain = plainOptions(raw);
  const { dir, bundled } = await chooseFolder(typedDir, cwd, commands);
  if (bundled && raw.write) {
    throw usageError(
      '--write needs a DIR.',
      'Without one the bundled example is healed, and that stays broken on purpose.',
      'Name the folder to heal: boot-check DIR --write.',
    );
  }
  const root = raw.root === undefined ? null : await insideDir('--root', raw.root, 'folder', dir, cwd);
  return {
    ...plain, dir, bundled, root,
    manifest: raw.manifest === undefined ? null : await insideDir('--manifest', raw.manifest, 'file', dir, cwd),
    fixer: raw.fixer === undefined ? null : { words: command('--fixer', raw.fixer), cwd },
    env: await environment(raw, cwd),
    databaseInit: raw.databaseInit === undefined ? null : await existingFile('--database-init', raw.databaseInit, cwd),
    out: outputFolder(raw.out, dir, cwd),
  };
}

type PlainOptions = Omit<RunOptions, 'dir' | 'bundled' | 'root' | 'manifest' | 'fixer' | 'env' | 'databaseInit' | 'out'>;

/** Those that need no look at the disk. */
function plainOptions(raw: RawOptions): PlainOptions {
  return {
    runtime: choice('--runtime', raw.runtime, ['auto', 'docker', 'local'] as const),
    python: choice('--python', raw.python, PYTHONS),
    pythonFallback: raw.pythonFallback ?? false,
    policy: choice('--policy', raw.policy, ['locked', 'newest'] as const),
    app: raw.app === undefined ? null : target(raw.app),
    factory: raw.factory ?? false,
    health: raw.health === undefined ? null : path(raw.health),
    port: wholeNumber('--port', raw.port, 1, 65_535),
    command: raw.command === undefined ? null : command('--command', raw.command),
    database: raw.database === undefined ? null : databaseUrl(raw.database),
    safeOnly: raw.safeOnly ?? false,
    tidy: raw.tidy ?? false,
    maxBoots: wholeNumber('--max-boots', raw.maxBoots, 1, 1000),
    bootTimeout: seconds('--boot-timeout', raw.bootTimeout, 1, 3600),
    settle: seconds('--settle', raw.settle, 0, 600),
    minimise: raw.minimise,
    write: raw.write ?? false,
    allowDirty: raw.allowDirty ?? false,
    verbose: raw.verbose ?? false,
  };
}

async function environment(raw: RawOptions, cwd: string): Promise<Readonly<Record<string, string>> | null> {
  if (raw.env === undefined && raw.envFile === undefined) return null;
  const values: Record<string, string> = {};
  if (raw.envFile !== undefined) {
    const text = await readFile(await existingFile('--env-file', raw.envFile, cwd), 'utf8');
    for (const { name, value } of dotenvEntries(text)) if (value !== null) values[name] = value;
  }
  for (const pair of raw.env ?? []) {
    const match = /^(?<name>[A-Za-z_]\w*)=(?<value>.*)$/s.exec(pair);
    if (!match?.groups) {
      throw usageError(
        `--env ${pair.split('=', 1)[0]} is no assignment.`,
        'It takes NAME=VALUE; a name has letters, digits and underscores.',
        'For example --env DEBUG=1. Repeat the option for more.',
      );
    }
    values[match.groups['name'] ?? ''] = match.groups['value'] ?? '';
  }
  return values;
}

async function existingFile(option: string, typed: string, cwd: string): Promise<string> {
  const file = resolve(cwd, typed);
  const found = await stat(file).catch(() => null);
  if (found?.isFile()) return file;
  throw usageError(
    `${option} ${typed}: there is no such file.`,
    `It was looked for at ${file}.`,
    'Relative paths count from where you typed the command.',
  );
}

/** Inside DIR is fine (it is never copied into a run); DIR itself or a folder above it is not, because its files would be overwritten. */
export function outputFolder(typed: string, dir: string, cwd: string): string {
  const out = resolve(cwd, typed);
  if (!isInside(dir, out)) return out;
  throw usageError(
    `--out ${typed} is ${out === dir ? 'DIR itself' : `a folder above DIR`}.`,
    'Reports are written there, and your tree must stay untouched.',
    `Name a folder of its own: --out ${join(relative(cwd, dir) || '.', '.boot-check')}.`,
  );
}
