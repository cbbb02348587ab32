/** Packages that the code imports and the manifest does not bring: the shared half of the two kinds that tell them apart by name. */
import type { Evidence } from '../../parsers/evidence.ts';
import type { ImportStatement, PackageIndex, Source } from '../../source/types.ts';
import type { Finding, Fix } from '../types.ts';
import { addDistribution, declared, declaredAside, manifestOf, providerOf, sameName } from './distributions.ts';
import type { Provider } from './distributions.ts';
import { isTreeModule, missingModules } from './modules.ts';
import { topLevel } from './names.ts';
import { loadedImports } from './reach.ts';
import { isRemoved } from './removed-names.ts';
import { fixOf, list } from './words.ts';

export type Wanted = 'same' | 'different';

interface Undeclared {
  readonly module: string;
  readonly provider: Provider;
  readonly file?: string;
  readonly line?: number;
  readonly explains?: number;
}

/** Missing after a boot; `wanted` says whether the distribution is named as the import is. */
export function undeclaredInBoot(kind: string, wanted: Wanted, evidence: Evidence, source: Source, index: PackageIndex): Finding[] {
  return missingModules(evidence)
    .filter(({ module }) => !isTreeModule(module, source) && !index.stdlib.includes(topLevel(module)) && !isRemoved(module))
    .map(({ module, seen, file, line }): Undeclared => ({
      module: topLevel(module), provider: providerOf(module, index), explains: seen.at,
      ...(file === undefined ? {} : { file }), ...(line === undefined ? {} : { line }),
    }))
    .filter((missing) => fits(missing, wanted))
    .map((missing) => finding(kind, missing, source, index));
}

/** Missing before any boot: imports that run when the server loads and that nothing installed provides. */
export function undeclaredInTree(kind: string, wanted: Wanted, source: Source, index: PackageIndex): Finding[] {
  if (index.distributions.length === 0) return [];
  const provided = new Set(index.distributions.flatMap((distribution) => distribution.modules));
  return [...foreignImports(source)].flatMap(([module, statement]) => {
    // Modules with an underscore in front are the insides of others, of Python's own too (`_csv`).
    if (provided.has(module) || index.stdlib.includes(module) || isRemoved(module) || module.startsWith('_')) return [];
    const missing = { module, provider: providerOf(statement.module, index), file: statement.file, line: statement.line };
    if (!fits(missing, wanted) || mayStillCome(missing, index)) return [];
    const found = finding(kind, missing, source, index);
    return [index.foreseen?.closed === false ? { ...found, severity: 'MEDIUM', why: `${found.why} It may come with another package of which too little is known.` } : found];
  });
}

/** First import of each module that the server loads and that the tree does not have itself, by the module's first name; Python's own are among them. */
export function foreignImports(source: Source): ReadonlyMap<string, ImportStatement> {
  const found = new Map<string, ImportStatement>();
  for (const statement of loadedImports(source)) {
    const module = topLevel(statement.module);
    if (module === '' || found.has(module) || statement.written?.startsWith('.') === true || isTreeModule(module, source)) continue;
    found.set(module, statement);
  }
  return found;
}

/** Nothing is installed yet, and one of the packages that nobody knows may well bring the module. */
function mayStillCome({ provider }: Undeclared, { foreseen }: PackageIndex): boolean {
  return foreseen !== undefined && foreseen.unknown.length > 0 && provider.known !== 'index';
}

function fits(missing: Undeclared, wanted: Wanted): boolean {
  return sameName(missing.module, missing.provider.distribution) === (wanted === 'same');
}

function finding(kind: string, missing: Undeclared, source: Source, index: PackageIndex): Finding {
  const { module, provider } = missing;
  const { distribution } = provider;
  const manifest = manifestOf(source);
  const asked = missing.file === undefined ? '' : `, which ${missing.file} imports`;
  const listed = declared(source, distribution) !== undefined;
  const aside = declaredAside(source, distribution);
  const named = sameName(module, distribution) ? '' : ` It is provided by the package ${distribution}.`;
  return {
    kind, stage: 'install', severity: 'CRITICAL', category: 'DEPENDENCY', file: manifest, facts: { module },
    what: `The module ${module}${asked}, is not installed.${named}`,
    why: aside !== undefined
      ? `${aside.file} names ${distribution} ${aside.group === undefined ? 'as a constraint' : `in the group ${aside.group}`} only, which is not installed where the server runs.`
      : listed
      ? `${manifest} names ${distribution}, but its installation does not bring the module ${module}: a marker, an extra or another package of that name is in the way.`
      : `${manifest} does not name ${distribution}, so a fresh installation does not have it; it was probably only present on the author's machine.`,
    todo: `${meant(missing, index)}Find out which package provides ${module} and add it to ${manifest}.`,
    candidates: additions(missing, source, index),
    ...(missing.explains === undefined ? {} : { explains: [missing.explains] }),
  };
}

/** Names of well-known packages that this one may be a slip of. */
function meant({ module, provider }: Undeclared, index: PackageIndex): string {
  const near = provider.known === 'index' ? [] : index.lookAlikes?.[module] ?? [];
  return near.length === 0 ? '' : `${module} looks like a misspelling of ${list(near)}; nothing was installed on that guess. `;
}

/** A name that nobody knows is only taken for a package when it is not nearly another one's, and the package was there when the code was written. */
function isGuess({ module, provider }: Undeclared, index: PackageIndex): boolean {
  if (provider.known === 'index') return false;
  const asked = index.resolutions?.some(({ goal }) => goal === 'exist') ?? false;
  return (index.lookAlikes?.[module] ?? []).length > 0 || (asked && !index.resolutions?.some(({ goal, about, version }) => goal === 'exist' && about === provider.distribution && version !== undefined));
}

function additions(missing: Undeclared, source: Source, index: PackageIndex): readonly Fix[] {
  const { module, provider } = missing;
  if (isGuess(missing, index)) return [];
  return fixOf({
    title: `Add ${provider.distribution} to ${manifestOf(source)}`,
    safety: provider.known === 'index' ? 'safe' : 'likely',
    edits: addDistribution(source, index, provider.distribution),
    explanation: provider.known === 'index'
      ? `${provider.distribution} is the package that provides the module ${module}.`
      : `No index knows the module ${module}; the package of the same name is the most likely one and wants a look before it is kept.`,
  });
}
