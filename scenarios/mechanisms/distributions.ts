/**
 * From an import name to the distribution that provides it, and from there to a line in the manifest. The mapping is looked up (what is
 * installed, what the package registry answered); only where nobody knows does the import name itself stand for its distribution.
 */
import { addRequirement, declaredRequirements, normaliseName, replaceRequirement } from '../../source/manifest.ts';
import type { DeclaredRequirement } from '../../source/manifest.ts';
import type { Edit, PackageIndex, Source } from '../../source/types.ts';
import { topLevel } from './names.ts';

export interface Provider {
  readonly distribution: string;
  /** `index`: looked up; `same-name`: assumed from the import name. */
  readonly known: 'index' | 'same-name';
}

/** Which distribution provides a module; the distributions that are installed are asked first. */
export function providerOf(module: string, index: PackageIndex): Provider {
  const top = topLevel(module);
  const installed = index.distributions.find((distribution) => distribution.modules.includes(top));
  const looked = index.known[module] ?? index.known[top] ?? installed?.name;
  return looked === undefined ? { distribution: top.replaceAll('_', '-'), known: 'same-name' } : { distribution: looked, known: 'index' };
}

/** True when the distribution's name is what one would guess from the import: `httpx`, `pydantic_settings` of pydantic-settings. */
export function sameName(module: string, distribution: string): boolean {
  return normaliseName(topLevel(module)) === normaliseName(distribution);
}

export function declared(source: Source, name: string): DeclaredRequirement | undefined {
  return declaredRequirements(source).find((requirement) => requirement.name === normaliseName(name));
}

/**
 * First releases that are documented to do what a fix needs them for. Only for packages that a fix adds by its own choice, where a floor is
 * the house style of the manifest and nothing installed tells a version.
 */
const FLOORS: Readonly<Record<string, string>> = { asyncpg: '0.29.0', aiosqlite: '0.20.0', psycopg: '3.2', 'psycopg2-binary': '2.9.9', 'pydantic-settings': '2.0' };

/** A requirement in the style of the manifest: `==` and `>=` need a version that is known, else the name stands alone. */
export function requirementLine(source: Source, index: PackageIndex, name: string, extras = ''): string {
  const bare = normaliseName(name);
  const installed = index.distributions.find((distribution) => normaliseName(distribution.name) === bare)?.version;
  const styles = declaredRequirements(source).map((requirement) => /^(==|>=|~=|\^)/.exec(requirement.specifier)?.[1] ?? '');
  const count = (style: string): number => styles.filter((other) => other === style).length;
  const version = installed ?? FLOORS[bare];
  if (version === undefined) return `${name}${extras}`;
  if (installed !== undefined && count('==') > styles.length / 2) return `${name}${extras}==${installed}`;
  return count('>=') + count('~=') + count('^') > count('') ? `${name}${extras}>=${FLOORS[bare] ?? version}` : `${name}${extras}`;
}

/** Declared for development or as a constraint only: where the server is installed, it is not. */
export function declaredAside(source: Source, name: string): DeclaredRequirement | undefined {
  const all = declaredRequirements(source).filter((requirement) => requirement.name === normaliseName(name));
  return all.some(({ main }) => main) ? undefined : all[0];
}

/** Nothing where the server's own requirements name it; in the version of the development group that does. */
export function addDistribution(source: Source, index: PackageIndex, name: string, extras = ''): readonly Edit[] {
  const aside = declaredAside(source, name);
  if (aside !== undefined) return addRequirement(source, `${name}${extras}${aside.specifier}`);
  return declared(source, name) === undefined ? addRequirement(source, requirementLine(source, index, name, extras)) : [];
}

export function replaceDistribution(source: Source, index: PackageIndex, old: string, name: string, extras = ''): readonly Edit[] {
  return replaceRequirement(source, old, requirementLine(source, index, name, extras));
}

/** The manifest a person would open; a name for it when there is none yet. */
export function manifestOf(source: Source): string {
  return source.install.manifest === '' ? 'requirements.txt' : source.install.manifest;
}
