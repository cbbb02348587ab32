/** What an outside fixer gets on stdin and may say on stdout. The schemas in contracts/ are made from this file. */
import { z } from 'zod';
import { STAGES } from '../../parsers/boot-output.ts';
import { codeFix, draft07 } from '../report/schema.ts';

export const fixerRequestSchema = z.object({
  schema_version: z.literal('1.0'),
  issue: z.object({
    kind: z.string().describe('Failure kind: `boot-check explain KIND`; `unknown-failure` when none fits.'),
    stage: z.enum(STAGES),
    category: z.enum(['IMPORT', 'DEPENDENCY', 'DATABASE', 'CONFIG', 'ENTRYPOINT']),
    file_path: z.string().optional().describe('Relative to the backend root, as all paths are.'),
    line_number: z.int().min(1).optional(),
    problem_description: z.string(),
    root_cause: z.string(),
    what_to_do: z.string(),
    evidence: z.string().describe('What the server printed about it, secrets masked.'),
    tried: z.array(z.object({ title: z.string(), why: z.string() })).describe('Fixes that were tried for it and put back, and why; answers of yours among them.'),
  }),
  backend: z.object({
    app: z.string(), factory: z.boolean(), health_path: z.string(), python: z.string(),
    manifest: z.string().describe('File the packages are installed from; empty when there is none.'),
  }),
  files: z.array(z.object({ file_path: z.string(), text: z.string() }))
    .describe('The files the fault names, as they are now, secrets masked. A line with `***` cannot be replaced.'),
  paths: z.array(z.string()).describe('Every text file of the backend.'),
});
export type FixerRequest = z.infer<typeof fixerRequestSchema>;

/** A CodeFix alone is an answer as well; nothing, `null` or `{"fix": null}` means that the fixer knows none. */
const wholeReply = z.object({
  fix: codeFix.nullable(),
  further_edits: z.array(codeFix).optional().describe('Applied after `fix`, in this order.'),
  title: z.string().max(200).optional().describe('Imperative, one line.'),
});
export const fixerReplySchema = z.union([wholeReply, codeFix, z.null()]);
export type FixerReply = z.infer<typeof fixerReplySchema>;

/** JSON Schema, draft-07: contracts/fixer-request.schema.json. */
export function fixerRequestJsonSchema(): Record<string, unknown> {
  return draft07('What an outside fixer gets', fixerRequestSchema);
}

/** JSON Schema, draft-07: contracts/fixer-reply.schema.json. */
export function fixerReplyJsonSchema(): Record<string, unknown> {
  return draft07('What an outside fixer may answer', fixerReplySchema);
}
