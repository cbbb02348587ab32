import { raised } from '../mechanisms/faults.ts';
import { wrongDistribution } from '../mechanisms/wrong-distribution.ts';
import type { Rule } from '../types.ts';

const kind = 'multipart-wrong-package';

/** `Form data requires "python-multipart" to be installed. It seems you installed "multipart" instead.` */
const INSTEAD = /It seems you installed "multipart" instead/;

export const rule: Rule = {
  kind,
  stage: 'install',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'The package multipart is installed where python-multipart is meant.',
  refines: ['python-multipart-missing'],
  detect: (evidence, source, index) => wrongDistribution({ kind, module: 'multipart', said: 'python-multipart', found: (seen) => raised(seen, ['RuntimeError'], INSTEAD) }, evidence, source, index),
};
