import { crashesIn } from '../mechanisms/crashes.ts';
import { crashFinding } from '../mechanisms/version-findings.ts';
import type { Rule } from '../types.ts';

const kind = 'pydantic-v1-on-314';

/** `unable to infer type for attribute "name"` */
const UNREAD = /^unable to infer type for attribute "/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'Models of pydantic 1 cannot read their annotations on Python 3.14.',
  refines: ['third-party-crash'],
  detect: (evidence, source, index) => {
    // No release of pydantic 1 can do it: only what brings pydantic 2 is worth a boot.
    const resolutions = (index.resolutions ?? []).filter(({ moves }) => moves.some(({ name, to }) => name === 'pydantic' && !to.startsWith('1.')));
    return crashesIn(evidence, index).filter(({ exception }) => UNREAD.test(exception.message)).slice(0, 1)
      .flatMap((crash) => crashFinding(kind, crash, source, { ...index, resolutions }));
  },
};
