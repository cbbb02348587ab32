import type { PackageIndex, Source } from '../../source/types.ts';
import { manifestOf } from '../mechanisms/distributions.ts';
import { isTreeModule } from '../mechanisms/modules.ts';
import { missingNames, moveEverywhere, moveName } from '../mechanisms/moved-names.ts';
import type { MissingName } from '../mechanisms/moved-names.ts';
import { slipsOf, topLevel } from '../mechanisms/names.ts';
import { offeredBy } from '../mechanisms/offers.ts';
import { olderRelease } from '../mechanisms/older-release.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'cannot-import-name-third-party';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'The code imports a name that the installed package does not have at that place.',
  detect: (evidence, source, index) =>
    missingNames(evidence).filter(({ module }) => !isTreeModule(module, source)).map((missing) => findingFor(missing, source, index)),
};

function findingFor(missing: MissingName, source: Source, index: PackageIndex): Finding {
  const { name, module, file, line } = missing;
  const top = topLevel(module);
  const installed = index.distributions.find((distribution) => distribution.modules.includes(top));
  const version = installed === undefined ? `the installed ${top}` : `${installed.name} ${installed.version}`;
  const candidates = missing.askedByPackage ? [] : corrections(missing, source, index);
  return {
    kind, stage: 'import', severity: 'CRITICAL', category: missing.askedByPackage ? 'DEPENDENCY' : 'IMPORT',
    file: missing.askedByPackage ? manifestOf(source) : (file ?? manifestOf(source)),
    ...(line === undefined || missing.askedByPackage ? {} : { line }), facts: { name, module },
    what: `${file === undefined ? 'The start' : file} ${missing.askedByPackage ? 'loads a package that imports' : 'imports'} ${name} from ${module}, which has no such name.`,
    why: missing.askedByPackage
      ? `Two installed packages do not fit together: one needs ${name} from ${module}, and ${version} does not have it.`
      : `${version} does not export ${name} from ${module}: it was moved or removed in a newer release, or it always lived elsewhere.`,
    todo: missing.askedByPackage
      ? `Choose versions of the two packages in ${manifestOf(source)} that belong together.`
      : `Find out what replaces ${name} in ${version}, or require the last release of ${installed?.name ?? top} that has it.`,
    candidates, explains: [missing.seen.at],
  };
}

function corrections(missing: MissingName, source: Source, index: PackageIndex): readonly Fix[] {
  const { name, module, suggested } = missing;
  const spellings = slipsOf(name, offeredBy(module, source, index) ?? [], suggested).flatMap((other) => fixOf({
    title: `Import ${other} instead of ${name}`, safety: 'likely',
    edits: moveEverywhere(name, module, module, source, other),
    explanation: `${module} has a name that differs from ${name} by a few letters; the code keeps its own spelling as an alias.`,
  }));
  return [...moveName(missing, source, index), ...spellings, ...olderRelease(module, `${name} in ${module}`, source, index)];
}
