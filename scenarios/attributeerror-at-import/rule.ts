import { importModule } from '../../source/import-edits.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import { accessesOf, accessesOfModule, renameAccesses, takeFrom } from '../mechanisms/attributes.ts';
import type { Access } from '../mechanisms/attributes.ts';
import { classesNamed, fieldsOf } from '../mechanisms/class-bodies.ts';
import { metIn, ownFrameOf, raised } from '../mechanisms/faults.ts';
import type { Seen } from '../mechanisms/faults.ts';
import { ownConfig } from '../mechanisms/inner-configs.ts';
import { isTreeModule } from '../mechanisms/modules.ts';
import { homesOf, lookAlikes, slipsOf, suggestion, treeHomesOf } from '../mechanisms/names.ts';
import { membersOf, offeredBy } from '../mechanisms/offers.ts';
import { distributionOf, olderRelease } from '../mechanisms/older-release.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'attributeerror-at-import';

/** `module 'jwt' has no attribute 'encoded'. Did you mean: 'encode'?` */
const OF_MODULE = /^module '(?<module>[\w.]{1,300})' has no attribute '(?<name>\w{1,200})'/;
/** `'Settings' object has no attribute 'databse_url'`   `type object 'Role' has no attribute 'OWNER'` */
const OF_OBJECT = /^(?:type object )?'(?<type>[\w.]{1,200})' (?:object )?has no attribute '(?<name>\w{1,200})'|^(?<unset>\w{1,200})$/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'The code uses an attribute that the module or object does not have.',
  lastResort: true,
  refines: ['unknown-failure', 'request-fails', 'package-refuses-call'],
  detect: (evidence, source, index) => [
    ...raised(evidence, ['AttributeError'], OF_MODULE).map((seen) => findingFor(seen, ofModule(seen, source, index), index)),
    ...raised(evidence, ['AttributeError'], OF_OBJECT).map((seen) => findingFor(seen, ofObject(seen, source, index), index)),
  ].flat(),
};

interface Meaning {
  readonly owner: string;
  readonly why: string;
  readonly candidates: readonly Fix[];
}

/** An attribute is the tree's mistake only where its own line uses it; deeper down two packages do not fit together, which is another kind. */
function findingFor(seen: Seen, meaning: Meaning, index: PackageIndex): Finding[] {
  const own = ownFrameOf(seen);
  // Classes may look attributes up in code of their own.
  if (own === undefined || seen.exception.frames.findLast((frame) => !/^__getattr(?:ibute)?__$/.test(frame.function))?.owner !== 'tree') return [];
  const name = nameOf(seen);
  return [{
    kind, ...metIn(seen.fault, 'import'), category: 'IMPORT', file: own.file, line: own.line, facts: { name, owner: meaning.owner },
    what: `${own.file} uses the attribute ${name} of ${meaning.owner}, which has none of that name.`,
    why: meaning.why,
    todo: `Look up what took the place of ${name} in ${meaning.owner}${distributionOf(meaning.owner, index) === undefined ? '' : `, or require a release that has it`}.`,
    candidates: meaning.candidates, explains: [seen.at],
  }];
}

function nameOf(seen: Seen): string {
  return seen.match?.groups?.['name'] ?? seen.match?.groups?.['unset'] ?? '';
}

function ofModule(seen: Seen, source: Source, index: PackageIndex): Meaning {
  const module = seen.match?.groups?.['module'] ?? '';
  const name = nameOf(seen);
  const accesses = accessesOfModule(source, module, name);
  const offered = offeredBy(module, source, index) ?? [];
  const own = isTreeModule(module, source);
  const homes = own ? treeHomesOf(name, source).filter((home) => home !== module) : homesOf(name, module, source, index).map((home) => home.module);
  const installed = distributionOf(module, index);
  const similar = (own ? lookAlikes : slipsOf)(name, offered, suggestion(seen.exception.message)).flatMap((other) => fixOf({
    title: `Write ${other} instead of ${name}`, safety: 'likely', edits: renameAccesses(accesses, name, other), explanation: `${module} has ${other}, whose name is nearly ${name}.`,
  }));
  const moved = homes.slice(0, 3).flatMap((home) => fixOf({
    title: `Take ${name} from ${home}`, safety: 'likely', edits: takeFrom(accesses, name, home, source), explanation: `${home} is where ${name} is; ${module} does not have it.`,
  }));
  return {
    owner: module,
    why: own ? `${module} is a module of this tree and does not define ${name}.` : `${installed === undefined ? module : `${installed.name} ${installed.version}`} does not have ${name} there: it was renamed, moved or removed, or its name is misspelt.`,
    candidates: [...namesake(module, name, offered, accesses), ...unloadedSubmodule(module, name, offered, accesses.map(({ file }) => file), source), ...moved.slice(0, 1), ...similar, ...moved.slice(1), ...olderRelease(module, name, source, index)],
  };
}

/** `datetime.now` after `import datetime`: the class has the name of its module. */
function namesake(module: string, name: string, offered: readonly string[], accesses: readonly Access[]): readonly Fix[] {
  const same = module.slice(module.lastIndexOf('.') + 1);
  if (!offered.includes(same) || offered.includes(name)) return [];
  return fixOf({
    title: `Write ${same}.${same}.${name}`, safety: 'likely', edits: accesses.map((access) => ({ file: access.file, old: '', new: `.${same}`, at: access.nameAt - 1 })),
    explanation: `The module ${module} has something of its own name, and that is what ${name} is asked of.`,
  });
}

/** `EDITOR: "editor"` in a class of the tree: a colon where an equals sign was meant makes an annotation, and no value. */
function assigned(owner: string, name: string, source: Source): readonly Fix[] {
  const [body, ...others] = classesNamed(owner, source);
  const field = body === undefined || others.length > 0 ? undefined : fieldsOf(body).find((each) => each.name === name && each.value === undefined);
  const type = field?.node.childForFieldName('type');
  if (body === undefined || field === undefined || !type || !/^(?:["'][^"']*["']|-?\d+(?:\.\d+)?|auto\(\))$/.test(type.text)) return [];
  const old = body.file.text.slice(field.nameEnd, type.startIndex);
  return fixOf({
    title: `Give ${owner}.${name} its value`, safety: 'safe', edits: [{ file: body.file.path, old, new: ' = ', at: field.nameEnd }],
    explanation: `${type.text} is no type but a value: the colon makes an annotation of it, and ${name} is never set.`,
  });
}

/** `datetime.datetime.now` after `from datetime import datetime`: the module was left behind by the import. */
function twiceNamed(name: string, accesses: readonly Access[]): readonly Fix[] {
  const doubled = accesses.filter(({ object, origin }) => object === name && origin.endsWith(`.${name}`));
  return fixOf({
    title: `Write ${name} instead of ${name}.${name}`, safety: 'safe', edits: doubled.map((access) => ({ file: access.file, old: `.${name}`, new: '', at: access.nameAt - 1 })),
    explanation: `The import brings ${name} itself, not the module of that name.`,
  });
}

/** `import concurrent` does not load `concurrent.futures`. */
function unloadedSubmodule(module: string, name: string, offered: readonly string[], files: readonly string[], source: Source): readonly Fix[] {
  if (!offered.includes(name)) return [];
  return fixOf({
    title: `Import ${module}.${name}`, safety: 'safe',
    edits: [...new Set(files)].flatMap((path) => { const file = source.files.get(path); return file === undefined ? [] : importModule(file, `${module}.${name}`); }),
    explanation: `${name} is a module below ${module}. Importing the package alone does not load it.`,
  });
}

function ofObject(seen: Seen, source: Source, index: PackageIndex): Meaning {
  const own = ownFrameOf(seen);
  const file = source.files.get(own?.file ?? '');
  const type = seen.match?.groups?.['type'];
  const name = nameOf(seen);
  const here = file === undefined ? [] : accessesOf(file, name).filter((access) => access.line === own?.line);
  const objects = new Set(here.map((access) => access.object));
  const accesses = file === undefined ? [] : accessesOf(file, name).filter((access) => objects.has(access.object));
  const owner = type ?? here[0]?.object ?? 'the object';
  const members = membersOf(type ?? here[0]?.object ?? '', index, here[0]?.origin);
  const home = (index.members ?? []).find((shape) => shape.name === owner)?.module ?? '';
  const published = home !== '' && !isTreeModule(home, source);
  const candidates = (published ? slipsOf : lookAlikes)(name, members, suggestion(seen.exception.message)).flatMap((other) => fixOf({
    title: `Write ${other} instead of ${name}`, safety: 'likely', edits: renameAccesses(accesses, name, other), explanation: `${owner} has ${other}, whose name is nearly ${name}.`,
  }));
  return {
    owner,
    why: owner === 'NoneType' ? `The value is None at that moment: what should have set it did not run, or returned nothing.` : `Objects of ${owner} do not have ${name}: it was renamed or removed, its name is misspelt, or the value is of another kind than the code expects.`,
    candidates: [...assigned(owner, name, source), ...twiceNamed(name, accesses), ...ownConfig(name, source), ...candidates, ...(published ? olderRelease(home, `${owner}.${name}`, source, index) : [])],
  };
}
