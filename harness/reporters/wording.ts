/** Sentences that every report of a run says the same way. */
import type { AuditReport } from '../report/schema.ts';

/** `src.main:app starts on Python 3.14.8 with 4 fixes` */
export function verdictSentence({ verdict, backend, stage_after, issues }: AuditReport): string {
  const where = `on Python ${backend.python}`;
  switch (verdict) {
    case 'healthy': return `${backend.app} starts ${where} as it is`;
    case 'healed': {
      const fixes = issues.filter(({ applied }) => applied).length;
      return `${backend.app} starts ${where} with ${fixes === 1 ? '1 fix' : `${fixes} fixes`}`;
    }
    case 'not_healthy': return `${backend.app} ${stage_after === 'healthy' ? 'was not confirmed' : `stops at ${stage_after}`} ${where}`;
    case 'not_booted': return `${backend.app} was not booted`;
  }
}
