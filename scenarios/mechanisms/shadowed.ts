/** An import that found a file of the tree instead of what it asked for: the shared half of two kinds. */
import type { Evidence } from '../../parsers/evidence.ts';
import { definitionsOf } from '../../source/python.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import type { Finding } from '../types.ts';
import { ownFrameOf, raised } from './faults.ts';
import type { Seen } from './faults.ts';
import { shadowOf } from './shadows.ts';
import type { Shadow } from './shadows.ts';

/** `cannot import name 'X' from 'm' (/app/m.py)`   `module 'm' has no attribute 'x'`   `No module named 'm.x'; 'm' is not a package` */
const MISSED: readonly { readonly types: readonly string[]; readonly said: RegExp }[] = [
  { types: ['ImportError'], said: /^cannot import name '(?<name>[^']{1,200})' from (?:partially initialized module )?'(?<module>[\w.]{1,300})'/ },
  { types: ['AttributeError'], said: /^(?:partially initialized )?module '(?<module>[\w.]{1,300})' has no attribute '(?<name>\w{1,200})'/ },
  { types: ['ModuleNotFoundError'], said: /^No module named '(?<module>[\w.]{1,300})'; '(?<parent>[\w.]{1,300})' is not a package/ },
];

export function shadowed(kind: string, hides: Shadow['hides'], evidence: Evidence, source: Source, index: PackageIndex): Finding[] {
  return MISSED.flatMap(({ types, said }) => raised(evidence, types, said)).flatMap((seen) => {
    const { module = '', name } = seen.match?.groups ?? {};
    const shadow = shadowOf(module, source, index);
    return shadow === undefined || shadow.hides !== hides || !isAskedOfTheOther(shadow, module, name, seen, source, index) ? [] : [findingFor(kind, shadow, name ?? module, seen, source)];
  });
}

/** The real module has it, or an installed package asks for it: then the tree's file was never meant. */
function isAskedOfTheOther(shadow: Shadow, module: string, name: string | undefined, seen: Seen, source: Source, index: PackageIndex): boolean {
  if (name === undefined) return true;
  const file = source.files.get(shadow.file);
  if (file !== undefined && definitionsOf(file).some((definition) => definition.name === name && definition.kind !== 'import')) return false;
  const places = index.names[name] ?? [];
  if (places.some((place) => place.origin !== 'tree' && place.module.split('.')[0] === shadow.module)) return true;
  if (seen.exception.frames.findLast((frame) => frame.owner !== 'server')?.owner !== 'tree') return true;
  return seen.exception.message.includes('(consider renaming') || (shadow.hides === 'stdlib' && module === shadow.module && !places.some((place) => place.origin === 'tree'));
}

function findingFor(kind: string, shadow: Shadow, name: string, seen: Seen, source: Source): Finding {
  const own = ownFrameOf(seen);
  const real = shadow.hides === 'stdlib' ? `the module ${shadow.module} of Python's standard library` : `the installed package ${shadow.distribution ?? shadow.module}`;
  const folder = shadow.file.includes('/') ? shadow.file.slice(0, shadow.file.lastIndexOf('/')) : 'the root of the backend';
  const users = source.imports.filter((statement) => statement.module.split('.')[0] === shadow.module).map((statement) => statement.file);
  return {
    kind, stage: 'import', severity: 'CRITICAL', category: 'IMPORT', file: shadow.file, line: 1, facts: { module: shadow.module, file: shadow.file },
    what: `${shadow.file} hides ${real}: ${own?.file ?? 'the start'} asks ${shadow.module} for ${name} and finds that file instead.`,
    why: `The server looks for modules in ${folder} first, so a file of that name there is found before ${real}.`,
    todo: `Rename ${shadow.file}${new Set(users).size > 0 ? ` and the imports of it` : ''}, for example to ${shadow.file.replace(/(\/__init__)?\.py$/, '')}_own${shadow.file.endsWith('/__init__.py') ? '' : '.py'}. Files are never renamed here.`,
    candidates: [], explains: [seen.at],
  };
}
