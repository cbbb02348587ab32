/** Who else in the tree needs a module, a driver or a distribution. */
import { databaseUrls, driverOf } from './database.ts';
import { importNodes } from './imports.ts';
import { nodesOf, lineOf, stringValue } from './syntax.ts';
import type { Source } from './types.ts';

export interface Use {
  readonly file: string;
  readonly line: number;
  readonly how: 'import' | 'url' | 'setting';
}

/** Imports of a module or anything below it, tests and guarded ones included; also its name as a text (`"psycopg2"` in INSTALLED_APPS). */
export function usesOfModule(source: Pick<Source, 'files'>, module: string): readonly Use[] {
  const below = (name: string): boolean => name === module || name.startsWith(`${module}.`);
  return [...source.files.values()].filter((file) => file.path.endsWith('.py') && file.text.includes(module)).flatMap((file) => {
    const imports = importNodes(file).filter((each) => (each.from ? below(each.written) : each.names.some((name) => below(name.name))));
    const texts = nodesOf(file, 'string').filter((node) => below(stringValue(node) ?? ''));
    return [...imports.map((each): Use => ({ file: file.path, line: each.line, how: 'import' })), ...texts.map((node): Use => ({ file: file.path, line: lineOf(node), how: 'setting' }))];
  });
}

/**
 * Imports of the driver and database URLs that select it (`postgresql://` selects psycopg2), Alembic's included. `except` leaves out
 * places that the caller is about to change: `path:line`.
 */
export function usesOfDriver(source: Pick<Source, 'files'>, driver: string, except: readonly string[] = []): readonly Use[] {
  const urls = databaseUrls(source).filter((each) => driverOf(each.scheme) === driver).map((each): Use => ({ file: each.file, line: each.line, how: 'url' }));
  return [...usesOfModule(source, driver), ...urls].filter((use) => !except.includes(`${use.file}:${use.line}`));
}
