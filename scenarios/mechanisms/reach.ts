/** What the server loads when it starts. A fault in a script that nobody imports stops no start, so the scan stays within these files. */
import { loadOrder, targetFile } from '../../source/import-order.ts';
import type { LoadOrder } from '../../source/import-order.ts';
import type { ImportStatement, Source } from '../../source/types.ts';
import { isServerCode } from './engines.ts';

const orders = new WeakMap<Source, { readonly order: LoadOrder | undefined }>();

/** How the tree loads from its target; undefined when it has none. */
export function orderOf(source: Source): LoadOrder | undefined {
  const known = orders.get(source);
  if (known !== undefined) return known.order;
  const start = targetFile(source);
  const order = start === undefined ? undefined : loadOrder(source, start);
  orders.set(source, { order });
  return order;
}

const everywhere = new WeakMap<Source, ReadonlySet<string>>();

/** Files that every start loads; all server code when the tree has no target. */
export function loadedFiles(source: Source): ReadonlySet<string> {
  const order = orderOf(source);
  if (order !== undefined) return order.certain;
  const all = everywhere.get(source) ?? new Set([...source.files.keys()].filter(isServerCode));
  everywhere.set(source, all);
  return all;
}

/** Imports that run whenever the server loads and that nothing catches. */
export function loadedImports(source: Source): readonly ImportStatement[] {
  const files = loadedFiles(source);
  return source.imports.filter((statement) => statement.eager && !statement.guarded && statement.certain && files.has(statement.file));
}
