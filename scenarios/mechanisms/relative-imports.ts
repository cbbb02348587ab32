/** `from .x import y` where the dots lead nowhere: what the tree has that they may have meant. */
import { importRoots } from '../../source/import-roots.ts';
import { replaceImportedModule } from '../../source/import-edits.ts';
import { moduleOf } from '../../source/python.ts';
import type { Edit, ImportStatement, Source } from '../../source/types.ts';
import { treeModules } from './modules.ts';

export interface Corrected {
  readonly statement: ImportStatement;
  /** As it should be written: absolute, or with fewer dots. */
  readonly meant: string;
}

/** Relative imports of these files, each with an absolute module that is in the tree. */
export function asAbsolute(files: readonly string[], source: Source): readonly Corrected[] {
  const own = treeModules(source);
  return source.imports.filter((statement) => files.includes(statement.file) && statement.written?.startsWith('.') === true).flatMap((statement) => {
    const name = (statement.written ?? '').replace(/^\.+/, '');
    const found = name === '' ? undefined : [name, ...[...own].filter((module) => module.endsWith(`.${name}`))].find((module) => own.has(module));
    return found === undefined ? [] : [{ statement, meant: found }];
  });
}

/** `from ....core import x` with the number of dots, or the absolute name, at which the tree has it. */
export function withFewerDots(statement: ImportStatement, source: Source): readonly Corrected[] {
  const written = statement.written ?? '';
  const dots = /^\.*/.exec(written)?.[0].length ?? 0;
  const name = written.slice(dots);
  const own = treeModules(source);
  const base = (moduleOf(statement.file, importRoots(source.run)) ?? '').split('.').slice(0, statement.file.endsWith('/__init__.py') ? undefined : -1);
  const levels = Array.from({ length: Math.max(0, dots - 1) }, (_, at) => dots - 1 - at);
  return levels.flatMap((level) => {
    if (level - 1 > base.length) return [];
    const module = [...base.slice(0, base.length - (level - 1)), name].filter(Boolean).join('.');
    const has = name === '' ? statement.names.every((each) => own.has(`${module}.${each.name}`)) : own.has(module);
    return has ? [{ statement, meant: `${'.'.repeat(level)}${name}` }] : [];
  });
}

export function rewritten(corrected: readonly Corrected[], source: Source): readonly Edit[] {
  return corrected.flatMap(({ statement, meant }) => {
    const file = source.files.get(statement.file);
    return file === undefined ? [] : replaceImportedModule(file, statement.line, statement.written ?? statement.module, meant);
  });
}
