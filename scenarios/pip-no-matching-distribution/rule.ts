import { installFindings, isUnknown, reasonOf } from '../mechanisms/installs.ts';
import type { Rule } from '../types.ts';

const kind = 'pip-no-matching-distribution';

export const rule: Rule = {
  kind,
  stage: 'install',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'A pinned version does not exist.',
  detect: (evidence, source, index) => installFindings(kind, (facts, fault) => facts.problem === 'no-version' && !isUnknown(facts, fault), {
    what: (name) => `There is no ${name} to install.`,
    // Only an index of its own has builds with a label: torch==2.8.0+cpu
    why: (_name, facts) => ((facts.version ?? '').includes('+')
      ? `The label behind the + names a build that lies on an index of its own, not on the package index; the release without it may do the same: ${reasonOf(facts)}.`
      : `The package index has other versions of it, and not this one; it never existed, was deleted, or was yanked: ${reasonOf(facts)}.`),
    todo: (name, manifest) => `Name a version of ${name} in ${manifest} that exists.`,
  }, evidence, source, index),
};
