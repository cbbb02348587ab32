import { crashesIn } from '../mechanisms/crashes.ts';
import { crashFinding } from '../mechanisms/version-findings.ts';
import type { Rule } from '../types.ts';

const kind = 'passlib-bcrypt';

/** `password cannot be longer than 72 bytes, truncate manually if necessary (e.g. my_password[:72])` */
const TOO_LONG = /^password cannot be longer than 72 bytes/;

/** `(trapped) error reading bcrypt version`, with a traceback that ends in `module 'bcrypt' has no attribute '__about__'` */
const TRAPPED = /reading bcrypt version|'bcrypt' has no attribute '__about__'/;
const READ = 4_000;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'Passwords cannot be hashed: passlib tests bcrypt with a password that bcrypt 5 refuses.',
  refines: ['third-party-crash'],
  detect: (evidence, source, index) => {
    // It trips over the version first, goes on, and says so in a log record.
    const trapped = evidence.faults.flatMap((fault, at) => (TRAPPED.test(fault.text.slice(0, READ)) ? [at] : []));
    return crashesIn(evidence, index).filter(({ exception, frame }) => TOO_LONG.test(exception.message) && frame.file.includes('/passlib/')).slice(0, 1)
      .flatMap((crash) => crashFinding(kind, crash, source, index)).map((finding) => ({ ...finding, explains: [...(finding.explains ?? []), ...trapped] }));
  },
};
