/**
 * Where the search for another version of a package ends. Two versions that gave the very same fault say that the version is not the matter:
 * the further ones would cost an installation each. What lies beyond everything that was tried stays worth a try: an older version when only
 * newer ones were tried, the next major when the tried ones are all of an earlier one.
 */
import { fingerprint } from '../../scenarios/types.ts';
import type { Release } from '../../scenarios/types.ts';
import type { BootRecord, RejectedFix } from '../types.ts';
import type { Choice } from './choose.ts';

/** Versions that gave one fault before the rest is left. */
const ENOUGH = 2;

/** Why this version need not be tried; undefined when it is no version of a package, or should be. */
export function knownInVain({ finding, fix: { release } }: Choice, rejected: readonly RejectedFix[], boots: readonly BootRecord[]): string | undefined {
  if (release === undefined) return undefined;
  const byFault = Map.groupBy(triedVersions(release.name, fingerprint(finding), rejected, boots), ({ fault }) => fault);
  for (const tried of byFault.values()) {
    const versions = new Map(tried.map(({ release: other }) => [other.version, other]));
    if (versions.size < ENOUGH || !tried.some(({ release: other }) => comparable(other, release))) continue;
    return `Not tried: ${[...versions.keys()].join(' and ')} of ${release.name} gave the very same fault.`;
  }
  return undefined;
}

function triedVersions(name: string, wanted: string, rejected: readonly RejectedFix[], boots: readonly BootRecord[]): readonly { readonly release: Release; readonly fault: string }[] {
  return rejected.flatMap(({ finding, fix: { release }, boot }) => {
    const record = boot === null || release?.name !== name || fingerprint(finding) !== wanted ? undefined : boots.find(({ number }) => number === boot);
    const fault = record && faultOf(record);
    return release === undefined || fault === undefined ? [] : [{ release, fault }];
  });
}

/** Says something about the other: older ones about older ones, newer ones about newer ones of their major. */
function comparable(tried: Release, other: Release): boolean {
  return tried.newer === other.newer && (!other.newer || majorOf(tried.version) >= majorOf(other.version));
}

function majorOf(version: string): number {
  return Number.parseInt(version, 10) || 0;
}

/** Type, message and innermost function of a package; undefined when the boot did not end in one. */
function faultOf({ evidence }: BootRecord): string | undefined {
  const exception = evidence.faults[0]?.chain.at(-1);
  const inside = exception?.frames.findLast(({ owner }) => owner === 'package');
  if (exception === undefined || inside === undefined) return undefined;
  const module = inside.file.replace(/^.*(?:site|dist)-packages\//, '');
  return JSON.stringify([exception.type, exception.message.replaceAll(/0x[0-9a-f]+/gi, '0x'), module, inside.function]);
}
