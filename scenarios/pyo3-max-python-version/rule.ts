import { installFindings, reasonOf } from '../mechanisms/installs.ts';
import type { Rule } from '../types.ts';

const kind = 'pyo3-max-python-version';

export const rule: Rule = {
  kind,
  stage: 'install',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'A pinned package written in Rust refuses to be built for this Python.',
  refines: ['source-build-fails'],
  detect: (evidence, source, index) => installFindings(kind, (facts) => facts.problem === 'build' && /PyO3/i.test(facts.reason), {
    what: (name, python) => `${name} cannot be installed on Python ${python}: there is no wheel for it, and its source refuses to be built.`,
    why: (name, facts) => `Without a wheel the source of ${name} is built, and it says: ${reasonOf(facts)}.`,
    todo: (name, manifest) => `Name a version of ${name} in ${manifest} that has a wheel for this Python; when another package brings it, a newer version of that one.`,
  }, evidence, source, index),
};
