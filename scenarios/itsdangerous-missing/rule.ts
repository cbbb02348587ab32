import { passesThrough, raised } from '../mechanisms/faults.ts';
import { optionalPackage } from '../mechanisms/optional-packages.ts';
import type { Rule } from '../types.ts';

const kind = 'itsdangerous-missing';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'The app uses session cookies, and the package that signs them is not installed.',
  table: "the package of Starlette's sessions",
  refines: ['third-party-module-not-found'],
  detect: (evidence, source, index) => optionalPackage({
    kind, distribution: 'itsdangerous', need: 'Starlette needs it to sign session cookies',
    // No module named 'itsdangerous', raised in starlette/middleware/sessions.py
    found: (seen) => raised(seen, ['ModuleNotFoundError'], /^No module named 'itsdangerous'/).filter(({ exception }) => passesThrough(exception, 'starlette/middleware/sessions')),
  }, evidence, source, index),
};
