import { installFindings } from '../mechanisms/installs.ts';
import type { Rule } from '../types.ts';

const kind = 'uv-no-wheel-abi-tag';

export const rule: Rule = {
  kind,
  stage: 'install',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'A pinned package has builds for other Pythons only.',
  detect: (evidence, source, index) => installFindings(kind, (facts) => facts.problem === 'no-wheel', {
    what: (name, python) => `${name} has no wheel for Python ${python}, and its source is not published or did not build in time.`,
    why: (name, _facts, python) => `The published files of ${name} are for other Pythons. A release that came out after Python ${python} has one for it.`,
    todo: (name, manifest) => `Name a version of ${name} in ${manifest} that has a wheel for this Python.`,
  }, evidence, source, index),
};
