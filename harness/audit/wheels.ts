/** Required versions that this Python cannot install: no wheel was ever built for it, and the source does not build. */
import { compare, satisfies } from '@renovatebot/pep440';
import { declaredRequirements } from '../../source/manifest.ts';
import type { PackageIndex, Resolution, Source } from '../../source/types.ts';
import type { Foreseen } from './foresee.ts';
import type { PackageFacts } from './package-facts.ts';

/**
 * Packages whose releases from before the first wheel were seen to fail when they are built: written in Rust, or against parts of the C interface that
 * newer Pythons lack. Many others build, or do without their compiled parts, and nothing is claimed of them.
 */
const FAILS_FROM_SOURCE = new Set(['asyncpg', 'greenlet', 'httptools', 'lxml', 'numpy', 'orjson', 'pandas', 'psycopg2-binary', 'pydantic', 'pydantic-core', 'uvloop', 'watchfiles']);

/** @param python `3.14`: the facts hold for one Python only */
export function unbuildable(source: Source, python: string, foreseen: Foreseen, facts: PackageFacts): Pick<PackageIndex, 'unbuildable' | 'resolutions'> {
  if (python !== facts.python || source.install.policy === 'newest') return {};
  const wanted = foreseen.from === 'lock'
    ? foreseen.distributions.map(({ name, version }) => ({ name, version }))
    : declaredRequirements(source).filter(({ main }) => main).flatMap(({ name, specifier }) => pinned(name, specifier, facts));
  const found = wanted.filter(({ name, version }) => FAILS_FROM_SOURCE.has(name) && lacksWheel(version, facts.distributions[name]?.firstWheels ?? []));
  const moves = found.flatMap(({ name }) => {
    const to = facts.distributions[name]?.firstWheels.at(-1);
    return to === undefined ? [] : [{ name, to }];
  });
  const tied = new Map(moves.flatMap(({ name, to }) => Object.entries(facts.distributions[name]?.companions[to] ?? {})));
  const resolutions: readonly Resolution[] = moves.length === 0 ? [] : [{ goal: 'install', step: 'lowest', moves: moves.map(({ name, to }) => ({ name, to: tied.get(name) ?? to })) }];
  return found.length === 0 ? {} : { unbuildable: chosen(found, source).map((one) => ({ ...one, ...partOf(one.name, facts) })), resolutions };
}

/** One cure moves all of them, so each that the manifest names is worth a finding; of those that only come along, one is when there is no other. */
function chosen<T extends { readonly name: string }>(found: readonly T[], source: Source): readonly T[] {
  const declared = new Set(declaredRequirements(source).map(({ name }) => name));
  const named = found.filter(({ name }) => declared.has(name));
  return named.length > 0 ? named : found.slice(0, 1);
}

/** A pure package installs as it is; what it brings does not. */
function partOf(name: string, facts: PackageFacts): { readonly part?: string } {
  const fact = facts.distributions[name];
  const part = fact === undefined || fact.compiled ? undefined : fact.requires.find((each) => FAILS_FROM_SOURCE.has(each));
  return part === undefined ? {} : { part };
}

/** Below the first release with a wheel; or of the newest major, and below the first of that. */
function lacksWheel(version: string, firsts: readonly string[]): boolean {
  return firsts.some((first, at) => compare(version, first) < 0 && (at === 0 || major(version) === major(first)));
}

function major(version: string): string {
  return version.split('.')[0] ?? '';
}

/** The version that a requirement leads to: an exact one, or the highest that a cap lets through. */
function pinned(name: string, specifier: string, facts: PackageFacts): readonly { readonly name: string; readonly version: string }[] {
  const exact = /^={2,3}(?<version>[\d.]+)$/.exec(specifier)?.groups?.['version'];
  if (exact !== undefined) return [{ name, version: exact }];
  // Everything that could be installed lies below the first wheel: any release that the cap names will do as an example.
  const cap = /<(?<version>[\d.]+)/.exec(specifier)?.groups?.['version'];
  const first = facts.distributions[name]?.firstWheels[0];
  return cap === undefined || first === undefined || compare(cap, first) > 0 || satisfies(first, specifier) ? [] : [{ name, version: lowestOf(specifier) ?? cap }];
}

function lowestOf(specifier: string): string | undefined {
  return />=?(?<version>[\d.]+)/.exec(specifier)?.groups?.['version'];
}
