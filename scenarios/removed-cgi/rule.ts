import { removedModules } from '../mechanisms/removed-modules.ts';
import type { Rule } from '../types.ts';

const kind = 'removed-cgi';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'A module that PEP 594 took out of the standard library is imported.',
  refines: ['third-party-module-not-found', 'import-name-differs'],
  detect: (evidence, source, index) => removedModules(kind, evidence, source, index),
};
