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
    why: (_name, facts) => `The package index has other versions of it, and not this one; it never existed, was deleted, or was yanked: ${reasonOf(facts)}.`,
    todo: (name, manifest) => `Name a version of ${name} in ${manifest} that exists.`,
  }, evidence, source, index),
};
