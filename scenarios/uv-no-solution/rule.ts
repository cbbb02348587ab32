import { installFindings, reasonOf } from '../mechanisms/installs.ts';
import type { Rule } from '../types.ts';

const kind = 'uv-no-solution';

export const rule: Rule = {
  kind,
  stage: 'install',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'Requirements of the manifest exclude each other.',
  detect: (evidence, source, index) => installFindings(kind, (facts) => facts.problem === 'conflict', {
    what: () => 'The requirements exclude each other: no set of versions satisfies all of them.',
    why: (_name, facts) => `The resolver says: ${reasonOf(facts)}`,
    todo: (_name, manifest) => `Give one of the two sides in ${manifest} the room that the other one needs.`,
  }, evidence, source, index),
};
