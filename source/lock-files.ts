/** uv.lock, poetry.lock, pdm.lock and Pipfile.lock: exact versions, and the part of them that what is declared needs. */
import { satisfies } from '@renovatebot/pep440';
import { parse as parseToml } from 'smol-toml';
import { formatRequirement, normaliseName } from './requirement.ts';
import type { Requirement } from './requirement.ts';

export interface LockedPackage {
  readonly name: string;
  readonly version: string;
  readonly needs: readonly { readonly name: string; readonly marker?: string; readonly extras: readonly string[] }[];
  /** Further needs by extra. */
  readonly extras: Readonly<Record<string, readonly { readonly name: string; readonly marker?: string; readonly extras: readonly string[] }[]>>;
  /** Not from an index: git, URL or path, as PEP 508 wants it. */
  readonly url?: string;
  /** The project itself or a workspace member. */
  readonly local: boolean;
}

type Table = Record<string, unknown>;

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Undefined when the file is no lock file that can be read. */
export function readLock(path: string, text: string): readonly LockedPackage[] | undefined {
  try {
    if (path.endsWith('Pipfile.lock')) return pipfile(JSON.parse(text));
    const packages: unknown = parseToml(text)['package'];
    return Array.isArray(packages) ? packages.filter((each) => isTable(each)).map((each) => (path.endsWith('uv.lock') ? uvPackage(each) : poetryPackage(each))) : [];
  } catch {
    return undefined;
  }
}

function uvNeeds(value: unknown): LockedPackage['needs'] {
  if (!Array.isArray(value)) return [];
  return value.filter(isTable).map((each) => ({
    name: normaliseName(textOf(each['name']) ?? ''), extras: Array.isArray(each['extra']) ? each['extra'].map(String) : [],
    ...(typeof each['marker'] === 'string' ? { marker: each['marker'] } : {}),
  }));
}

function uvPackage(each: Table): LockedPackage {
  const source = isTable(each['source']) ? each['source'] : {};
  const optional = isTable(each['optional-dependencies']) ? each['optional-dependencies'] : {};
  const git = textOf(source['git']);
  const url = git === undefined ? textOf(source['url']) : `git+${git.replace(/\?[^#]*/, '').replace('#', '@')}`;
  return {
    name: normaliseName(textOf(each['name']) ?? ''), version: textOf(each['version']) ?? '', needs: uvNeeds(each['dependencies']),
    extras: Object.fromEntries(Object.entries(optional).map(([extra, needs]) => [extra, uvNeeds(needs)])),
    local: ['editable', 'virtual', 'directory'].some((key) => key in source), ...(url === undefined ? {} : { url }),
  };
}

/** poetry.lock: a table of needs · pdm.lock: a list of requirements */
function poetryPackage(each: Table): LockedPackage {
  const needs = each['dependencies'];
  const listed = Array.isArray(needs) ? needs.map((line) => ({ name: normaliseName(/^[\w.-]+/.exec(String(line))?.[0] ?? ''), extras: [] })) : [];
  const table = isTable(needs) ? Object.entries(needs).map(([name, value]) => poetryNeed(name, value)) : [];
  const extras = isTable(each['extras']) ? each['extras'] : {};
  const source = isTable(each['source']) ? each['source'] : {};
  const url = source['type'] === 'git' ? `git+${String(source['url'])}@${String(source['resolved_reference'] ?? source['reference'])}` : undefined;
  return {
    name: normaliseName(textOf(each['name']) ?? ''), version: textOf(each['version']) ?? '', needs: [...listed, ...table.filter((need) => !need.optional)], local: source['type'] === 'directory',
    extras: Object.fromEntries(Object.entries(extras).map(([extra, lines]) => [extra, Array.isArray(lines) ? lines.map((line) => ({ name: normaliseName(/^[\w.-]+/.exec(String(line))?.[0] ?? ''), extras: [] })) : []])),
    ...(url === undefined ? {} : { url }),
  };
}

function poetryNeed(name: string, value: unknown): { name: string; extras: readonly string[]; optional: boolean; marker?: string } {
  const table = isTable(value) ? value : {};
  const marker = textOf(table['markers']);
  return { name: normaliseName(name), extras: Array.isArray(table['extras']) ? table['extras'].map(String) : [], optional: table['optional'] === true, ...(marker === undefined ? {} : { marker }) };
}

function pipfile(lock: unknown): readonly LockedPackage[] {
  const section = isTable(lock) && isTable(lock['default']) ? lock['default'] : {};
  return Object.entries(section).filter((entry): entry is [string, Table] => isTable(entry[1])).map(([name, each]) => ({
    name: normaliseName(name), version: (textOf(each['version']) ?? '').replace(/^==/, ''), needs: [], extras: {}, local: false,
  }));
}

/**
 * Requirement lines that install what the lock says. What was added to the manifest comes on top of it. Where a declared requirement excludes its
 * pin (the manifest was edited, the lock was not), the project's own tool would first make the lock fit: then only the pins of what is declared and
 * still fits hold, and what those bring is found by the installer.
 */
export function pinned(declared: readonly Requirement[], lock: readonly LockedPackage[]): readonly string[] {
  // A universal lock may hold one name in several versions, for different Pythons: the newest fits the newest Python.
  const byName = new Map<string, LockedPackage>();
  for (const each of lock) if (!each.local) byName.set(each.name, each);
  const fits = (requirement: Requirement): boolean => {
    const known = byName.get(requirement.name);
    return known !== undefined && requirement.url === undefined && (requirement.specifier === '' || fitsVersion(known.version, requirement.specifier));
  };
  // uv writes down what the project declared; a name that was not among it may be in the lock because another package brought it.
  const then = new Set(lock.filter((each) => each.local).flatMap((each) => [...each.needs, ...Object.values(each.extras).flat()]).map((need) => need.name));
  const isNew = ({ name, url }: Requirement): boolean => !byName.has(name) || url !== undefined || (then.size > 0 && !then.has(name));
  const added = declared.filter(isNew);
  const locked = declared.filter((requirement) => !added.includes(requirement));
  if (locked.every(fits)) return [...closure(locked, byName), ...added.map(formatRequirement)].sort();
  return declared.map((requirement) => {
    const known = byName.get(requirement.name);
    return formatRequirement(known === undefined || known.url !== undefined || isNew(requirement) || !fits(requirement) ? requirement : { ...requirement, specifier: `==${known.version}` });
  }).sort();
}

/** Everything that the declared requirements need, pinned, under the markers that lead there. */
function closure(declared: readonly Requirement[], byName: ReadonlyMap<string, LockedPackage>): readonly string[] {
  const markers = new Map<string, Set<string> | null>();
  const seen = new Set<string>();
  const visit = (name: string, extras: readonly string[], marker: string | undefined): void => {
    const known = byName.get(name);
    if (!known) return;
    const before = markers.get(name);
    if (marker === undefined) markers.set(name, null);
    else if (before !== null) markers.set(name, (before ?? new Set()).add(marker));
    const key = `${name}[${extras.join()}] ${marker ?? ''}`;
    if (seen.has(key)) return;
    seen.add(key);
    for (const need of [...known.needs, ...extras.flatMap((extra) => known.extras[extra] ?? known.extras[normaliseName(extra)] ?? [])]) {
      visit(need.name, need.extras, need.marker === undefined ? marker : marker === undefined || marker === need.marker ? need.marker : `(${marker}) and (${need.marker})`);
    }
  };
  for (const requirement of declared) visit(requirement.name, requirement.extras, requirement.marker);
  return [...markers].flatMap(([name, under]) => {
    const known = byName.get(name);
    if (!known) return [];
    const marker = under === null || under.size === 0 ? '' : ` ; ${[...under].map((each) => (under.size > 1 ? `(${each})` : each)).join(' or ')}`;
    return [known.url === undefined ? `${name}==${known.version}${marker}` : `${name} @ ${known.url}${marker}`];
  }).sort();
}

function fitsVersion(version: string, specifier: string): boolean {
  try {
    return satisfies(version, specifier, { prereleases: true });
  } catch {
    return false;
  }
}

/** True when every declared requirement is in the lock with a version that satisfies it. */
export function isFresh(declared: readonly Requirement[], lock: readonly LockedPackage[]): boolean {
  return declared.every((each) => lock.some((known) => known.name === each.name && (each.url !== undefined || each.specifier === '' || fitsVersion(known.version, each.specifier))));
}
