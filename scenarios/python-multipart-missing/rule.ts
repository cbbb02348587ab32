import { raised } from '../mechanisms/faults.ts';
import { optionalPackage } from '../mechanisms/optional-packages.ts';
import type { Rule } from '../types.ts';

const kind = 'python-multipart-missing';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'A route reads form data, and the package that parses forms is not installed.',
  table: "the package of FastAPI's forms",
  detect: (evidence, source, index) => optionalPackage({
    kind, distribution: 'python-multipart', need: 'FastAPI needs it to read forms and uploaded files',
    // Form data requires "python-multipart" to be installed.
    found: (seen) => raised(seen, ['RuntimeError', 'AssertionError'], /requires? "?`?python-multipart`?"? to be installed|python-multipart library must be installed/),
  }, evidence, source, index),
};
