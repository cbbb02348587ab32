/** Checks a report against its draft-07 schema with ajv, as any other program would. */
import { Ajv } from 'ajv';
import { auditReportJsonSchema } from './schema.ts';
import type { AuditReport } from './schema.ts';

/** One sentence per violation; empty when the report is valid. */
export function reportViolations(report: AuditReport): string[] {
  const ajv = new Ajv({ allErrors: true, strict: true });
  const validate = ajv.compile(auditReportJsonSchema());
  if (validate(report)) return [];
  return (validate.errors ?? []).map((error) => `${error.instancePath || '/'} ${error.message ?? 'is invalid'}`);
}
