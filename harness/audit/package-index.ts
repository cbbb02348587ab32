/** The index that rules ask, made without a place to boot in: from an installed environment when there is one, else from what is foreseen. */
import { homesOf } from './homes.ts';
import { unusedImports } from '../../source/unused-imports.ts';
import { importedModules } from '../../source/imports.ts';
import { normaliseName } from '../../source/manifest.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import { foreseePackages, isAsMeasured } from './foresee.ts';
import type { Foreseen } from './foresee.ts';
import { interfacesOf } from './interface-facts.ts';
import { exportsIn, installedDistributions, sitePackages } from './installed.ts';
import { packageFacts, stdlibOf } from './package-facts.ts';
import type { PackageFacts } from './package-facts.ts';
import { unbuildable } from './wheels.ts';

export interface AuditIndex {
  readonly index: PackageIndex;
  /** One sentence: what imports and requirements were checked against. */
  readonly basis: string;
}

/** @param environment folder of the installed environment, when this very one is cached */
export async function auditIndex(source: Source, python: string, environment: string | undefined): Promise<AuditIndex> {
  const facts = await packageFacts();
  const site = environment === undefined ? undefined : await sitePackages(environment);
  return site === undefined ? foreseenIndex(source, python, facts) : installedIndex(source, python, facts, site);
}

async function installedIndex(source: Source, python: string, facts: PackageFacts, site: string): Promise<AuditIndex> {
  const distributions = await installedDistributions(site);
  const known = await interfacesOf(python, (name, version) => distributions.some((one) => normaliseName(one.name) === name && one.version === version));
  const exports = { ...known.exports, ...await exportsIn(site, importedModules(source)) };
  const index = { ...indexOf(source, facts, { python, distributions, exports }), parameters: known.parameters };
  return { index, basis: `Imports were checked against the ${distributions.length} packages of the installed environment.` };
}

async function foreseenIndex(source: Source, python: string, facts: PackageFacts): Promise<AuditIndex> {
  const foreseen = foreseePackages(source, facts);
  const measured = Object.entries(facts.exports).filter(([module]) => {
    const owner = Object.entries(facts.distributions).find(([, fact]) => fact.modules.includes(module.split('.')[0] ?? ''))?.[0];
    return owner !== undefined && isAsMeasured(owner, foreseen, source, facts);
  });
  const known = await interfacesOf(python, (name) => isAsMeasured(name, foreseen, source, facts));
  const exports = { ...known.exports, ...Object.fromEntries(measured.map(([module, names]) => [module, { names: names.split(' '), open: false }])) };
  const index = indexOf(source, facts, { python, distributions: foreseen.distributions, exports });
  return { index: { ...index, parameters: known.parameters, ...unbuildable(source, python, foreseen, facts), foreseen: { unknown: foreseen.unknown, closed: foreseen.from === 'lock' || foreseen.unknown.length === 0 } }, basis: said(foreseen) };
}

function said({ distributions, unknown, from }: Foreseen): string {
  const basis = from === 'lock' ? 'the versions of the lock file' : 'the manifest and what is known of its packages';
  const gap = unknown.length === 0 ? '' : ` Not known, and not checked: what ${unknown.length === 1 ? unknown[0] ?? '' : `${unknown.length} packages (${unknown.slice(0, 5).join(', ')}${unknown.length > 5 ? ' …' : ''})`} bring${unknown.length === 1 ? 's' : ''}.`;
  return `Nothing is installed: imports were checked against ${basis} (${distributions.length} packages).${gap}`;
}

function indexOf(source: Source, facts: PackageFacts, { python, distributions, exports }: Pick<PackageIndex, 'python' | 'distributions'> & { readonly exports: NonNullable<PackageIndex['exports']> }): PackageIndex {
  const present = new Set(distributions.flatMap((distribution) => distribution.modules));
  const known = Object.entries(facts.distributions).flatMap(([name, fact]) => fact.modules.filter((module) => !present.has(module)).map((module) => [module, name] as const));
  return {
    python, distributions, stdlib: stdlibOf(facts, python), exports, known: Object.fromEntries(known.toSorted((a, b) => preference(b[1], b[0]) - preference(a[1], a[0]))),
    names: homesOf(source, exports, { ...measured(facts), ...exports }, distributions), unusedImports: unusedImports(source),
  };
}

/** Other releases may have a name elsewhere; as a place to look, the measured one is good enough. */
function measured(facts: PackageFacts): NonNullable<PackageIndex['exports']> {
  return Object.fromEntries(Object.entries(facts.exports).map(([module, names]) => [module, { names: names.split(' '), open: false }]));
}

/** Two distributions can own one module (`psycopg2`, `psycopg2-binary`); the later entry of `fromEntries` wins, so the best comes last. */
function preference(distribution: string, module: string): number {
  if (distribution.endsWith('-binary')) return 0;
  return normaliseName(module) === distribution ? 1 : 2;
}
