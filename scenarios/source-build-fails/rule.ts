import { installFindings, reasonOf } from '../mechanisms/installs.ts';
import type { Rule } from '../types.ts';

const kind = 'source-build-fails';

export const rule: Rule = {
  kind,
  stage: 'install',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'A package has to be built from its source, and the build fails.',
  detect: (evidence, source, index) => installFindings(kind, (facts) => facts.problem === 'build', {
    what: (name, python, { part }) => (part === undefined
      ? `${name} cannot be installed on Python ${python}: there is no wheel for it, and its source cannot be built.`
      : `${name} cannot be installed on Python ${python}: it needs a release of ${part} that has no wheel for it and whose source cannot be built.`),
    why: (name, facts) => `The build of ${facts.part ?? name} ends with: ${reasonOf(facts)}.`,
    todo: (name, manifest) => `Name a version of ${name} in ${manifest} that has a wheel for this Python or that builds on it.`,
  }, evidence, source, index),
};
