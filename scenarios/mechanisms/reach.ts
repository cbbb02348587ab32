/** What the server loads when it starts. A fault in a script that nobody imports stops no start, so the scan stays within these files. */
import { importGraph, targetFile } from '../../source/import-graph.ts';
import type { ImportStatement, Source } from '../../source/types.ts';
import { isServerCode } from './engines.ts';

const known = new WeakMap<Source, ReadonlySet<string>>();

/** Files reached from the application's module by imports that run; all server code when the tree has no target. */
export function loadedFiles(source: Source): ReadonlySet<string> {
  const before = known.get(source);
  if (before !== undefined) return before;
  const start = targetFile(source);
  const files = new Set(start === undefined ? [...source.files.keys()].filter(isServerCode) : importGraph(source, start).order);
  known.set(source, files);
  return files;
}

/** Imports that run when the server loads and that nothing catches. */
export function loadedImports(source: Source): readonly ImportStatement[] {
  const files = loadedFiles(source);
  return source.imports.filter((statement) => statement.eager && !statement.guarded && files.has(statement.file));
}
