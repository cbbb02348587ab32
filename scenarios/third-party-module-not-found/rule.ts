import { undeclaredInBoot, undeclaredInTree } from '../mechanisms/undeclared.ts';
import type { Rule } from '../types.ts';

const kind = 'third-party-module-not-found';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'The code imports a package that the manifest does not install.',
  detect: (evidence, source, index) => undeclaredInBoot(kind, 'same', evidence, source, index),
  scan: (source, index) => undeclaredInTree(kind, 'same', source, index),
};
