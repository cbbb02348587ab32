/**
 * What a newer major release removed, an older one still has. Going back is offered behind every rewrite, since it also gives up what the
 * newer release brought; whether the older one really has it, and starts, the boot decides.
 */
import { normaliseName, replaceRequirement, addRequirement } from '../../source/manifest.ts';
import type { Distribution, PackageIndex, Source } from '../../source/types.ts';
import type { Fix } from '../types.ts';
import { declared, manifestOf } from './distributions.ts';
import { topLevel } from './names.ts';
import { fixOf } from './words.ts';

/** The distribution that a module comes from. */
export function distributionOf(module: string, index: PackageIndex): Distribution | undefined {
  return index.distributions.find((distribution) => distribution.modules.includes(topLevel(module)));
}

/**
 * `2.1.9` → `2`; `0.28.1` → `0.28`: below 1.0 the second number is the one that breaks things. `0.0.27` and `0.165.0` → undefined: with so many
 * releases the one before the last is no other generation.
 */
export function breakingPart(version: string): string | undefined {
  const [major = '', minor = ''] = version.split('.');
  if (!/^\d+$/.test(major)) return undefined;
  if (major !== '0') return major;
  return /^[1-9]\d?$/.test(minor) ? `0.${minor}` : undefined;
}

/** Requires a release below the installed major; none when a lock file or the manifest itself already decides. */
export function olderRelease(module: string, missing: string, source: Source, index: PackageIndex): readonly Fix[] {
  const installed = distributionOf(module, index);
  const limit = installed === undefined ? undefined : breakingPart(installed.version);
  if (installed === undefined || limit === undefined || limit === '0.1' || limit === '1' || ['uv-lock', 'none'].includes(source.install.kind)) return [];
  const known = declared(source, installed.name);
  if (known !== undefined && /==|<|~=|\^/.test(known.specifier)) return [];
  // A lower bound inside the major that is to be avoided would exclude everything.
  const floor = known?.specifier.split(',').find((part) => part.trim().startsWith('>='))?.trim();
  const bound = floor !== undefined && reaches(floor.slice(2).trim(), limit) ? '' : `${floor ?? ''}${floor === undefined ? '' : ','}`;
  const line = `${known?.text.split(/[=<>!~;\s(]/)[0]?.trim() || installed.name}${bound}<${limit}`;
  return fixOf({
    title: `Require ${normaliseName(installed.name)} below ${limit} in ${manifestOf(source)}`, safety: 'likely',
    edits: known === undefined ? addRequirement(source, line) : replaceRequirement(source, installed.name, line),
    explanation: `${installed.name} ${installed.version} does not have ${missing}; the last release before ${limit} may still have it. Rewriting the code for the newer release is the lasting cure.`,
  });
}

function reaches(version: string, limit: string): boolean {
  const numbers = (text: string): readonly number[] => text.split('.').map((part) => Number.parseInt(part, 10) || 0);
  const [a, b] = [numbers(version), numbers(limit)];
  for (let at = 0; at < b.length; at += 1) if ((a[at] ?? 0) !== (b[at] ?? 0)) return (a[at] ?? 0) > (b[at] ?? 0);
  return true;
}
