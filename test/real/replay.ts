/** The report is executable: plain text replacement, in fix order, and nothing else. Written without any of our edit code, on purpose. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AuditReport, CodeFix } from '../../harness/report/schema.ts';

/** Applies every applied issue of a report to a tree; throws when an `old_code` does not occur exactly once. */
export async function replay(report: AuditReport, tree: string): Promise<void> {
  for (const entry of report.fix_order) {
    const issue = report.issues.find(({ id }) => id === entry.issue_id);
    if (issue === undefined) throw new Error(`fix_order names ${entry.issue_id}, which is no issue`);
    if (!issue.applied) continue;
    for (const edit of [issue.exact_fix, ...issue.further_edits]) await replace(edit, join(tree, report.backend.root));
  }
}

async function replace(edit: CodeFix, root: string): Promise<void> {
  const path = join(root, edit.file_path);
  if (edit.old_code === '') {
    await writeFile(path, edit.new_code, { flag: 'wx' });
    return;
  }
  const before = await readFile(path, 'utf8');
  const parts = before.split(edit.old_code);
  if (parts.length !== 2) throw new Error(`${edit.file_path}: old_code occurs ${parts.length - 1} times: ${JSON.stringify(edit.old_code)}`);
  await writeFile(path, parts.join(edit.new_code));
}
