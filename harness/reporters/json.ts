/** audit_report.json: the report as other programs read it. */
import type { AuditReport } from '../report/schema.ts';

export function renderJson(report: AuditReport): string {
  return `${JSON.stringify(report, null, 2)}\n`;
}
