import { privateIndexes } from '../../source/private-indexes.ts';
import { installFindings, isUnknown } from '../mechanisms/installs.ts';
import { list } from '../mechanisms/words.ts';
import type { Rule } from '../types.ts';

const kind = 'private-index-package';

export const rule: Rule = {
  kind,
  stage: 'install',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'A package comes from a package index of one\'s own, which is never asked.',
  detect: (evidence, source, index) => {
    const own = privateIndexes(source);
    const hosts = [...new Set(own.map(({ host }) => host))];
    if (own.length === 0) return [];
    return installFindings(kind, isUnknown, {
      what: (name) => `The public package index has no package ${name}, and the one at ${list(hosts)} is not asked.`,
      why: () => `${own[0]?.file ?? 'The manifest'} names a package index of its own. A run contacts nothing that belongs to somebody: it may need a login, and it learns who asks.`,
      todo: (name) => `Build a wheel of ${name}, put it into the tree, and name it by its path; or leave ${name} out where the server can start without it.`,
    }, evidence, source, index);
  },
};
