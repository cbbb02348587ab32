import { shadowed } from '../mechanisms/shadowed.ts';
import type { Rule } from '../types.ts';

const kind = 'script-shadows-third-party';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: "A file of the tree hides an installed package of the same name.",
  refines: ['circular-import', 'cannot-import-name-first-party', 'cannot-import-name-third-party', 'first-party-module-not-found', 'third-party-module-not-found', 'third-party-submodule-not-found', 'import-name-differs', 'attributeerror-at-import'],
  detect: (evidence, source, index) => shadowed(kind, 'package', evidence, source, index),
};
