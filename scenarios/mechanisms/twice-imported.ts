/** One file under two module names: `models.user` and `src.models.user` are two modules to Python, and each runs the file once. */
import { fileOf } from '../../source/python.ts';
import { importRoots } from '../../source/import-roots.ts';
import type { ImportStatement, Source, SourceFile } from '../../source/types.ts';

export interface OddImport {
  readonly file: SourceFile;
  readonly statement: ImportStatement;
  /** The name that the rest of the tree uses. */
  readonly module: string;
}

/** Imports of a file under another name than most of the tree uses; empty when there is only one. */
export function oddImports(source: Source, path: string): readonly OddImport[] {
  const folders = [...new Set([...importRoots(source.run), ...foldersAbove(path)])];
  const leads = source.imports.filter(({ module }) => leadsTo(module, path, folders, source));
  const [most, ...others] = [...Map.groupBy(leads, ({ module }) => leftOut(module, path))].toSorted(([, a], [, b]) => b.length - a.length);
  if (most === undefined) return [];
  return others.flatMap(([left, statements]) => statements.flatMap((statement) => {
    const file = source.files.get(statement.file);
    const module = renamed(statement.module, path, left, most[0]);
    return file === undefined || module === statement.module ? [] : [{ file, statement, module }];
  }));
}

/** How many leading folders of the path a name leaves out: one for `models.user` of `src/models/user.py`. */
function leftOut(module: string, path: string): number {
  return Math.max(0, path.replace(/\.py$/, '').split('/').indexOf(module.split('.')[0] ?? ''));
}

function renamed(module: string, path: string, now: number, wanted: number): string {
  const parts = path.split('/');
  return now > wanted ? [...parts.slice(wanted, now), module].join('.') : module.split('.').slice(wanted - now).join('.');
}

function foldersAbove(path: string): readonly string[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, at) => parts.slice(0, at + 1).join('/'));
}

/** The file itself, or a package above it: both run it in the end. */
function leadsTo(module: string, path: string, folders: readonly string[], source: Source): boolean {
  return folders.some((folder) => {
    const found = fileOf(module, source.files, [folder]);
    return found === path || (found?.endsWith('/__init__.py') === true && path.startsWith(found.slice(0, -'__init__.py'.length)));
  });
}
