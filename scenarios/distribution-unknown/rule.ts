import { privateIndexes } from '../../source/private-indexes.ts';
import type { PackageIndex } from '../../source/types.ts';
import { installFindings, isUnknown } from '../mechanisms/installs.ts';
import { list } from '../mechanisms/words.ts';
import type { Rule } from '../types.ts';

const kind = 'distribution-unknown';

export const rule: Rule = {
  kind,
  stage: 'install',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'The manifest names a package that the package index does not have.',
  detect: (evidence, source, index) => (privateIndexes(source).length > 0 ? [] : installFindings(kind, isUnknown, {
    what: (name) => `The package index has no package ${name}.`,
    why: (name) => `The name is misspelt, or the package was deleted or never published.${meant(name, index)}`,
    todo: (name, manifest) => `Write the right name into ${manifest}, or take ${name} out.${meant(name, index)} Nothing is installed on a guess: names that nearly are another one's are where malware waits.`,
  }, evidence, source, index)),
};

/** An import name that was taken for a package, or a slip of a well-known name. */
function meant(name: string, index: PackageIndex): string {
  const provider = index.known[name];
  const near = provider === undefined ? index.lookAlikes?.[name] ?? [] : [provider];
  return near.length === 0 ? '' : ` It may have been meant as ${list(near)}.`;
}
