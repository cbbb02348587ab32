/** Environment variables that the code reads: settings classes, models filled from the environment, and direct reads. */
import { dynaconfReads } from './dynaconf.ts';
import { directReads, readingFunctions } from './environ-reads.ts';
import { environmentModels } from './environment-models.ts';
import { isAside } from './import-roots.ts';
import { listedReads } from './named-lists.ts';
import { guardedNames } from './needed.ts';
import { settingsClasses, settingsReads } from './settings-classes.ts';
import { isPython } from './syntax.ts';
import type { SourceFile, VariableRead } from './types.ts';

export { settingsClasses } from './settings-classes.ts';
export type { SettingsClass, SettingsField } from './settings-classes.ts';

/** Set by every system or by Python's own tools: not the app's configuration. */
const PROCESS = new Set(['PATH', 'HOME', 'USER', 'PWD', 'SHELL', 'LANG', 'LC_ALL', 'TERM', 'TMPDIR', 'TEMP', 'TMP', 'PYTHONPATH', 'PYTHONHOME', 'PYTHONUNBUFFERED', 'VIRTUAL_ENV', 'HOSTNAME', 'TZ', 'NO_COLOR', 'CI', 'PYTEST_CURRENT_TEST']);

/** Tests, scripts and examples are left out; Alembic's env.py is not, because migrations run beside the app. */
export function variablesOf(files: ReadonlyMap<string, SourceFile>): readonly VariableRead[] {
  const main = [...files.values()].filter((file) => isPython(file) && (!isAside(file.path) || /(^|\/)(alembic|migrations)\/env\.py$/.test(file.path)));
  const wrappers = readingFunctions(main);
  const guarded = guardedNames(main);
  const direct = [...main.flatMap((file) => [...directReads(file, wrappers, guarded), ...listedReads(file)]), ...dynaconfReads(main)].filter((read) => !PROCESS.has(read.name));
  // `PORT: int = config("PORT")` in a settings class is a read of its own; the class does not make it optional.
  const lines = new Set(direct.map((read) => `${read.file}:${read.line}`));
  const reads = [...settingsReads([...settingsClasses({ files }), ...environmentModels({ files })]).filter((read) => !lines.has(`${read.file}:${read.line}`)), ...direct];
  const seen = new Set<string>();
  return reads.filter((read) => {
    const key = `${read.name} ${read.file}:${read.line}`;
    return seen.has(key) ? false : seen.add(key) !== undefined;
  });
}
