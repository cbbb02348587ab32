/** What is stored beside a case: the recorded boot, what the rules say about it, and what their first fix changes. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BootOutput } from '../../parsers/boot-output.ts';
import { mask } from '../../parsers/mask.ts';
import type { Finding, Fix } from '../../scenarios/types.ts';
import { applyEdits } from '../../source/edits.ts';
import type { RunOptions } from '../../source/read.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import { renderPatch } from '../../harness/reporters/patch.ts';

/** `boot.json`: everything a rule sees besides the tree, and how it came about. */
export interface Recording {
  /** Day of the boot: `2026-11-24`. */
  readonly recorded: string;
  readonly runtime: 'docker' | 'local';
  /** Backend at the bottom of the layers. */
  readonly base: string;
  /** Where the backend was found in the tree, and what was found out about how it is run. */
  readonly backend: { readonly root: string; readonly options: RunOptions };
  /** Interpreter and command line are in here. */
  readonly output: BootOutput;
  /** Answers to what the rules look up; what was installed is in here. */
  readonly index: PackageIndex;
}

/** One finding of `expected.json`. */
export interface Expected {
  readonly kind: string;
  readonly severity: string;
  readonly file: string;
  readonly line?: number;
}

export function expectedOf(findings: readonly Finding[]): readonly Expected[] {
  return findings.map(({ kind, severity, file, line }) => ({ kind, severity, file, ...(line === undefined ? {} : { line }) }));
}

/** The fix that the loop would try first. */
export function firstFix(findings: readonly Finding[]): { readonly finding: Finding; readonly fix: Fix } | undefined {
  for (const finding of findings) {
    const fix = finding.candidates.find((candidate) => candidate.safety !== 'manual' && candidate.edits.length > 0);
    if (fix !== undefined) return { finding, fix };
  }
  return undefined;
}

/** Unified diff of one fix; empty when there is none. */
export function patchOf(source: Source, fix: Fix | undefined): string {
  if (fix === undefined) return '';
  const after = applyEdits(source.files, fix.edits);
  return renderPatch([...after].map(([path, text]) => ({ path, before: source.files.get(path)?.text ?? null, after: text })));
}

/** Secrets masked, and every machine's own folders replaced by those of a container. */
export function storable(output: BootOutput): BootOutput {
  const folders: [string, string][] = [[output.paths.environment, '/env'], [output.paths.tree, '/app']];
  const clean = (text: string): string => mask(folders.reduce((done, [from, to]) => (from === '' ? done : done.replaceAll(from, to)), text));
  return mapStrings(output, clean) as BootOutput;
}

function mapStrings(value: unknown, change: (text: string) => string): unknown {
  if (typeof value === 'string') return change(value);
  if (Array.isArray(value)) return value.map((part) => mapStrings(part, change));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, mapStrings(part, change)]));
}

export async function readRecording(folder: string): Promise<Recording | null> {
  const text = await readFile(join(folder, 'boot.json'), 'utf8').catch(() => null);
  return text === null ? null : (JSON.parse(text) as Recording);
}

export async function readExpected(folder: string): Promise<readonly Expected[]> {
  return JSON.parse(await readFile(join(folder, 'expected.json'), 'utf8')) as readonly Expected[];
}

export async function store(folder: string, name: string, text: string): Promise<void> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** JSON with one line for each log line, distribution and the like: short, and readable as a diff. */
export function toText(value: unknown, depth = 0): string {
  const flat = JSON.stringify(value);
  if (flat.length <= 100 || depth >= 3 || typeof value !== 'object' || value === null) return flat;
  const inner = '  '.repeat(depth + 1);
  const parts = Array.isArray(value)
    ? value.map((part) => inner + toText(part, depth + 1))
    : Object.entries(value).filter(([, part]) => part !== undefined).map(([key, part]) => `${inner}${JSON.stringify(key)}: ${toText(part, depth + 1)}`);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  return `${open}\n${parts.join(',\n')}\n${'  '.repeat(depth)}${close}`;
}
