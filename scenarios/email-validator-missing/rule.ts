import { raised } from '../mechanisms/faults.ts';
import { optionalPackage } from '../mechanisms/optional-packages.ts';
import type { Rule } from '../types.ts';

const kind = 'email-validator-missing';

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'A model has an e-mail field, and the package that checks e-mail addresses is not installed.',
  table: 'the extra that pydantic names in its message',
  refines: ['third-party-module-not-found', 'import-name-differs'],
  detect: (evidence, source, index) => optionalPackage({
    kind, distribution: 'email-validator', need: 'pydantic needs it to check e-mail addresses',
    // email-validator is not installed, run `pip install 'pydantic[email]'`
    found: (seen) => raised(seen, ['ImportError'], /^email-validator is not installed/),
  }, evidence, source, index),
};
