import { importRoots } from '../../source/import-roots.ts';
import { importName } from '../../source/edits.ts';
import { importModule } from '../../source/import-edits.ts';
import { definitionsOf, nameUses } from '../../source/python.ts';
import type { Edit, PackageIndex, Source, SourceFile } from '../../source/types.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { moduleOf } from '../../source/python.ts';
import { homesOf, lookAlikes, suggestion, treeHomesOf } from '../mechanisms/names.ts';
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
  detect: (evidence, source, index) => raised(evidence, ['NameError'], UNDEFINED).flatMap((seen): Finding[] => {
    const name = seen.match?.groups?.['name'] ?? '';
    const own = ownFrameOf(seen);
    const file = own === undefined ? undefined : source.files.get(own.file);
    if (own === undefined || file === undefined) return [];
    return [{
      kind, stage: 'import', severity: seen.fault.during === 'request' ? 'HIGH' : 'CRITICAL', category: 'IMPORT', file: own.file, line: own.line, facts: { name, file: own.file },
      what: `${own.file} uses ${name}, which the file neither defines nor imports.`,
      why: `Python looks names up when the line runs: ${name} was never imported here, is defined further down, or is misspelt.`,
      todo: `Import or define ${name} in ${own.file} above line ${own.line}.`,
      candidates: corrections(name, file, seen.exception.message.slice(0, 1_000), source, index), explains: [seen.at],
    }];
  }),
};

function corrections(name: string, file: SourceFile, message: string, source: Source, index: PackageIndex): readonly Fix[] {
  const forgotten = /Did you forget to import '(?<module>[\w.]{1,200})'\?/.exec(message)?.groups?.['module'];
  const module = forgotten ?? (index.stdlib.includes(name) ? name : undefined);
  return [
    ...asOthersDo(name, file, source),
    ...(module === undefined ? [] : fix(`Import ${module}`, 'safe', importModule(file, module), `${module} is a module of the standard library, and the file uses it without importing it.`)),
    ...homes(name, file, source, index).flatMap((home) => fix(`Import ${name} from ${home}`, 'likely', importName(file, home, name), `${home} has ${name}, and the file uses it without importing it.`)),
    ...slips(name, file, suggestion(message)),
  ];
}

function fix(title: string, safety: Fix['safety'], edits: readonly Edit[], explanation: string): readonly Fix[] {
  return fixOf({ title, safety, edits, explanation });
}

/** The strongest hint there is: where the other files of the tree take the name from. */
function asOthersDo(name: string, file: SourceFile, source: Source): readonly Fix[] {
  const modules = source.imports.filter((statement) => statement.file !== file.path && statement.names.some((item) => item.name === name && item.alias === undefined)).map((statement) => statement.module);
  const byUse = [...new Set(modules)].toSorted((a, b) => modules.filter((module) => module === b).length - modules.filter((module) => module === a).length);
  return byUse.slice(0, 2).flatMap((module) => fix(`Import ${name} from ${module}`, 'safe', importName(file, module, name), `Other files of the tree take ${name} from ${module}; this one uses it without importing it.`));
}

function homes(name: string, file: SourceFile, source: Source, index: PackageIndex): readonly string[] {
  const own = treeHomesOf(name, source).filter((module) => module !== moduleOf(file.path, importRoots(source.run)));
  const imported = [...new Set(source.imports.map((statement) => statement.module))];
  const installed = imported.flatMap((module) => homesOf(name, module, source, index)).filter((home) => imported.includes(home.module) || home.origin === 'stdlib').map((home) => home.module);
  const typing = (index.names[name] ?? []).filter((place) => place.origin === 'stdlib' && place.kind !== 'import').map((place) => place.module);
  return [...new Set([...own, ...typing.filter((module) => module === 'typing'), ...installed, ...typing])].slice(0, 3);
}

/** A name of the file itself that is nearly the same. */
function slips(name: string, file: SourceFile, suggested: string | undefined): readonly Fix[] {
  const known = definitionsOf(file).map((definition) => definition.name);
  return lookAlikes(name, known, suggested !== undefined && known.includes(suggested) ? suggested : undefined).slice(0, 2).flatMap((other) =>
    fix(`Write ${other} instead of ${name}`, 'likely', nameUses(file, name).map((use) => ({ file: file.path, old: name, new: other, at: use.start })), `The file defines ${other}, whose name is nearly ${name}.`));
}
