/** Findings about modules that a newer Python no longer has. */
import { addRequirement, replaceRequirement } from '../../source/manifest.ts';
import type { Evidence } from '../../parsers/evidence.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import type { Finding, Fix } from '../types.ts';
import { crashesIn } from './crashes.ts';
import { declared, manifestOf } from './distributions.ts';
import { missingModules } from './modules.ts';
import { requirementName, topLevel } from './names.ts';
import { REMOVED } from './removed-names.ts';
import type { Removed } from './removed-names.ts';
import { crashFixes } from './versions.ts';
import { fixOf } from './words.ts';

/** Missing modules of one kind. Whose import it is decides: an installed package is raised first, one's own code gets the module from outside. */
export function removedModules(kind: string, evidence: Evidence, source: Source, index: PackageIndex): Finding[] {
  return missingModules(evidence).flatMap((missing) => {
    const module = topLevel(missing.module);
    const removed = Object.hasOwn(REMOVED, module) ? REMOVED[module] : undefined;
    if (removed?.kind !== kind || index.stdlib.includes(module)) return [];
    const importer = missing.askedByPackage ? crashesIn(evidence, index).find(({ at }) => at === missing.seen.at)?.owners[0] : undefined;
    const manifest = manifestOf(source);
    const place = importer === undefined && missing.file !== undefined ? { file: missing.file, ...(missing.line === undefined ? {} : { line: missing.line }) } : { file: manifest };
    return [{
      kind, stage: 'import' as const, severity: 'CRITICAL' as const, category: 'DEPENDENCY' as const, ...place,
      facts: { module, importer: importer?.name ?? '' },
      what: `${importer === undefined ? 'The code' : `${importer.name} ${importer.version}`} imports ${module}, which ${removed.since.startsWith('3') ? `Python ${removed.since} took out of the standard library` : `${removed.since} no longer has, and a new environment brings no setuptools at all`}.`,
      why: importer === undefined
        ? `The code was written for an older Python. ${removed.outside === undefined ? `Nobody maintains ${module} outside of it.` : `${removed.outside} brings the module ${module} for newer ones.`}`
        : 'This version of the package was written for an older Python; a newer one may not need the module.',
      todo: importer === undefined ? `Replace ${module} in the code by ${removed.instead}.` : `Replace ${importer.name}, or find a version of it that does not import ${module}.`,
      candidates: [...(importer === undefined ? [] : crashFixes(source, index)), ...outsideFix(removed, module, source)],
      explains: [missing.seen.at],
    }];
  });
}

function outsideFix({ outside, since, instead }: Removed, module: string, source: Source): readonly Fix[] {
  if (outside === undefined) return [];
  const name = requirementName(outside);
  const known = declared(source, name);
  // Declared and still without the module: only a bound on its release can help.
  if (known !== undefined && (outside === name || known.specifier.includes('<'))) return [];
  const line = since.startsWith('3') ? `${outside}; python_version >= "${since}"` : outside;
  return fixOf({
    title: `${known === undefined ? 'Add' : 'Require'} ${outside}, which brings ${module}, ${known === undefined ? 'to' : 'in'} ${manifestOf(source)}`, safety: 'likely',
    edits: known === undefined ? addRequirement(source, line) : replaceRequirement(source, name, line),
    explanation: `${outside} holds the module ${module} as it was. In the long run the code should use ${instead}.`,
  });
}
