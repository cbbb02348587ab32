/** Environment variables that the code reads: settings classes and direct reads. */
import { directReads } from './environ-reads.ts';
import { isAside } from './import-roots.ts';
import { settingsClasses, settingsReads } from './settings-classes.ts';
import { isPython } from './syntax.ts';
import type { SourceFile, VariableRead } from './types.ts';

export { settingsClasses } from './settings-classes.ts';
export type { SettingsClass, SettingsField } from './settings-classes.ts';

/** Tests, scripts and examples are left out; Alembic's env.py is not, because migrations run beside the app. */
export function variablesOf(files: ReadonlyMap<string, SourceFile>): readonly VariableRead[] {
  const main = [...files.values()].filter((file) => isPython(file) && (!isAside(file.path) || /(^|\/)(alembic|migrations)\/env\.py$/.test(file.path)));
  const reads = [...settingsReads(settingsClasses({ files })), ...main.flatMap((file) => directReads(file))];
  const seen = new Set<string>();
  return reads.filter((read) => {
    const key = `${read.name} ${read.file}:${read.line}`;
    return seen.has(key) ? false : seen.add(key) !== undefined;
  });
}
