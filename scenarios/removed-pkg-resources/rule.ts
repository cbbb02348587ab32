import { removedModules } from '../mechanisms/removed-modules.ts';
import type { Rule } from '../types.ts';

const kind = 'removed-pkg-resources';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'The module pkg_resources is gone from setuptools, and something imports it.',
  refines: ['third-party-module-not-found', 'import-name-differs', 'third-party-crash'],
  detect: (evidence, source, index) => removedModules(kind, evidence, source, index),
};
