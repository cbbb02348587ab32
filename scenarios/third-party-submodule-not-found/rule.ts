import { inSequence, moveImportedName } from '../../source/edits.ts';
import { replaceImportedModule } from '../../source/import-edits.ts';
import type { Edit, ImportStatement, PackageIndex, Source, SourceFile } from '../../source/types.ts';
import { manifestOf } from '../mechanisms/distributions.ts';
import { isTreeModule, missingModules } from '../mechanisms/modules.ts';
import type { MissingModule } from '../mechanisms/modules.ts';
import { homesOf, lookAlikes, topLevel } from '../mechanisms/names.ts';
import { distributionOf, olderRelease } from '../mechanisms/older-release.ts';
import { crashFixes } from '../mechanisms/versions.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'third-party-submodule-not-found';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'The code imports a module that the installed package or the standard library does not have.',
  refines: ['third-party-module-not-found', 'import-name-differs'],
  detect: (evidence, source, index) => missingModules(evidence)
    .filter(({ module }) => module.includes('.') && !isTreeModule(module, source) && isThere(module, index))
    .map((missing) => findingFor(missing, source, index)),
};

/** Where several distributions share the first part of the name, another one of them may be what is missing. */
function isThere(module: string, index: PackageIndex): boolean {
  const top = topLevel(module);
  return index.stdlib.includes(top) || index.distributions.filter((distribution) => distribution.modules.includes(top)).length === 1;
}

function findingFor(missing: MissingModule, source: Source, index: PackageIndex): Finding {
  const { module, file, line, askedByPackage } = missing;
  const installed = distributionOf(module, index);
  const owner = installed === undefined ? `Python's ${topLevel(module)}` : `${installed.name} ${installed.version}`;
  return {
    kind, stage: 'import', severity: 'CRITICAL', category: askedByPackage ? 'DEPENDENCY' : 'IMPORT',
    file: askedByPackage ? manifestOf(source) : (file ?? manifestOf(source)), ...(line === undefined || askedByPackage ? {} : { line }), facts: { module },
    what: `${askedByPackage ? 'An installed package' : (file ?? 'The start')} imports the module ${module}, which ${owner} does not have.`,
    why: askedByPackage
      ? `Two installed packages do not fit together: one needs ${module}, and ${owner} does not have it.`
      : `${owner} is installed, but has no module ${module}: it was moved or removed in a newer release, or its name is misspelt.`,
    todo: askedByPackage ? `Choose versions of the two packages in ${manifestOf(source)} that belong together.` : `Import from the module of ${owner} that has what is needed, or require a release that has ${module}.`,
    candidates: askedByPackage ? crashFixes(source, index) : candidates(module, source, index), explains: [missing.seen.at],
  };
}

function candidates(module: string, source: Source, index: PackageIndex): readonly Fix[] {
  const statements = source.imports.filter((statement) => statement.module === module || statement.module.startsWith(`${module}.`));
  const spelt = similar(module, statements, source, index);
  // A slip of the pen after which every name is where it is looked for needs no other explanation.
  return [
    ...spelt.filter(({ proven }) => proven).map(({ fix }) => fix), ...fromHomes(module, statements, source, index),
    ...spelt.filter(({ proven }) => !proven).map(({ fix }) => fix), ...olderRelease(module, `the module ${module}`, source, index),
  ];
}

/** All names of the imports are known elsewhere: they are taken from there. */
function fromHomes(module: string, statements: readonly ImportStatement[], source: Source, index: PackageIndex): readonly Fix[] {
  const names = [...new Set(statements.flatMap((statement) => statement.names.map(({ name }) => name)))];
  const homes = new Map(names.map((name) => [name, homesOf(name, module, source, index)[0]?.module]));
  if (names.length === 0 || [...homes.values()].some((home) => home === undefined)) return [];
  return fixOf({
    title: `Import ${list(names)} from ${list([...new Set([...homes.values()].flatMap((home) => home ?? []))])}`, safety: 'safe',
    edits: [...Map.groupBy(statements, ({ file }) => file)].flatMap(([path, ofFile]) => {
      const file = source.files.get(path);
      const moves = ofFile.flatMap((statement) => statement.names.map(({ name }) => (now: SourceFile) => moveImportedName(now, name, statement.module, homes.get(name) ?? statement.module)));
      return file === undefined ? [] : inSequence(file, ...moves);
    }),
    explanation: `That is where the installed package has ${list(names)}.`,
  });
}

interface Spelt {
  readonly fix: Fix;
  /** The index has every imported name at the corrected place. */
  readonly proven: boolean;
}

/** `fastapi.middlewares.cors` → `fastapi.middleware.cors` */
function similar(module: string, statements: readonly ImportStatement[], source: Source, index: PackageIndex): readonly Spelt[] {
  const parent = module.slice(0, module.lastIndexOf('.'));
  const siblings = index.exports?.[parent]?.names ?? [];
  return lookAlikes(module.slice(parent.length + 1), siblings).flatMap((name) => {
    const meant = (statement: ImportStatement): string => `${parent}.${name}${statement.module.slice(module.length)}`;
    const has = (statement: ImportStatement): boolean => statement.names.every((each) => (index.names[each.name] ?? []).some((place) => place.module === meant(statement)));
    return fixOf({
      title: `Import ${parent}.${name} instead of ${module}`, safety: 'likely',
      edits: statements.flatMap((statement): readonly Edit[] => {
        const file = source.files.get(statement.file);
        return file === undefined ? [] : replaceImportedModule(file, statement.line, statement.module, meant(statement));
      }),
      explanation: `${parent} has ${name}, whose name is nearly that of ${module}.`,
    }).map((fix) => ({ fix, proven: statements.every((statement) => statement.names.length > 0 && has(statement)) }));
  });
}
