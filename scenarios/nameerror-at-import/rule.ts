import { importRoots } from '../../source/import-roots.ts';
import type { Evidence } from '../../parsers/evidence.ts';
import { importName, inSequence } from '../../source/edits.ts';
import { importModule } from '../../source/import-edits.ts';
import { definitionsOf, fileOf, nameUses } from '../../source/python.ts';
import type { Edit, PackageIndex, Source, SourceFile } from '../../source/types.ts';
import { isType, ownFrameOf, raised } from '../mechanisms/faults.ts';
import type { Seen } from '../mechanisms/faults.ts';
import { moduleOf } from '../../source/python.ts';
import { homesOf, lookAlikes, suggestion, topLevel, treeHomesOf } from '../mechanisms/names.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'nameerror-at-import';

/** `name 'Optional' is not defined. Did you mean: 'x'?`  `… Did you forget to import 'json'?` */
const UNDEFINED = /^name '(?<name>\w{1,200})' is not defined/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A file uses a name that it neither defines nor imports.',
  detect: (evidence, source, index) => [...nameErrors(evidence, source, index), ...hidden(evidence, source, index)],
};

function nameErrors(evidence: Evidence, source: Source, index: PackageIndex): Finding[] {
  return raised(evidence, ['NameError'], UNDEFINED).flatMap((seen): Finding[] => {
    const name = seen.match?.groups?.['name'] ?? '';
    const own = ownFrameOf(seen);
    const file = own === undefined ? undefined : source.files.get(own.file);
    return own === undefined || file === undefined ? [] : [findingOf({ name, file, line: own.line, seen }, source, index)];
  });
}

/**
 * Since Python 3.14 annotations are evaluated when somebody asks for them: a name that is missing in one shows as whatever the library that
 * asks makes of it (SQLAlchemy's MappedAnnotationError, pydantic's "not fully defined"). Its message names the annotation, and the
 * file where the traceback enters the library has such a name that nothing defines.
 */
function hidden(evidence: Evidence, source: Source, index: PackageIndex): Finding[] {
  return raised(evidence, []).flatMap((seen): Finding[] => {
    const own = ownFrameOf(seen);
    const file = own === undefined ? undefined : source.files.get(own.file);
    if (own === undefined || file === undefined || isType(seen.exception, 'NameError')) return [];
    const message = seen.exception.message.slice(0, 1_000);
    const missing = undefinedIn(file, index).find(({ name }) => new RegExp(`\\b${name}\\b`).test(message));
    return missing === undefined ? [] : [findingOf({ name: missing.name, file, line: missing.line, seen }, source, index)];
  });
}

function undefinedIn(file: SourceFile, index: PackageIndex): NonNullable<PackageIndex['undefinedNames']> {
  return (index.undefinedNames ?? []).filter((each) => each.file === file.path);
}

interface Missing {
  readonly name: string;
  readonly file: SourceFile;
  readonly line: number;
  readonly seen: Seen;
}

function findingOf({ name, file, line, seen }: Missing, source: Source, index: PackageIndex): Finding {
  return {
    kind, stage: 'import', severity: seen.fault.during === 'request' ? 'HIGH' : 'CRITICAL', category: 'IMPORT', file: file.path, line, facts: { name, file: file.path },
    what: `${file.path} uses ${name}, which the file neither defines nor imports.`,
    why: `Python looks names up when the line runs: ${name} was never imported here, is defined further down, or is misspelt.`,
    todo: `Import or define ${name} in ${file.path} above line ${line}.`,
    candidates: corrections(name, file, seen.exception.message.slice(0, 1_000), source, index), explains: [seen.at],
  };
}

/** A whole import line that is gone takes several names with it: those of the file that nothing defines and that live in the same module. */
function withCompanions(name: string, module: string, file: SourceFile, index: PackageIndex): readonly Edit[] {
  const others = [...new Set(undefinedIn(file, index).map((each) => each.name))].filter((other) => other !== name
    && (index.names[other] ?? []).some((place) => place.module === module && place.kind !== 'module'));
  return inSequence(file, ...[name, ...others].map((each) => (current: SourceFile) => importName(current, module, each)));
}

function corrections(name: string, file: SourceFile, message: string, source: Source, index: PackageIndex): readonly Fix[] {
  const forgotten = /Did you forget to import '(?<module>[\w.]{1,200})'\?/.exec(message)?.groups?.['module'];
  const module = forgotten ?? (index.stdlib.includes(name) ? name : undefined);
  return [
    ...asOthersDo(name, file, source, index),
    ...(module === undefined ? [] : fix(`Import ${module}`, 'safe', importModule(file, module), `${module} is a module of the standard library, and the file uses it without importing it.`)),
    ...wholeModules(name, file, source, index),
    ...homes(name, file, source, index).flatMap((home) => fix(`Import ${name} from ${home}`, 'likely', withCompanions(name, home, file, index), `${home} has ${name}, and the file uses it without importing it.`)),
    ...slips(name, file, suggestion(message)),
  ];
}

/** The name of a module of the tree, or of an installed package: `store.open()` without `import store`. */
function wholeModules(name: string, file: SourceFile, source: Source, index: PackageIndex): readonly Fix[] {
  const own = fileOf(name, source.files, importRoots(source.run));
  const installed = index.distributions.find(({ modules }) => modules.includes(name));
  if ((own === undefined || own === file.path) && installed === undefined) return [];
  return fix(`Import ${name}`, 'likely', importModule(file, name), `${name} is a module of ${own === undefined ? installed?.name ?? name : 'the tree'}, and the file uses it without importing it.`);
}

function fix(title: string, safety: Fix['safety'], edits: readonly Edit[], explanation: string): readonly Fix[] {
  return fixOf({ title, safety, edits, explanation });
}

/** The strongest hint there is: where the other files of the tree take the name from. */
function asOthersDo(name: string, file: SourceFile, source: Source, index: PackageIndex): readonly Fix[] {
  const modules = source.imports.filter((statement) => statement.file !== file.path && statement.names.some((item) => item.name === name && item.alias === undefined)).map((statement) => statement.module);
  const byUse = [...new Set(modules)].toSorted((a, b) => modules.filter((module) => module === b).length - modules.filter((module) => module === a).length);
  return byUse.slice(0, 2).flatMap((module) => fix(`Import ${name} from ${module}`, 'safe', withCompanions(name, module, file, index), `Other files of the tree take ${name} from ${module}; this one uses it without importing it.`));
}

function homes(name: string, file: SourceFile, source: Source, index: PackageIndex): readonly string[] {
  const own = treeHomesOf(name, source).filter((module) => module !== moduleOf(file.path, importRoots(source.run)));
  const imported = [...new Set(source.imports.map((statement) => statement.module))];
  const installed = imported.flatMap((module) => homesOf(name, module, source, index)).filter((home) => imported.includes(home.module) || home.origin === 'stdlib').map((home) => home.module);
  const typing = (index.names[name] ?? []).filter((place) => place.origin === 'stdlib' && place.kind !== 'import').map((place) => place.module);
  return [...new Set([...own, ...typing.filter((module) => module === 'typing'), ...installed, ...typing, ...deeper(name, source, index)])].slice(0, 3);
}

/**
 * A module that nobody imports yet, of a package that the tree imports, or that such a package requires: `CORSMiddleware` where only `fastapi`
 * is imported. Sure enough only where one module defines it; taken from the package that the tree imports itself, when that passes it on.
 */
function deeper(name: string, source: Source, index: PackageIndex): readonly string[] {
  const tops = [...new Set(source.imports.map(({ module }) => topLevel(module)))];
  const defining = [...new Set(tops.flatMap((top) => homesOf(name, top, source, index)).filter(({ kind: what, origin }) => origin === 'package' && (what === 'class' || what === 'function')).map(({ module }) => module))];
  const [home] = defining;
  if (home === undefined || defining.length > 1) return [];
  const passedOn = (index.names[name] ?? []).filter(({ module, kind: what }) => what === 'import' && tops.includes(topLevel(module)) && !tops.includes(topLevel(home))
    && module.split('.').slice(1).join('.') === home.split('.').slice(1).join('.')).map(({ module }) => module);
  return [...passedOn, home];
}

/** A name of the file itself that is nearly the same. */
function slips(name: string, file: SourceFile, suggested: string | undefined): readonly Fix[] {
  const known = definitionsOf(file).map((definition) => definition.name);
  return lookAlikes(name, known, suggested !== undefined && known.includes(suggested) ? suggested : undefined).slice(0, 2).flatMap((other) =>
    fix(`Write ${other} instead of ${name}`, 'likely', nameUses(file, name).map((use) => ({ file: file.path, old: name, new: other, at: use.start })), `The file defines ${other}, whose name is nearly ${name}.`));
}
