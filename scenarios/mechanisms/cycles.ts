/**
 * Ways out of a circle of imports that change no behaviour. Every import between two files of the circle is a place to open it: by taking the
 * name from the module that defines it instead of a package that collects names, or by importing it where it is used, when that is only
 * inside functions. Annotations and decorators are no such place: frameworks evaluate them while the module loads.
 */
import { importRoots } from '../../source/import-roots.ts';
import { dropImportedName, inSequence, moveImportedName } from '../../source/edits.ts';
import { fileOf, nameUses } from '../../source/python.ts';
import type { Edit, ImportStatement, Source, SourceFile } from '../../source/types.ts';
import type { Fix } from '../types.ts';
import { treeHomesOf } from './names.ts';
import { fixOf, list } from './words.ts';

/** Candidates, those that move nothing first. */
export function stepsOut(circle: readonly string[], source: Source): readonly Fix[] {
  const edges = source.imports.filter((statement) => circle.includes(statement.file) && statement.eager && circle.includes(fileOf(statement.module, source.files, importRoots(source.run)) ?? ''));
  return [...edges.flatMap((edge) => takeFromHome(edge, circle, source)), ...edges.flatMap((edge) => importLate(edge, source))].slice(0, 5);
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
  if (file === undefined || edge.names.length === 0) return [];
  const wanted = edge.names.map(({ name, alias }) => ({ name, local: alias ?? name, places: bodiesUsing(file, alias ?? name) }));
  if (wanted.some(({ places }) => places === undefined || places.length === 0)) return [];
  const eol = file.text.includes('\r\n') ? '\r\n' : '\n';
  const inserts = new Map<number, { indent: string; names: string[] }>();
  for (const { name, local, places } of wanted) {
    for (const { at, indent } of places ?? []) {
      const entry = inserts.get(at) ?? { indent, names: [] };
      entry.names.push(name === local ? name : `${name} as ${local}`);
      inserts.set(at, entry);
    }
  }
  const added: Edit[] = [...inserts].map(([at, { indent, names }]) => ({ file: edge.file, old: '', new: `from ${edge.module} import ${names.join(', ')}${eol}${indent}`, at }));
  const dropped = inSequence(file, ...edge.names.map(({ name }) => (now: SourceFile) => dropImportedName(now, edge.module, name)));
  return dropped.length === 0 ? [] : fixOf({
    title: `Import ${list(edge.names.map(({ name }) => name))} where ${edge.names.length === 1 ? 'it is' : 'they are'} used`, safety: 'likely', edits: [...dropped, ...added],
    explanation: `${edge.file} needs ${list(edge.names.map(({ name }) => name))} only inside functions. Imported there, it is looked up when both modules are complete.`,
  });
}

interface Body {
  /** Offset of the first statement of the function's body, behind a docstring. */
  readonly at: number;
  readonly indent: string;
}

/** First statements of the functions whose bodies use the name; undefined when something else uses it too. */
function bodiesUsing(file: SourceFile, name: string): readonly Body[] | undefined {
  const bodies = functionBodies(file);
  const found = nameUses(file, name).map((use) => bodies.find((body) => use.start >= body.at && use.end <= body.end));
  return found.some((body) => body === undefined) ? undefined : [...new Set(found.flatMap((body) => body ?? []))];
}

/** Bodies of functions and methods, outermost; what stands in their heads (decorators, defaults, annotations) is outside. */
function functionBodies(file: SourceFile): readonly (Body & { readonly end: number })[] {
  const root = file.syntax?.rootNode;
  if (root === undefined) return [];
  return root.descendantsOfType('function_definition').flatMap((node) => {
    const body = node?.childForFieldName('body');
    if (node === null || body === null || body === undefined) return [];
    const statements = body.namedChildren.filter((child) => child !== null && child.type !== 'comment');
    const first = statements[0]?.type === 'expression_statement' && statements[0].namedChild(0)?.type === 'string' && statements.length > 1 ? statements[1] : statements[0];
    if (first === undefined || first === null || body.startPosition.row === node.startPosition.row) return [];
    return [{ at: first.startIndex, end: body.endIndex, indent: ' '.repeat(first.startPosition.column) }];
  });
}
