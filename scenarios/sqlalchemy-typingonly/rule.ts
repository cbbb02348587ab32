import { crashesIn } from '../mechanisms/crashes.ts';
import { crashFinding } from '../mechanisms/version-findings.ts';
import type { Rule } from '../types.ts';

const kind = 'sqlalchemy-typingonly';

/** `Class <class 'sqlalchemy.sql.elements.SQLCoreOperations'> directly inherits TypingOnly but has additional attributes {'__static_attributes__'}.` */
const TYPING_ONLY = /^Class <class 'sqlalchemy\.[\w.]{1,200}'> directly inherits TypingOnly/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'SQLAlchemy is older than this Python and cannot be imported on it.',
  refines: ['third-party-crash'],
  detect: (evidence, source, index) =>
    crashesIn(evidence, index).filter(({ exception }) => TYPING_ONLY.test(exception.message)).slice(0, 1).flatMap((crash) => crashFinding(kind, crash, source, index)),
};
