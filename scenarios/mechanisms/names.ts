/**
 * Where does a name live now? The answer comes from an index of the real packages and of the tree, not from a list of renames: a name that is
 * not where an import looks for it is looked up everywhere, and places that belong together rank first.
 */
import { distance } from 'fastest-levenshtein';
import { importRoots } from '../../source/import-roots.ts';
import { definitionsOf, moduleOf } from '../../source/python.ts';
import { normaliseName } from '../../source/manifest.ts';
import type { NameLocation, PackageIndex, Source } from '../../source/types.ts';

/** How many places are worth a boot. */
const WORTH_TRYING = 3;

/** Modules other than `from` that really export `name`, the most likely first. */
export function homesOf(name: string, from: string, source: Source, index: PackageIndex): readonly NameLocation[] {
  const places = (index.names[name] ?? []).filter((place) => place.module !== from && place.kind !== 'module' && !isPrivate(place));
  const related = kin(from, index);
  const imported = new Set(source.imports.map((statement) => statement.module));
  const owners = new Set(places.filter((place) => place.kind !== 'import').map(ownerOf));
  const near = places.filter((place) =>
    (owners.size === 0 || owners.has(ownerOf(place))) && (place.origin === 'tree' || imported.has(place.module) || related.has(ownerOf(place))));
  const cost = (place: NameLocation): number =>
    (place.origin === 'tree' ? 0 : 1) + (related.has(ownerOf(place)) ? 0 : 2) + (imported.has(place.module) ? 0 : 1) + place.module.split('.').length;
  const sorted = near.toSorted((a, b) => cost(a) - cost(b) || a.module.localeCompare(b.module));
  // What a package exports itself is its interface; the module inside from which it takes it is not.
  return sorted.filter((place) => !sorted.some((outer) => place.module.startsWith(`${outer.module}.`))).slice(0, WORTH_TRYING);
}

function isPrivate(place: NameLocation): boolean {
  return place.module.split('.').some((part) => /^_[^_]|^tests?$/.test(part));
}

/** The distribution, or the top-level package for the tree and the standard library. */
function ownerOf(place: NameLocation): string {
  return place.distribution === undefined ? `${place.origin} ${topLevel(place.module)}` : normaliseName(place.distribution);
}

/** The distribution that holds a module and all it requires: where something that moved is likely to be. */
function kin(module: string, index: PackageIndex): ReadonlySet<string> {
  const top = topLevel(module);
  const own = index.distributions.filter((distribution) => distribution.modules.includes(top));
  const required = own.flatMap((distribution) => distribution.requires.filter((line) => !line.includes('extra ==')).map(requirementName));
  return new Set([...own.map((distribution) => normaliseName(distribution.name)), ...required]);
}

/** `SQLAlchemy<2.1,>=2.0` → `sqlalchemy` */
export function requirementName(line: string): string {
  return normaliseName(/^\s*([A-Za-z0-9][A-Za-z0-9._-]*)/.exec(line)?.[1] ?? '');
}

export function topLevel(module: string): string {
  return module.split('.')[0] ?? module;
}

/** Modules of the tree that define `name` at their top level. */
export function treeHomesOf(name: string, source: Source): readonly string[] {
  const homes: string[] = [];
  for (const file of source.files.values()) {
    if (!file.path.endsWith('.py') || !file.text.includes(name)) continue;
    const module = moduleOf(file.path, importRoots(source.run));
    const defines = definitionsOf(file).some((definition) => definition.name === name && definition.kind !== 'import');
    if (module !== undefined && defines) homes.push(module);
  }
  return homes.sort((a, b) => a.split('.').length - b.split('.').length || a.localeCompare(b));
}

/**
 * The candidates that look like a slip of `wanted`, the nearest first. Python's own suggestion, when there is one, goes first. A class is never
 * taken for a function or a constant: their styles differ.
 */
export function lookAlikes(wanted: string, candidates: Iterable<string>, suggested?: string): readonly string[] {
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  const all = [...new Set(candidates)];
  const near = all
    .filter((candidate) => candidate !== wanted && (Math.abs(candidate.length - wanted.length) <= limit) && (bare(candidate) === bare(wanted) || styleOf(candidate) === styleOf(wanted)))
    .map((candidate) => ({ candidate, away: apart(wanted, candidate) }))
    .filter(({ away }) => away <= limit)
    .toSorted((a, b) => a.away - b.away || a.candidate.localeCompare(b.candidate));
  // Where one is clearly nearer, the far ones are other things.
  const best = near[0]?.away ?? 0;
  const names = near.filter(({ away }) => away <= best + 2).map(({ candidate }) => candidate);
  const longer = all.filter((candidate) => candidate !== wanted && styleOf(candidate) === styleOf(wanted) && (extendsName(wanted, candidate) || extendsName(candidate, wanted)));
  return [...new Set([...(suggested === undefined ? [] : [suggested]), ...names, ...longer])].slice(0, WORTH_TRYING);
}

/**
 * The same for what somebody else publishes. There a name that is missing was mostly removed, and the next one in spelling is another thing
 * (`inspect.getargs` is no `getargspec`, `asyncio.iscoroutine` no `coroutine`): only a slip of the pen counts, also where Python suggests more.
 */
export function slipsOf(wanted: string, published: Iterable<string>, suggested?: string): readonly string[] {
  const limit = Math.max(1, Math.floor(wanted.length / 5));
  return lookAlikes(wanted, published, suggested).filter((candidate) => apart(wanted, candidate) <= limit);
}

/** Letters to change; two letters that changed places are one slip. */
function apart(wanted: string, candidate: string): number {
  if (bare(candidate) === bare(wanted)) return 0;
  const letters = (name: string): string => [...name.toLowerCase()].toSorted().join('');
  const away = distance(wanted.toLowerCase(), candidate.toLowerCase());
  return away === 2 && letters(wanted) === letters(candidate) ? 1 : away;
}

/** `get_settings_v2` and `RoomV2` are `get_settings` and `Room` with a word more: what a renaming leaves. */
function extendsName(short: string, long: string): boolean {
  return short.length >= 3 && long.startsWith(short) && /^(?:_|[A-Z0-9])/.test(long.slice(short.length));
}

/** `async_session_maker` and `asyncSessionMaker` are one name. */
function bare(name: string): string {
  return name.replaceAll('_', '').toLowerCase();
}

function styleOf(name: string): 'class' | 'constant' | 'plain' {
  if (/^_*[A-Z][A-Z0-9_]+$/.test(name)) return 'constant';
  return /^_*[A-Z]/.test(name) ? 'class' : 'plain';
}

/** `… Did you mean: 'x'?` */
export function suggestion(message: string): string | undefined {
  return /Did you mean: '([^']{1,200})'\?/.exec(message)?.[1];
}
