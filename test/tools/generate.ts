/** Writes every file that is made from code. `npm run generate`; a test fails when the result differs from what is committed. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fixerReplyJsonSchema, fixerRequestJsonSchema } from '../../harness/fixer/contract.ts';
import { auditReportJsonSchema, issueJsonSchema } from '../../harness/report/schema.ts';
import { kindPages } from './generate-kinds.ts';

/** Generated files: path from the repository root → content. */
export function generatedFiles(): ReadonlyMap<string, string> {
  return new Map([
    ['contracts/issue.schema.json', json(issueJsonSchema())],
    ['contracts/audit-report.schema.json', json(auditReportJsonSchema())],
    ['contracts/fixer-request.schema.json', json(fixerRequestJsonSchema())],
    ['contracts/fixer-reply.schema.json', json(fixerReplyJsonSchema())],
    ...kindPages(),
  ]);
}

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

async function writeAll(root: string): Promise<void> {
  for (const [path, content] of generatedFiles()) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
    process.stdout.write(`${path}\n`);
  }
}

if (import.meta.main) await writeAll(fileURLToPath(new URL('../..', import.meta.url)));
