import { undeclaredInBoot, undeclaredInTree } from '../mechanisms/undeclared.ts';
import type { Rule } from '../types.ts';

const kind = 'import-name-differs';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'The code imports a package whose distribution has another name, and the manifest does not install it.',
  refines: ['third-party-module-not-found'],
  detect: (evidence, source, index) => undeclaredInBoot(kind, 'different', evidence, source, index),
  scan: (source, index) => undeclaredInTree(kind, 'different', source, index),
};
