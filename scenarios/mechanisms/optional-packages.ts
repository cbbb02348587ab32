/** Packages that an installed package needs only for one of its features, and says so in words of its own. */
import type { Evidence } from '../../parsers/evidence.ts';
import { normaliseName } from '../../source/manifest.ts';
import type { Distribution, PackageIndex, Source } from '../../source/types.ts';
import type { Finding } from '../types.ts';
import { addDistribution, declared, manifestOf } from './distributions.ts';
import { ownFrameOf } from './faults.ts';
import type { Seen } from './faults.ts';
import { crashFixes } from './versions.ts';
import { fixOf } from './words.ts';

export interface OptionalPackage {
  readonly kind: string;
  readonly distribution: string;
  /** Who needs it for what: `pydantic needs it to check e-mail addresses`. */
  readonly need: string;
  readonly found: (evidence: Evidence) => readonly Seen[];
}

/** Packages take a failing import of an optional one for a missing one. */
function unloadable({ kind, distribution, need }: OptionalPackage, installed: Distribution, at: number, source: Source, index: PackageIndex, where: string): Finding {
  const manifest = manifestOf(source);
  return {
    kind, stage: 'import', severity: 'CRITICAL', category: 'DEPENDENCY', file: declared(source, distribution)?.file ?? manifest, facts: { distribution, version: installed.version },
    what: `${installed.name} ${installed.version} is installed and cannot be imported; ${need}.${where}`,
    why: `The package that needs it says only that it is missing. This version does not go together with Python ${index.python.split('.').slice(0, 2).join('.')} or with another installed package.`,
    todo: `Name a version of ${distribution} in ${manifest} that can be imported here.`,
    candidates: crashFixes(source, index), explains: [at],
  };
}

export function optionalPackage(wanted: OptionalPackage, evidence: Evidence, source: Source, index: PackageIndex): Finding[] {
  const { kind, distribution, need } = wanted;
  const manifest = manifestOf(source);
  return wanted.found(evidence).map((seen) => {
    const own = ownFrameOf(seen);
    const where = own === undefined ? '' : ` The code uses that in ${own.file}.`;
    const listed = declared(source, distribution) !== undefined;
    const installed = index.distributions.find(({ name }) => normaliseName(name) === distribution);
    if (installed !== undefined) return unloadable(wanted, installed, seen.at, source, index, where);
    return {
      kind, stage: 'install', severity: 'CRITICAL', category: 'DEPENDENCY', file: manifest, facts: { distribution },
      what: `The package ${distribution} is not installed; ${need}.${where}`,
      why: listed ? `${manifest} names ${distribution}, but it did not get installed here.` : `It is optional, so installing the package that needs it does not bring it, and ${manifest} does not name it.`,
      todo: `Add ${distribution} to ${manifest}.`,
      candidates: fixOf({
        title: `Add ${distribution} to ${manifest}`, safety: 'safe', edits: addDistribution(source, index, distribution), explanation: `${distribution} brings what is asked for: ${need}.`,
      }),
      explains: [seen.at],
    };
  });
}
