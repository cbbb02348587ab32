import { importRoots } from '../../source/import-roots.ts';
import { replaceImportedModule } from '../../source/edits.ts';
import type { Source } from '../../source/types.ts';
import { asWritten, isTreeModule, meantModules, missingModules, redirectImports, withoutPrefix } from '../mechanisms/modules.ts';
import { topLevel, treeHomesOf } from '../mechanisms/names.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'first-party-module-not-found';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'The code imports a module of its own tree that is not where the import looks for it.',
  refines: ['third-party-module-not-found', 'import-name-differs'],
  detect: (evidence, source) =>
    missingModules(evidence)
      .filter(({ module, askedByPackage }) => !askedByPackage && isTreeModule(module, source))
      .map(({ module, seen, file, line }) => ({ ...findingFor(module, file, line, source), explains: [seen.at] })),
};

function findingFor(module: string, file: string | undefined, line: number | undefined, source: Source): Finding {
  return {
    kind, stage: 'import', severity: 'CRITICAL', category: 'IMPORT', file: file ?? source.install.manifest,
    ...(line === undefined ? {} : { line }), facts: { module },
    what: `${file === undefined ? 'The start' : file} imports the module ${module}, which does not exist in the import path.`,
    why: reason(module, source),
    todo: `Correct the import of ${module}, restore the missing file, or start the server from the folder in which ${module} can be found.`,
    candidates: corrections(module, source),
  };
}

function reason(module: string, source: Source): string {
  const [meant] = meantModules(module, source);
  const from = `The server looks for modules in ${importRoots(source.run).map((path) => (path === '.' || path === '' ? 'the root' : path)).join(' and ')}`;
  return meant === undefined
    ? `${from}, and the tree has no file for ${module} there: it was removed, renamed or never committed.`
    : `${from}. The tree has no ${module} there, but it has ${meant}: the module was moved or renamed, or its name is misspelt.`;
}

function corrections(module: string, source: Source): readonly Fix[] {
  const spelt = meantModules(module, source).flatMap((meant) => fixOf({
    title: `Import ${meant} instead of ${module}`,
    safety: meant.endsWith(`.${module}`) ? 'safe' : 'likely',
    edits: redirectImports(source, module, meant),
    explanation: `${meant} is a module of this tree; every import of ${module} is led to it.`,
  }));
  return [...fromHomes(module, source), ...shortened(module, source), ...spelt];
}

/** The surest sign: every name that is imported from there is defined in one other module. */
function fromHomes(module: string, source: Source): readonly Fix[] {
  const statements = source.imports.filter((statement) => statement.module === module && statement.names.length > 0);
  const names = [...new Set(statements.flatMap((statement) => statement.names.map(({ name }) => name)))];
  const homes = names.map((name) => treeHomesOf(name, source));
  const [shared] = (homes[0] ?? []).filter((home) => homes.every((all) => all.includes(home)));
  return shared === undefined || names.includes('*') ? [] : fixOf({
    title: `Import ${list(names)} from ${shared}`, safety: 'safe',
    edits: statements.flatMap((statement) => { const file = source.files.get(statement.file); return file === undefined ? [] : replaceImportedModule(file, statement.line, statement.written ?? module, asWritten(statement, shared, source)); }),
    explanation: `${shared} is the module of this tree that defines ${list(names)}.`,
  });
}

/** The root of the backend is the folder that these imports still name. */
function shortened(module: string, source: Source): readonly Fix[] {
  return fixOf({
    title: `Leave ${topLevel(module)} out of the imports`, safety: 'safe',
    edits: withoutPrefix(topLevel(module), source).flatMap(({ statement, meant }) => { const file = source.files.get(statement.file); return file === undefined ? [] : replaceImportedModule(file, statement.line, statement.module, meant); }),
    explanation: `The server is started inside ${topLevel(module)}, so modules are named from there. Starting it one folder above, with ${topLevel(module)} in the target, needs no edit.`,
  });
}
