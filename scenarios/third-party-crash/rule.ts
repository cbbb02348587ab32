import { crashesIn } from '../mechanisms/crashes.ts';
import { crashFinding } from '../mechanisms/version-findings.ts';
import type { Rule } from '../types.ts';

const kind = 'third-party-crash';

/** Seen only when no other rule explained the crash: most exceptions that a package raises are about what it was given, not about the package. */
export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'An installed package crashes, and another version of it may not.',
  refines: ['unknown-failure'],
  lastResort: true,
  detect: (evidence, source, index) => crashesIn(evidence, index).slice(0, 1).flatMap((crash) => crashFinding(kind, crash, source, index)),
};
