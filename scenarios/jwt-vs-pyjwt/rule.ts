import { raised } from '../mechanisms/faults.ts';
import { wrongDistribution } from '../mechanisms/wrong-distribution.ts';
import type { Rule } from '../types.ts';

const kind = 'jwt-vs-pyjwt';

/** `module 'jwt' has no attribute 'encode'`   `cannot import name 'ExpiredSignatureError' from 'jwt' (…)`   `No module named 'jwt.algorithms'` */
const MISSED = /^module 'jwt' has no attribute|^cannot import name '\w{1,200}' from 'jwt|^No module named 'jwt\./;

export const rule: Rule = {
  kind,
  stage: 'install',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'The package jwt is installed where PyJWT is meant.',
  refines: ['attributeerror-at-import', 'cannot-import-name-third-party', 'third-party-submodule-not-found', 'import-name-differs', 'third-party-module-not-found'],
  detect: (evidence, source, index) => wrongDistribution({ kind, module: 'jwt', found: (seen) => raised(seen, ['AttributeError', 'ImportError', 'ModuleNotFoundError'], MISSED) }, evidence, source, index),
};
