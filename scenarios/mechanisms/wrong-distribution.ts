/** Two distributions bring a module of one name, and the one that is installed is not the one that the code was written for. */
import { normaliseName } from '../../source/manifest.ts';
import type { Evidence } from '../../parsers/evidence.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import type { Finding } from '../types.ts';
import { declared, manifestOf, replaceDistribution } from './distributions.ts';
import { ownFrameOf } from './faults.ts';
import type { Seen } from './faults.ts';
import { distributionOf } from './older-release.ts';
import { fixOf } from './words.ts';

export interface WrongDistribution {
  readonly kind: string;
  readonly module: string;
  readonly extras?: string;
  /** What the message itself names as the right one. */
  readonly said?: string;
  readonly found: (evidence: Evidence) => readonly Seen[];
}

/** A finding for each such fault, when the index says that another distribution is usually meant. */
export function wrongDistribution({ kind, module, extras = '', said, found }: WrongDistribution, evidence: Evidence, source: Source, index: PackageIndex): Finding[] {
  const installed = distributionOf(module, index);
  const meant = index.usual?.[module] ?? said;
  if (installed === undefined || meant === undefined || normaliseName(installed.name) === normaliseName(meant)) return [];
  const manifest = manifestOf(source);
  const both = declared(source, meant) !== undefined;
  return found(evidence).map((seen) => {
    const own = ownFrameOf(seen);
    return {
      kind, stage: 'install', severity: 'CRITICAL', category: 'DEPENDENCY', file: manifest, facts: { installed: normaliseName(installed.name) },
      what: `${manifest} installs ${installed.name}, whose module ${module} is not the one that ${own?.file ?? 'the code'} uses.`,
      why: `${installed.name} and ${meant} both bring a module ${module}. The code is written for that of ${meant}.`,
      todo: both ? `Remove ${installed.name} from ${manifest}.` : `Replace ${installed.name} by ${meant} in ${manifest}.`,
      candidates: fixOf({
        title: `Replace ${installed.name} by ${meant} in ${manifest}`, safety: 'likely', edits: replaceDistribution(source, index, installed.name, normaliseName(meant), extras),
        explanation: `${meant} brings the module ${module} that the code asks for; ${installed.name} only has its name.`,
      }),
      explains: [seen.at],
    };
  });
}
