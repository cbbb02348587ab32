/** Edits of manifests: one line or one item, everything around it kept. */
import { declaredRequirements } from './declared.ts';
import type { DeclaredRequirement } from './declared.ts';
import { appendItem, removeItem } from './list-edits.ts';
import { parseRequirement, toPoetryVersion } from './requirement.ts';
import type { Requirement } from './requirement.ts';
import { requirementLines } from './requirements-file.ts';
import { lineEnd, lineEnding, lineStart, newFile, nextLine, replaceSpan } from './splice.ts';
import { tomlStrings, tomlTree } from './toml-tree.ts';
import type { TomlEntry } from './toml-tree.ts';
import type { Edit, Source, SourceFile } from './types.ts';

type Tree = Pick<Source, 'files' | 'install'>;

/** Adds a PEP 508 line to the manifest (creating `requirements.txt` when there is none). Empty when the same name is declared. */
export function addRequirement(source: Tree, requirement: string): readonly Edit[] {
  const parsed = parseRequirement(requirement);
  if (!parsed) throw new Error(`${requirement} is no requirement`);
  const file = source.files.get(source.install.manifest);
  if (!file) return source.install.manifest === '' && !source.files.has('requirements.txt') ? [newFile('requirements.txt', `${requirement}\n`)] : [];
  if (declaredRequirements(source).some((each) => each.main && each.name === parsed.name)) return [];
  if (file.path.endsWith('.toml') || file.path.endsWith('Pipfile')) return addToToml(file, requirement, parsed);
  if (/setup\.(py|cfg)$/.test(file.path)) return addToSetup(source, file, requirement);
  return addLine(file, requirement);
}

/** Behind the last requirement, so that options and trailing comments stay where they are. */
function addLine(file: SourceFile, requirement: string): readonly Edit[] {
  const eol = lineEnding(file.text);
  const last = requirementLines(file.text).findLast((each) => each.kind === 'requirement');
  const at = last ? last.lineEnd : file.text.length;
  const closed = at === 0 || file.text[at - 1] === '\n';
  // A file without a last newline stays one.
  return [{ file: file.path, old: '', new: closed ? requirement + eol : eol + requirement, at }];
}

function addToToml(file: SourceFile, requirement: string, parsed: Requirement): readonly Edit[] {
  const tree = tomlTree(file.text);
  if (!tree) return [];
  const array = tree.entries.find((each) => each.path.join('.') === 'project.dependencies' && each.value.type === 'TOMLArray');
  if (array) return addToArray(file, array, requirement);
  const table = tree.tables.find((each) => ['tool.poetry.dependencies', 'packages'].includes(each.path.join('.')));
  if (table) return [{ file: file.path, old: '', new: `${lineEnding(file.text)}${entryText(parsed)}`, at: lineEnd(file.text, table.end) }];
  const project = tree.tables.find((each) => each.path.join('.') === 'project');
  return project ? [{ file: file.path, old: '', new: `${lineEnding(file.text)}dependencies = ["${escape(requirement)}"]`, at: lineEnd(file.text, project.end) }] : [];
}

function addToArray(file: SourceFile, entry: TomlEntry, requirement: string): readonly Edit[] {
  const items = tomlStrings(entry.value).map((each) => ({ start: each.outer[0], end: each.outer[1] }));
  const splice = appendItem(file.text, items, entry.value.range[1] - 1, `"${escape(requirement)}"`);
  return replaceSpan(file, splice, splice.text);
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
}

/** asyncpg = ">=0.29" · uvicorn = {version = ">=0.30", extras = ["standard"]} */
function entryText(requirement: Requirement): string {
  const version = `"${toPoetryVersion(requirement.specifier)}"`;
  if (requirement.extras.length === 0 && requirement.marker === undefined) return `${requirement.name} = ${version}`;
  const extras = requirement.extras.length > 0 ? `, extras = [${requirement.extras.map((each) => `"${each}"`).join(', ')}]` : '';
  const marker = requirement.marker === undefined ? '' : `, markers = "${escape(requirement.marker)}"`;
  return `${requirement.name} = {version = ${version}${extras}${marker}}`;
}

function addToSetup(source: Tree, file: SourceFile, requirement: string): readonly Edit[] {
  const last = declaredRequirements(source).at(-1);
  if (!last) return [];
  if (last.form === 'line') return [{ file: file.path, old: '', new: `${lineEnding(file.text)}${/^[ \t]*/.exec(file.text.slice(lineStart(file.text, last.start)))?.[0] ?? ''}${requirement}`, at: last.end }];
  const quote = file.text[last.start - 1] ?? '"';
  const items = declaredRequirements(source).map((each) => ({ start: each.start - 1, end: each.end + 1 }));
  const splice = appendItem(file.text, items, last.end + 1, quote + requirement + quote);
  return replaceSpan(file, splice, splice.text);
}

/**
 * Replaces the declared requirement of that name, wherever it stands; comment, marker and neighbours are kept. Empty when not declared.
 * `requirement` is PEP 508; a marker that is declared and not given stays.
 */
export function replaceRequirement(source: Tree, name: string, requirement: string): readonly Edit[] {
  const parsed = parseRequirement(requirement);
  if (!parsed) throw new Error(`${requirement} is no requirement`);
  return declaredRequirements(source).filter((each) => each.name === parseRequirement(name)?.name).flatMap((each) => {
    const file = source.files.get(each.file);
    if (!file) return [];
    const marker = parsed.marker ?? each.marker;
    if (each.form === 'entry') return replaceEntry(file, each, { ...parsed, ...(marker === undefined ? {} : { marker }) });
    const text = parsed.marker === undefined && each.marker !== undefined ? `${requirement} ${each.text.slice(each.text.indexOf(';'))}` : requirement;
    const span = each.form === 'line' ? withHashes(file, each) : each;
    return replaceSpan(file, span, each.form === 'string' && file.path.endsWith('.toml') ? escape(text) : text);
  });
}

/** Hashes belong to the old version and would refuse the new one. */
export function withHashes(file: SourceFile, each: DeclaredRequirement): { start: number; end: number } {
  const rest = /^[\s\\]+--hash[^\\\n#]*(?:\\\r?\n[^\\\n#]*)*/.exec(file.text.slice(each.end));
  return { start: each.start, end: each.end + (rest?.[0].replace(/\s+$/, '').length ?? 0) };
}

/** Only the version changes when the name and extras stay; else the whole entry is written anew. */
function replaceEntry(file: SourceFile, each: DeclaredRequirement, requirement: Requirement): readonly Edit[] {
  const entry = file.text.slice(each.start, each.end);
  const extras = requirement.extras.length > 0 ? requirement.extras : each.extras;
  if (requirement.name === each.name && extras.join() === each.extras.join() && requirement.url === undefined) {
    const version = /^(?<head>[^=]+=\s*|[^=]+=\s*\{[\s\S]*?\bversion\s*=\s*)(?<quote>["'])(?<version>[^"']*)\k<quote>/.exec(entry);
    if (version?.groups) {
      const start = each.start + (version.groups['head'] ?? '').length + 1;
      return replaceSpan(file, { start, end: start + (version.groups['version'] ?? '').length }, toPoetryVersion(requirement.specifier));
    }
  }
  return replaceSpan(file, each, entryText({ ...requirement, extras }));
}

/** Takes the requirement of that name out, with its line or comma. */
export function removeRequirement(source: Tree, name: string): readonly Edit[] {
  return declaredRequirements(source).filter((each) => each.name === parseRequirement(name)?.name).flatMap((each) => {
    const file = source.files.get(each.file);
    if (!file) return [];
    if (each.form === 'string') return removeString(source, file, each);
    const start = lineStart(file.text, each.start);
    const span = each.form === 'line' ? { start, end: nextLine(file.text, withHashes(file, each).end) } : { start, end: nextLine(file.text, each.end) };
    return replaceSpan(file, span, '');
  });
}

function removeString(source: Tree, file: SourceFile, each: DeclaredRequirement): readonly Edit[] {
  const siblings = declaredRequirements(source).filter((other) => other.file === each.file && other.form === 'string' && other.group === each.group).map((other) => ({ start: other.start - 1, end: other.end + 1 }));
  const index = siblings.findIndex((other) => other.start === each.start - 1);
  if (siblings.length > 1) {
    const splice = removeItem(siblings, index);
    return replaceSpan(file, splice, splice.text);
  }
  const comma = /^\s*,/.exec(file.text.slice(each.end + 1))?.[0].length ?? 0;
  return replaceSpan(file, { start: each.start - 1, end: each.end + 1 + comma }, '');
}
