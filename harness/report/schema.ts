/**
 * The report's types. Everything else about the report is made from this file: the TypeScript types, the draft-07
 * schemas in contracts/ (`npm run generate`) and the check that every report passes before it is written.
 * Names are snake_case because the report is read by other programs; paths are relative to the backend root.
 */
import { z } from 'zod';
import { STAGES } from '../../parsers/boot-output.ts';

const severity = z.enum(['CRITICAL', 'HIGH', 'MEDIUM', 'LOW']);
const category = z.enum(['IMPORT', 'DEPENDENCY', 'DATABASE', 'CONFIG', 'ENTRYPOINT']);
const stage = z.enum(STAGES);
const safety = z.enum(['safe', 'likely', 'manual']);
const phase = z.enum(['dependency_audit', 'import_scan', 'database_verification', 'entrypoint_validation']);
const count = z.int().min(0);
const seconds = z.number().min(0);
const bootNumber = z.int().min(1);
const issueId = z.string().regex(/^[A-Z]+-[0-9]{3}$/);
const sentence = z.string().min(10);

export const codeFix = z.object({
  file_path: z.string().min(1),
  old_code: z.string().describe('Occurs exactly once in the file when its turn comes; empty for a new file.'),
  new_code: z.string(),
  explanation: z.string(),
});

/** The record other programs share: what is required here is the whole contract, the rest is what a run adds. */
export const issueSchema = z.object({
  id: issueId.describe('CATEGORY-NNN'),
  severity: severity.describe('What the boots showed: blocks the start, breaks requests, wrong but running, untidy.'),
  category,
  file_path: z.string().min(1),
  line_number: z.int().min(1).optional(),
  problem_description: sentence,
  root_cause: sentence,
  exact_fix: codeFix,
  related_issues: z.array(issueId).optional(),
  kind: z.string().min(1).optional().describe('Failure kind: `boot-check explain KIND`.'),
  stage: stage.optional().describe('Where on the ladder the fault takes effect.'),
  phase: phase.optional().describe('Audit phase that owns this category.'),
  safety: safety.optional(),
  applied: z.boolean().optional().describe('The fix is in the healed copy.'),
  verified: z.object({ before: bootNumber, after: bootNumber }).nullable().optional()
    .describe('The boot that showed the fault and the boot that showed it gone; null when not booted.'),
  further_edits: z.array(codeFix).optional().describe('Applied after exact_fix, in this order.'),
  alternatives: z.array(z.object({ ...codeFix.shape, safety, further_edits: z.array(codeFix) })).optional()
    .describe('Other candidates for the same issue, not applied.'),
  evidence: z.string().optional().describe('Short excerpt of what the server printed, secrets masked.'),
});

/** An issue as a run writes it: every further field is there, `line_number` only where a line is known. */
const reportedIssue = issueSchema.required({
  related_issues: true, kind: true, stage: true, phase: true, safety: true, applied: true, verified: true,
  further_edits: true, alternatives: true, evidence: true,
});

const unresolved = z.object({
  kind: z.string().min(1),
  stage,
  category,
  file_path: z.string().min(1).optional(),
  line_number: z.int().min(1).optional(),
  problem_description: sentence,
  root_cause: sentence,
  what_to_do: sentence,
  evidence: z.string(),
  seen_in: bootNumber.optional().describe('The boot that showed it; of a start that hangs, its log ends with the stacks of all threads and tasks.'),
  tried: z.array(z.object({ title: z.string(), boot: bootNumber.nullable(), why: z.string() }))
    .describe('Fixes that were tried for it and put back.'),
});

const environmentVariable = z.object({
  name: z.string().min(1),
  required: z.boolean(),
  default: z.string().nullable(),
  value: z.string().nullable().describe('Value of the last boot; null for a secret of the user or the tree.'),
  source: z.enum(['user', 'tree', 'generated']),
  read_at: z.array(z.string()).describe('file:line of each place that reads it'),
});

const check = z.object({ ok: z.boolean(), evidence: z.string() });

export const auditReportSchema = z.object({
  schema_version: z.literal('1.0'),
  verdict: z.enum(['healthy', 'healed', 'not_healthy', 'not_booted']),
  interrupted: z.boolean(),
  backend: z.object({
    root: z.string().describe('Relative to the folder that was given; `.` for itself.'),
    app: z.string(),
    factory: z.boolean(),
    health_path: z.string(),
    python: z.string(),
    runtime: z.enum(['docker', 'local', 'none']).describe('`none`: nothing was booted.'),
    policy: z.enum(['locked', 'newest']),
    command: z.string(),
    working_dir: z.string().describe('Folder the command is started in, relative to the root.'),
    python_path: z.array(z.string()).describe('PYTHONPATH of the command, relative to the root.'),
    manifest: z.string().describe('File the packages are installed from, relative to the root; empty when there is none.'),
    found_by: z.string().describe('Where the app was found: `Dockerfile:9`, `code src/main.py:12`; empty when it was named.'),
    others: z.array(z.object({ root: z.string(), app: z.string(), factory: z.boolean(), found_by: z.string() })).describe('Other backends of the tree, as --root and --app would name them, best first.'),
  }),
  stage_before: stage,
  stage_after: stage,
  boots: count,
  summary: z.object({
    total_files_scanned: count,
    total_issues_found: count.describe('issues + unresolved'),
    critical_issues: count,
    warning_issues: count.describe('HIGH + MEDIUM + LOW'),
    audit_duration_seconds: seconds,
  }),
  issues: z.array(reportedIssue),
  fix_order: z.array(z.object({
    id: z.string().regex(/^(CRITICAL|HIGH|MEDIUM|LOW)-[0-9]{3}$/),
    issue_id: issueId,
    unblocks: z.array(issueId),
    reason: z.string(),
  })),
  dependency_graph: z.array(z.object({ from: issueId, to: issueId, reason: z.string() }))
    .describe('`from` hides `to`: it was not seen before `from` was fixed.'),
  file_plan: z.array(z.object({
    file_path: z.string(),
    applied: z.boolean(),
    issues: z.array(issueId).describe('In the order to fix them.'),
    edits: count,
  })),
  unresolved: z.array(unresolved),
  environment: z.array(environmentVariable),
  checks: z.object({ no_import_error: check, database_engine: check, app_loaded: check, health: check, startup_complete: check }),
  minimal: z.object({ proven: z.boolean(), boots: count }),
  profile: z.object({
    boot: bootNumber, start_seconds: seconds, import_seconds: seconds, lifespan_seconds: seconds.nullable(), health_seconds: seconds.nullable(),
    slow: z.boolean().describe('The start took more than 5 s; the finding `slow-start` says on what.'),
    sampled_boot: bootNumber.optional().describe('The boot that was looked into for what follows.'),
    imports: z.array(z.object({ package: z.string().min(1), seconds })).optional().describe('What importing took, by first name of the module, its own imports left out. Only from a cold start.'),
    lines: z.array(z.object({ file_path: z.string().min(1), line_number: z.int().min(1), seconds })).optional().describe('Lines of the app that computed, blocked or waited.'),
    connect_seconds: seconds.optional().describe('Spent in drivers.'),
    migrations_seconds: seconds.optional().describe('Spent in Alembic, within the server\'s own process.'),
  }).optional().describe('Where the time of the last start went.'),
  routes: z.array(z.object({
    path: z.string(), status: z.int().nullable().describe('null when no answer came'), ok: z.boolean().describe('It answered below 500.'), error: z.string().optional(), boot: bootNumber,
  })).optional().describe('What each declared GET without parameters answered.'),
  prediction: z.object({
    issues: z.array(z.object({
      kind: z.string().min(1), severity, category, file_path: z.string(), line_number: z.int().min(1).optional(), problem_description: sentence,
      outcome: z.enum(['confirmed', 'not_reached', 'refuted']),
      boot: bootNumber.nullable().describe('The boot that said so.'),
    })),
    precision: z.number().min(0).max(1).nullable().describe('Confirmed, of those that a boot decided; null when none was.'),
    recall: z.number().min(0).max(1).nullable().describe('Foreseen, of the faults that boots found; null when there were none.'),
  }).optional().describe('What was foreseen before the first fix, and what the boots made of it.'),
  recommendations: z.array(z.object({ priority: severity, description: sentence, impact: z.string() })),
  timings: z.object({
    total_seconds: seconds,
    boots: z.array(z.object({
      number: bootNumber,
      purpose: z.enum(['baseline', 'attempt', 'minimise', 'confirm', 'restart']),
      stage,
      seconds,
      install_seconds: seconds.nullable(),
      import_seconds: seconds.nullable(),
      lifespan_seconds: seconds.nullable(),
      health_seconds: seconds.nullable(),
    })),
  }),
  diff: z.string().describe('Unified diff from the original tree to the healed copy, secrets masked (fixes.patch has the real bytes).'),
});

/** What one audit phase writes: its share of the report's issues. */
export const phaseReportSchema = z.object({ phase, issues: z.array(reportedIssue) });
export type PhaseReport = z.infer<typeof phaseReportSchema>;

export type AuditReport = z.infer<typeof auditReportSchema>;
export type AuditSummary = AuditReport['summary'];
export type Issue = AuditReport['issues'][number];
export type CodeFix = z.infer<typeof codeFix>;
export type FixOrderEntry = AuditReport['fix_order'][number];
export type Unresolved = AuditReport['unresolved'][number];
export type EnvironmentVariable = AuditReport['environment'][number];
export type Checks = AuditReport['checks'];
export type Recommendation = AuditReport['recommendations'][number];
export type Prediction = NonNullable<AuditReport['prediction']>;
export type Phase = z.infer<typeof phase>;

/** JSON Schema, draft-07, of one issue: contracts/issue.schema.json. */
export function issueJsonSchema(): Record<string, unknown> {
  return draft07('Backend Audit Issue', issueSchema);
}

/** JSON Schema, draft-07, of a whole report: contracts/audit-report.schema.json. */
export function auditReportJsonSchema(): Record<string, unknown> {
  return draft07('Backend Audit Report', auditReportSchema);
}

export function draft07(title: string, schema: z.ZodType): Record<string, unknown> {
  // `io: input` leaves objects open, so that a later version may add a field without breaking older readers.
  const { $schema, ...rest } = z.toJSONSchema(schema, { target: 'draft-7', io: 'input', override: ({ jsonSchema }) => {
    if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  } });
  return { $schema, title, ...rest };
}
