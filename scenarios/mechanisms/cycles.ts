/**
 * Ways out of a circle of imports that change no behaviour. Every import between two files of the circle is a place to open it: by taking the
 * name from the module that defines it instead of a package that collects names, or by importing it where it is used, when that is only
 * inside functions, or for type checkers only, when it stands in annotations. Decorators, bases and defaults are no such place.
 */
import { importRoots } from '../../source/import-roots.ts';
import { dropImportAt, dropImportedName, importName, inSequence, moveImportedName } from '../../source/edits.ts';
import { importNodes } from '../../source/imports.ts';
import { definitionsOf, fileOf, nameUses } from '../../source/python.ts';
import { lineEnding } from '../../source/splice.ts';
import type { Edit, ImportStatement, Source, SourceFile } from '../../source/types.ts';
import type { Fix } from '../types.ts';
import { bodiesUsing } from './function-bodies.ts';
import type { Body } from './function-bodies.ts';
import { mappedClasses } from './models.ts';
import { topLevel, treeHomesOf } from './names.ts';
import { fixOf, list } from './words.ts';

/** One way to take an import out of the circle; none where it does not apply. */
type Way = (edge: ImportStatement) => readonly Fix[];

/** Candidates, those that move nothing first. `python` decides whether annotations are looked up when they are written. */
export function stepsOut(circle: readonly string[], source: Source, python = '3.14'): readonly Fix[] {
  const edges = source.imports.filter((statement) => circle.includes(statement.file) && statement.eager && leadsInto(statement, circle, source) !== undefined);
  const ways: readonly Way[] = [
    (edge) => fromItself(edge, source), (edge) => dropUnused(edge, source), (edge) => takeFromHome(edge, circle, source), (edge) => importLate(edge, source),
    (edge) => onlyForTypes(edge, source, python), (edge) => importBelow(edge, source),
  ];
  const pairs = Map.groupBy(edges, (edge) => `${edge.file} ${leadsInto(edge, circle, source) ?? ''}`);
  const joint = [...pairs.values()].filter((pair) => pair.length > 1).flatMap((pair) => allAtOnce(pair, ways, source));
  return [...joint, ...ways.flatMap((way) => edges.flatMap(way))].slice(0, 6);
}

/** Two imports of one file by another keep the circle closed until both are out of it. */
function allAtOnce(pair: readonly ImportStatement[], ways: readonly Way[], source: Source): readonly Fix[] {
  const named = pair.some(({ names }) => names.length > 0);
  const steps = pair.map((edge) => ways.flatMap((way) => way(edge))[0] ?? (named ? dropBare(edge, source)[0] : undefined));
  const whole = steps.filter((step) => step !== undefined);
  const [first] = pair;
  return whole.length < pair.length || first === undefined ? [] : fixOf({
    title: `Take all ${String(pair.length)} imports of ${first.module} out of the way of ${first.file}`, safety: 'likely', edits: whole.flatMap(({ edits }) => edits).filter(distinct),
    explanation: `${first.file} imports ${first.module} more than once, and each of the imports closes the circle. ${whole.map(({ explanation }) => explanation).join(' ')}`,
  });
}

/** Two imports that move for type checkers ask for the same name of typing. */
function distinct(edit: Edit, at: number, all: readonly Edit[]): boolean {
  return all.findIndex((other) => other.at === edit.at && other.old === edit.old && other.new === edit.new) === at;
}

/** A package that defines what its modules need, and imports them above: nothing in it uses their names, so the import can stand below. */
function importBelow(edge: ImportStatement, source: Source): readonly Fix[] {
  const file = source.files.get(edge.file);
  const statement = file === undefined ? undefined : importNodes(file).find((each) => each.line === edge.line && each.topLevel && each.from);
  if (file === undefined || statement === undefined || edge.names.length === 0 || edge.names.some(({ name, alias }) => name === '*' || nameUses(file, alias ?? name).length > 0)) return [];
  if (!definitionsOf(file).some(({ kind, start }) => kind !== 'import' && start > statement.end)) return [];
  const text = file.text.slice(statement.start, statement.end);
  const eol = lineEnding(file.text);
  return fixOf({
    title: `Import ${list(edge.names.map(({ name }) => name))} at the end of ${edge.file}`, safety: 'likely',
    edits: [...dropped(edge, file), { file: file.path, old: '', new: `${file.text.endsWith('\n') ? '' : eol}${eol}${text}${eol}`, at: file.text.length }],
    explanation: `${edge.module} needs what ${edge.file} defines; below the definitions the import finds them.`,
  });
}

/** `import src.units` that binds a name nobody uses, beside an import that loads the module all the same; not where loading it makes tables known. */
function dropBare(edge: ImportStatement, source: Source): readonly Fix[] {
  const file = source.files.get(edge.file);
  const target = fileOf(edge.module, source.files, importRoots(source.run));
  const unused = file !== undefined && edge.names.length === 0 && edge.alias === undefined && nameUses(file, topLevel(edge.module)).length === 0;
  return !unused || mappedClasses(source).some((model) => model.file.path === target) ? [] : fixOf({
    title: `Drop the import of ${edge.module}`, safety: 'likely', edits: dropped(edge, file), explanation: `Nothing in ${edge.file} uses the name that "import ${edge.module}" binds.`,
  });
}

/** The file of the circle that is the module, or a module below it that is imported as a name. */
function leadsInto(statement: ImportStatement, circle: readonly string[], source: Source): string | undefined {
  const modules = [statement.module, ...statement.names.map(({ name }) => `${statement.module}.${name}`)];
  return modules.map((module) => fileOf(module, source.files, importRoots(source.run)) ?? '').find((file) => circle.includes(file));
}

/** A file that imports its own names has them already. */
function fromItself(edge: ImportStatement, source: Source): readonly Fix[] {
  const file = source.files.get(edge.file);
  if (file === undefined || fileOf(edge.module, source.files, importRoots(source.run)) !== edge.file) return [];
  const defined = new Set(definitionsOf(file).filter(({ kind }) => kind !== 'import').map(({ name }) => name));
  const own = edge.names.filter(({ name, alias }) => defined.has(name) && alias === undefined);
  return own.length === 0 || own.length < edge.names.length ? [] : fixOf({
    title: `Drop the import of ${edge.file} from itself`, safety: 'safe', edits: inSequence(file, ...own.map(({ name }) => (now: SourceFile) => dropImportedName(now, edge.written ?? edge.module, name))),
    explanation: `${edge.file} defines ${list(own.map(({ name }) => name))} itself, and needs no import for that.`,
  });
}

/** An import that closes the circle and that nobody uses: neither the file itself nor another that takes the name from it. */
function dropUnused(edge: ImportStatement, source: Source): readonly Fix[] {
  const file = source.files.get(edge.file);
  const local = boundNames(edge);
  if (file === undefined || edge.file.endsWith('__init__.py') || edge.names.some(({ name }) => name === '*')) return [];
  const passedOn = (bound: string): boolean => definesAll(file) || source.imports.some((other) => other.names.some(({ name }) => name === bound || name === '*')
    && fileOf(other.module, source.files, importRoots(source.run)) === edge.file);
  if (local.some(({ bound }) => bound.includes('.') || nameUses(file, bound).length > 0 || passedOn(bound))) return [];
  const names = list(local.map(({ bound }) => bound));
  return fixOf({
    title: `Drop the import of ${names}, which ${edge.file} does not use`, safety: 'likely', edits: dropped(edge, file),
    explanation: `Nothing in ${edge.file} uses ${names}, no other file takes ${local.length === 1 ? 'it' : 'them'} from there, and the import closes the circle.`,
  });
}

/** Lists its exports itself, so that a name may be there for others only. */
function definesAll(file: SourceFile): boolean {
  return /^__all__\b/m.test(file.text);
}

/** `from src.models import User` → `from src.models.user import User`, when that file is no part of the circle. */
function takeFromHome(edge: ImportStatement, circle: readonly string[], source: Source): readonly Fix[] {
  const file = source.files.get(edge.file);
  if (file === undefined) return [];
  const homes = edge.names.map(({ name }) => ({ name, home: treeHomesOf(name, source).find((home) => home !== edge.module && !circle.includes(fileOf(home, source.files, importRoots(source.run)) ?? '')) }));
  if (homes.length === 0 || homes.some(({ home }) => home === undefined)) return [];
  return fixOf({
    title: `Import ${list(edge.names.map(({ name }) => name))} from where ${edge.names.length === 1 ? 'it is' : 'they are'} defined`, safety: 'safe',
    edits: inSequence(file, ...homes.map(({ name, home }) => (now: SourceFile) => moveImportedName(now, name, edge.module, home ?? edge.module))),
    explanation: `${edge.module} only passes on what ${list([...new Set(homes.flatMap(({ home }) => home ?? []))])} defines; taking it from there leaves the circle.`,
  });
}

/** The import moves into the functions that use the name. */
function importLate(edge: ImportStatement, source: Source): readonly Fix[] {
  const file = source.files.get(edge.file);
  const local = boundNames(edge);
  if (file === undefined || local.some(({ bound }) => bound.includes('.'))) return [];
  const wanted = local.map((each) => ({ ...each, places: bodiesUsing(file, nameUses(file, each.bound)) }));
  if (wanted.some(({ places }) => places === undefined || places.length === 0)) return [];
  const names = list(local.map(({ bound }) => bound));
  return fixOf({
    title: `Import ${names} where ${local.length === 1 ? 'it is' : 'they are'} used`, safety: 'likely', edits: [...dropped(edge, file), ...lateImports(edge, wanted, file)],
    explanation: `${edge.file} needs ${names} only inside functions. Imported there, it is looked up when both modules are complete.`,
  });
}

/** What is only named in annotations is imported for type checkers alone; what functions use besides is imported there. */
function onlyForTypes(edge: ImportStatement, source: Source, python: string): readonly Fix[] {
  const file = source.files.get(edge.file);
  const node = file === undefined ? undefined : importNodes(file).find((each) => each.line === edge.line && each.from && each.topLevel);
  if (file === undefined || node === undefined || edge.names.length === 0) return [];
  const wanted = boundNames(edge).map((each) => ({ ...each, uses: nameUses(file, each.bound) }));
  const inCode = wanted.map((each) => ({ ...each, places: bodiesUsing(file, each.uses.filter((use) => !isAnnotation(file, use.start))) }));
  if (inCode.some(({ places, uses }) => places === undefined || !uses.some((use) => isAnnotation(file, use.start)))) return [];
  const eol = file.text.includes('\r\n') ? '\r\n' : '\n';
  const text = file.text.slice(node.start, node.end);
  const names = list(wanted.map(({ bound }) => bound));
  const statement = `if TYPE_CHECKING:${eol}    ${text.replaceAll('\n', '\n    ')}`;
  // Only a statement above may bring the name.
  const typing = importNodes(file).find((each) => each.from && each.written === 'typing' && each.topLevel && each.eager && each.line < node.line);
  const guarded: Edit = { file: edge.file, old: text, new: typing === undefined ? `from typing import TYPE_CHECKING${eol}${eol}${statement}` : statement, at: node.start };
  const late = lateImports(edge, inCode.filter(({ places }) => (places?.length ?? 0) > 0), file);
  const lazy = /^3\.(?:1[4-9]|[2-9]\d)/.test(python) || file.text.includes('from __future__ import annotations');
  return fixOf({
    title: `Import ${names} for type checkers only`, safety: 'likely',
    edits: [...(lazy ? [] : importName(file, '__future__', 'annotations')), ...(typing === undefined ? [] : importName(file, 'typing', 'TYPE_CHECKING')), guarded, ...late],
    explanation: `${edge.file} names ${names} in annotations, which nobody evaluates while the module loads. Frameworks that do evaluate them would fail in the next boot.`,
  });
}

interface Bound {
  readonly name: string;
  readonly bound: string;
}

/** Local names of an import; `import a.b` binds `a`, which cannot be told from other imports of `a`. */
function boundNames(edge: ImportStatement): readonly Bound[] {
  if (edge.names.length > 0) return edge.names.map(({ name, alias }) => ({ name, bound: alias ?? name }));
  return [{ name: '', bound: edge.alias ?? edge.module }];
}

function dropped(edge: ImportStatement, file: SourceFile): readonly Edit[] {
  if (edge.names.length === 0) return dropImportAt(file, edge.line, edge.alias ?? edge.module);
  return inSequence(file, ...edge.names.map(({ name }) => (now: SourceFile) => dropImportedName(now, edge.written ?? edge.module, name)));
}

function lateImports(edge: ImportStatement, wanted: readonly (Bound & { readonly places?: readonly Body[] | undefined })[], file: SourceFile): readonly Edit[] {
  const eol = file.text.includes('\r\n') ? '\r\n' : '\n';
  const inserts = new Map<number, { readonly indent: string; readonly items: string[] }>();
  for (const { name, bound, places } of wanted) {
    for (const { at, indent } of places ?? []) {
      const entry = inserts.get(at) ?? { indent, items: [] };
      entry.items.push(name === bound ? name : `${name} as ${bound}`);
      inserts.set(at, entry);
    }
  }
  const from = edge.written ?? edge.module;
  const line = (items: readonly string[]): string => (edge.names.length > 0 ? `from ${from} import ${items.join(', ')}` : `import ${edge.module}${edge.alias === undefined ? '' : ` as ${edge.alias}`}`);
  return [...inserts].map(([at, { indent, items }]) => ({ file: edge.file, old: '', new: `${line(items)}${eol}${indent}`, at }));
}

/** Behind a colon or an arrow: the grammar wraps annotations in a node of their own. */
function isAnnotation(file: SourceFile, at: number): boolean {
  for (let node = file.syntax?.rootNode.descendantForIndex(at, at) ?? null; node !== null; node = node.parent) {
    if (node.type === 'type') return true;
    if (node.type === 'block' || node.type === 'argument_list') return false;
  }
  return false;
}
