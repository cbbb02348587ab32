/**
 * The settings file: `boot-check.toml` in DIR, or `[tool.boot-check]` in its pyproject.toml. It takes the options of the command line by
 * their long names; what is typed there wins. Because the file comes with the tree, it may not say what would reach out of the sandbox.
 */
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { Option } from 'commander';
import { HarnessError } from '../../agent/errors.ts';
import { isInside } from './folders.ts';
import { healOptions } from './heal-options.ts';
import type { RawOptions } from './parse-options.ts';
import { readToml } from './settings-toml.ts';
import type { TomlSection } from './settings-toml.ts';
import { nearest, usageError } from './usage.ts';

export interface Settings {
  /** As shown: `boot-check.toml`, `pyproject.toml`. */
  readonly name: string;
  /** By option attribute, in the form the command line has them. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Line of each option, by long name without dashes. */
  readonly lines: ReadonlyMap<string, number>;
}

const NONE: Settings = { name: '', values: {}, lines: new Map() };

/** What would change the user's files or run something outside of the sandbox: only a person at the command line may say so. */
const TYPED_ONLY: Readonly<Record<string, string>> = {
  'fixer': 'it starts a program on this machine', 'write': 'it changes files outside of the copy', 'allow-dirty': 'it changes files outside of the copy',
};
const PATHS = new Set(['manifest', 'root', 'env-file', 'database-init', 'out']);

/** @throws HarnessError (usage) that names file and line */
export async function readSettings(dir: string): Promise<Settings> {
  const own = await section(join(dir, 'boot-check.toml'), []);
  const shared = await section(join(dir, 'pyproject.toml'), ['tool', 'boot-check']);
  if (own && shared) {
    throw usageError(
      'Settings are in two places: boot-check.toml and [tool.boot-check] in pyproject.toml.',
      'Which of them is meant cannot be known.',
      'Keep one of them.',
    );
  }
  const found = own ?? shared;
  return found ? checked(found, dir) : NONE;
}

async function section(file: string, path: readonly string[]): Promise<TomlSection | null> {
  const text = await readFile(file, 'utf8').catch(() => null);
  // A pyproject that cannot be read is a fault of the backend, which the run will find; here it says nothing.
  if (text === null || (path.length > 0 && !text.includes(path.at(-1) ?? ''))) return null;
  return readToml(file, text, path);
}

function checked({ file, entries }: TomlSection, dir: string): Settings {
  const name = file.slice(dirname(file).length + 1);
  const options = new Map(healOptions().flatMap((group) => group.options).map((option) => [option.name().replace(/^no-/, ''), option]));
  const values: Record<string, unknown> = {};
  const lines = new Map<string, number>();
  for (const { key, value, source, line } of entries) {
    const option = options.get(key);
    if (!option) throw unknownKey(key, `${name}:${line}`, [...options.keys()]);
    if (key in TYPED_ONLY || (key === 'runtime' && value === 'local')) throw typedOnly(key, `${name}:${line}`);
    lines.set(key, line);
    values[option.attributeName()] = valueFor(option, key, value, source, `${name}:${line}`, dir);
  }
  return { name, values, lines };
}

function valueFor(option: Option, key: string, value: unknown, source: string, at: string, dir: string): unknown {
  if (option.isBoolean() || option.negate) {
    if (typeof value === 'boolean') return value;
    throw wrong(at, `${key} must be true or false.`, `Write ${key} = true, or leave the line out.`);
  }
  if (key === 'env') return environment(value, at);
  if (key === 'reporter') {
    const names = Array.isArray(value) ? value : [value];
    if (names.every((one) => typeof one === 'string')) return names;
    throw wrong(at, 'reporter must be a name or a list of names.', 'For example reporter = ["github"].');
  }
  // A number as it is written: 3.10 is a version, and 3.1 is another.
  const text = typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'bigint' ? source : null;
  if (text === null) throw wrong(at, `${key} must be a string or a number.`, `For example ${key} = "${option.defaultValue ?? 'VALUE'}".`);
  return PATHS.has(key) ? inside(key, text, at, dir) : text;
}

function environment(value: unknown, at: string): readonly string[] {
  const entries = typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : null;
  if (entries?.every(([, one]) => ['string', 'number', 'bigint', 'boolean'].includes(typeof one))) return entries.map(([name, one]) => `${name}=${one}`);
  throw wrong(at, 'env must be a table of names and values.', 'For example [env] and below it DEBUG = "1".');
}

function inside(key: string, text: string, at: string, dir: string): string {
  const path = resolve(dir, text);
  if (isInside(path, dir)) return path;
  throw wrong(at, `${key} = "${text}" lies outside of the folder that is booted.`, `Name a place inside it, or give --${key} on the command line.`);
}

/** Typed values over those of the file; `env` of both, name by name. */
export function withSettings(raw: RawOptions, settings: Settings, isTyped: (attribute: string) => boolean): RawOptions {
  const merged: Record<string, unknown> = { ...raw };
  for (const [attribute, value] of Object.entries(settings.values)) {
    if (attribute === 'env') merged['env'] = [...(value as readonly string[]), ...((merged['env'] as readonly string[] | undefined) ?? [])];
    else if (!isTyped(attribute)) merged[attribute] = value;
  }
  return merged as unknown as RawOptions;
}

/** A refusal of a value, said of `--port` although it stands in the file, names the place in the file. */
export function inSettings(error: unknown, { name, lines }: Settings, isTyped: (option: string) => boolean): unknown {
  if (!(error instanceof HarnessError) || error.exitCode !== 2) return error;
  const option = /^--(?<option>[a-z-]+)/.exec(error.message)?.groups?.['option'] ?? '';
  const line = lines.get(option);
  if (line === undefined || isTyped(option)) return error;
  return new HarnessError({
    code: error.code, what: `${name}:${line}: ${error.message.replaceAll(`--${option}`, option)}`, why: error.why.replaceAll(`--${option}`, option),
    hint: error.hint.replaceAll(`--${option} `, `${option} = `), exitCode: 2,
  });
}

function unknownKey(key: string, at: string, known: readonly string[]): HarnessError {
  const meant = nearest(key.replaceAll('_', '-'), known);
  return wrong(at, `There is no setting "${key}".`, meant ? `Did you mean ${meant}?` : `Known are: ${known.join(', ')}.`, 'Settings have the long names of the options, without the dashes.');
}

function typedOnly(key: string, at: string): HarnessError {
  const why = TYPED_ONLY[key] ?? 'it lets the app run without a container';
  return wrong(at, `${key} may not be set here.`, `Give --${key} on the command line.`, `The file comes with the tree, and ${why}: that is for a person to say.`);
}

function wrong(at: string, what: string, hint: string, why = 'The settings file could not be understood, so nothing was started.'): HarnessError {
  return usageError(`${at}: ${what}`, why, hint);
}
