import { raised } from '../mechanisms/faults.ts';
import { optionalPackage } from '../mechanisms/optional-packages.ts';
import type { Rule } from '../types.ts';

const kind = 'jinja2-missing';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'The app renders templates, and the template engine is not installed.',
  table: "the package of Starlette's templates",
  refines: ['third-party-module-not-found'],
  detect: (evidence, source, index) => optionalPackage({
    kind, distribution: 'jinja2', need: 'Starlette needs it to render templates',
    // jinja2 must be installed to use Jinja2Templates
    found: (seen) => raised(seen, ['ImportError', 'AssertionError'], /^jinja2 must be installed to use Jinja2Templates/),
  }, evidence, source, index),
};
