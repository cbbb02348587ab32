import { removedModules } from '../mechanisms/removed-modules.ts';
import type { Rule } from '../types.ts';

const kind = 'removed-distutils';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'The module distutils is gone from the standard library, and something imports it.',
  refines: ['third-party-module-not-found', 'import-name-differs'],
  detect: (evidence, source, index) => removedModules(kind, evidence, source, index),
};
