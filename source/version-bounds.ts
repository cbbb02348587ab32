/** The install plan as the resolver is asked about it: what has an upper bound, and what has none. */
import { declaredRequirements } from './declared.ts';
import { formatRequirement, loosened, normaliseName, parseRequirement } from './requirement.ts';
import type { Requirement } from './requirement.ts';
import type { BoundRequirement, Source, VersionQuestion } from './types.ts';

type Tree = Pick<Source, 'files' | 'install' | 'imports'>;

/** Never throws. A name that is declared twice counts once, with its first bound. */
export function boundsOf(source: Tree): Pick<VersionQuestion, 'bounds' | 'free' | 'constraints'> {
  const { install } = source;
  const declared = install.requirements.length > 0 ? [] : declaredRequirements(source);
  const wanted: readonly Requirement[] = install.requirements.length > 0 ? install.requirements.flatMap((line) => parseRequirement(line) ?? []) : declared.filter((each) => each.main);
  const used = importedNames(source);
  const bounds = new Map<string, BoundRequirement>();
  const free: string[] = [];
  for (const requirement of wanted) {
    const bound = install.policy === 'newest' ? undefined : boundOf(requirement, used);
    if (bound === undefined) free.push(formatRequirement(install.policy === 'newest' ? { ...requirement, specifier: loosened(requirement.specifier) } : requirement));
    else if (!bounds.has(bound.name)) bounds.set(bound.name, bound);
  }
  const limits = declared.filter((each) => !each.main && each.group === undefined && each.form === 'line');
  for (const limit of limits) {
    const bound = boundOf(limit, used);
    if (bound !== undefined && !bounds.has(bound.name)) bounds.set(bound.name, { ...bound, constraint: true });
  }
  return { bounds: [...bounds.values()], free, constraints: limits.filter((each) => boundOf(each, used) === undefined).map(formatRequirement) };
}

function boundOf(requirement: Requirement, used: ReadonlySet<string>): BoundRequirement | undefined {
  const { specifier } = requirement;
  if (requirement.url !== undefined || !/(^|,)(===?|~=|<)/.test(specifier)) return undefined;
  const exact = /^={2,3}(?<version>[^,*]+)$/.exec(specifier)?.groups?.['version'];
  return {
    name: requirement.name, written: formatRequirement(requirement), loose: formatRequirement({ ...requirement, specifier: loosened(specifier) }),
    bare: formatRequirement({ ...requirement, specifier: '' }), used: used.has(requirement.name), ...(exact === undefined ? {} : { exact }),
  };
}

/** Top-level names that the tree imports, as distributions of the same name are called. */
function importedNames({ imports }: Tree): ReadonlySet<string> {
  return new Set(imports.map((statement) => normaliseName(statement.module.split('.')[0] ?? '')));
}
