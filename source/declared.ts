/** Requirements that people wrote, read from whichever manifest holds them, with their places. */
import { formatRequirement, isDevelopment, normaliseName, parseRequirement, poetrySpecifier } from './requirement.ts';
import type { Requirement } from './requirement.ts';
import { requirementFiles, requirementLines } from './requirements-file.ts';
import { lineAt } from './syntax.ts';
import { tomlStrings, tomlTree, tomlValue } from './toml-tree.ts';
import type { TomlEntry } from './toml-tree.ts';
import type { Source, SourceFile } from './types.ts';

/** One requirement as declared in a file that a person edits (never a lock file). */
export interface DeclaredRequirement {
  /** Normalised (PEP 503): `psycopg2-binary`. */
  readonly name: string;
  /** PEP 508, translated where the file says it differently. */
  readonly text: string;
  /** `>=2.9.9`, empty when unpinned. */
  readonly specifier: string;
  readonly extras: readonly string[];
  readonly marker?: string;
  readonly url?: string;
  readonly file: string;
  readonly line: number;
  /** Of the requirement as written in the file; a whole `name = …` entry in Poetry tables and Pipfiles. */
  readonly start: number;
  readonly end: number;
  /** `line`: requirements.txt · `string`: a TOML array · `entry`: `name = version`. */
  readonly form: 'line' | 'string' | 'entry';
  /** Part of what is installed to start the server (false for dev groups and constraints). */
  readonly main: boolean;
  /** Extra or group it belongs to. */
  readonly group?: string;
}

type Files = ReadonlyMap<string, Pick<SourceFile, 'text'>>;

/** Requirements of a requirements file and the files it includes. */
export function requirementsIn(files: Files, path: string): readonly DeclaredRequirement[] {
  return requirementFiles(files, path).flatMap(({ path: file, constraint }) => requirementLines(files.get(file)?.text ?? '').flatMap((line) => {
    const requirement = line.kind === 'requirement' ? parseRequirement(line.text) : undefined;
    return requirement ? [{ ...requirement, text: line.text, file, line: line.line, start: line.start, end: line.end, form: 'line' as const, main: !constraint }] : [];
  }));
}

/** Requirements of a pyproject.toml (PEP 621, PEP 735, Poetry, PDM, Hatch) or a Pipfile. */
export function tomlRequirements(path: string, text: string): readonly DeclaredRequirement[] {
  return (tomlTree(text)?.entries ?? []).flatMap((entry) => {
    const group = stringGroup(entry.path);
    if (group !== undefined) return fromStrings(path, text, entry, group);
    const table = entryGroup(entry.path);
    return table === undefined ? [] : fromEntry(path, text, entry, table);
  });
}

/** The group of an array of PEP 508 strings; `` is the main one. */
function stringGroup(path: readonly string[]): string | undefined {
  const dotted = path.join('.');
  if (dotted === 'project.dependencies') return '';
  if (path.length === 3 && dotted.startsWith('project.optional-dependencies.')) return path[2];
  if (path.length === 2 && path[0] === 'dependency-groups') return path[1];
  if (dotted === 'tool.uv.dev-dependencies' || dotted.startsWith('tool.pdm.dev-dependencies.')) return 'dev';
  return undefined;
}

/** The group of a `name = version` table: Poetry and Pipfile. */
function entryGroup(path: readonly string[]): string | undefined {
  const table = path.slice(0, -1).join('.');
  if (table === 'tool.poetry.dependencies' || table === 'packages') return '';
  if (table === 'tool.poetry.dev-dependencies' || table === 'dev-packages') return 'dev';
  const group = /^tool\.poetry\.group\.(?<group>.+)\.dependencies$/.exec(table)?.groups?.['group'];
  return group;
}

function fromStrings(file: string, text: string, entry: TomlEntry, group: string): readonly DeclaredRequirement[] {
  return tomlStrings(entry.value).flatMap((each) => {
    const requirement = parseRequirement(each.text);
    if (!requirement) return [];
    return [{ ...requirement, text: each.text, file, line: lineAt(text, each.start), start: each.start, end: each.end, form: 'string' as const, main: group === '', ...(group === '' ? {} : { group }) }];
  });
}

function fromEntry(file: string, text: string, entry: TomlEntry, group: string): readonly DeclaredRequirement[] {
  const written = entry.path.at(-1) ?? '';
  if (normaliseName(written) === 'python') return [];
  const requirement = entryRequirement(written, tomlValue(entry.value));
  const optional = requirement.optional;
  // Poetry installs every group that is not optional; only the ones for development do not matter to the server.
  return [{ ...requirement.of, text: formatRequirement(requirement.of), file, line: lineAt(text, entry.start), start: entry.start, end: entry.end, form: 'entry', main: !optional && (group === '' || !isDevelopment(group)), ...(group === '' ? {} : { group }) }];
}

function entryRequirement(name: string, value: unknown): { readonly of: Requirement; readonly optional: boolean } {
  if (typeof value === 'string') return { of: { name: normaliseName(name), specifier: poetrySpecifier(value), extras: [] }, optional: false };
  const first: unknown = Array.isArray(value) ? value.at(-1) : value;
  const table: Record<string, unknown> = typeof first === 'object' && first !== null ? { ...first } : {};
  const extras = Array.isArray(table['extras']) ? table['extras'].map(String) : [];
  const specifier = typeof table['version'] === 'string' ? poetrySpecifier(table['version']) : '';
  const git = typeof table['git'] === 'string' ? `git+${table['git']}${typeof table['rev'] === 'string' ? `@${table['rev']}` : ''}` : undefined;
  const url = git ?? (typeof table['url'] === 'string' ? table['url'] : undefined);
  const marker = typeof table['markers'] === 'string' ? table['markers'] : undefined;
  return { of: { name: normaliseName(name), specifier: url === undefined ? specifier : '', extras, ...(url === undefined ? {} : { url }), ...(marker === undefined ? {} : { marker }) }, optional: table['optional'] === true };
}

/** `install_requires` of setup.cfg or setup.py, as far as it is written out. */
export function setupRequirements(files: Files): readonly Requirement[] {
  const cfg = files.get('setup.cfg')?.text ?? '';
  const listed = /^install_requires\s*=(?<lines>(?:[^\n]*\n)(?:[ \t]+[^\n]*\n?)*)/m.exec(cfg)?.groups?.['lines'] ?? '';
  const python = /install_requires\s*=\s*\[(?<items>[^\]]*)\]/.exec(files.get('setup.py')?.text ?? '')?.groups?.['items'] ?? '';
  const quoted = [...python.matchAll(/["']([^"']+)["']/g)].map((match) => match[1] ?? '');
  return [...listed.split('\n'), ...quoted].flatMap((line) => parseRequirement(line.replace(/#.*$/, '').trim()) ?? []);
}

/** All requirements of the plan's manifest, with their places; dev groups are included and marked. */
export function declaredRequirements(source: Pick<Source, 'files' | 'install'>): readonly DeclaredRequirement[] {
  const path = source.install.manifest;
  const text = source.files.get(path)?.text;
  if (text === undefined) return [];
  if (path.endsWith('.toml') || path.endsWith('Pipfile')) return tomlRequirements(path, text);
  if (!/setup\.(py|cfg)$/.test(path)) return requirementsIn(source.files, path);
  return setupPlaces(path, text);
}

/** Requirements of setup.py or setup.cfg where they stand in the text. */
function setupPlaces(path: string, text: string): readonly DeclaredRequirement[] {
  const block = /install_requires\s*=\s*(\[[^\]]*\]|(?:[^\n]*\n)(?:[ \t]+[^\n]*\n?)*)/.exec(text);
  if (!block) return [];
  const items = path.endsWith('.py') ? /["']([^"'\n]+)["']/g : /^[ \t]+([^\s#][^\n#]*?)[ \t]*$/gm;
  return [...block[0].matchAll(items)].flatMap((match) => {
    const requirement = parseRequirement(match[1] ?? '');
    const start = block.index + match.index + match[0].indexOf(match[1] ?? '');
    return requirement ? [{ ...requirement, text: match[1] ?? '', file: path, line: text.slice(0, start).split('\n').length, start, end: start + (match[1] ?? '').length, form: path.endsWith('.py') ? 'string' as const : 'line' as const, main: true }] : [];
  });
}
