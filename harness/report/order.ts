/** In which order to fix, what hides what, and the plan file by file. */
import { fingerprint } from '../../scenarios/types.ts';
import { nextId } from './drafts.ts';
import type { Draft } from './drafts.ts';
import type { AuditReport, FixOrderEntry, Issue } from './schema.ts';
import type { LoopResult } from '../types.ts';

type Graph = AuditReport['dependency_graph'];

export function dependencyGraph(drafts: readonly Draft[], hides: LoopResult['hides']): Graph {
  const byFingerprint = new Map(drafts.map((draft) => [fingerprint(draft.finding), draft]));
  return drafts.flatMap((draft) => (hides[fingerprint(draft.finding)] ?? []).flatMap((hidden) => {
    const other = byFingerprint.get(hidden);
    if (!other || other === draft) return [];
    const reason = `The start stops at ${draft.finding.stage} before ${placeOf(other)} takes effect at ${other.finding.stage}.`;
    return [{ from: draft.id, to: other.id, reason }];
  }));
}

export function fixOrder(drafts: readonly Draft[], graph: Graph): FixOrderEntry[] {
  const counts = new Map<string, number>();
  return drafts.map((draft) => {
    const unblocks = graph.filter(({ from }) => from === draft.id).map(({ to }) => to);
    return { id: nextId(counts, draft.finding.severity), issue_id: draft.id, unblocks, reason: reasonFor(draft, unblocks) };
  });
}

function reasonFor({ finding, kept }: Draft, unblocks: readonly string[]): string {
  if (!kept) return 'Does not block the start; its fix is described and not applied.';
  const hidden = unblocks.length > 0 ? `; while it stands, ${unblocks.join(', ')} cannot be seen` : '';
  return `${effectOf(finding)}${hidden}; boot ${kept.before} showed it, boot ${kept.after} showed it gone.`;
}

function effectOf({ severity, stage }: Draft['finding']): string {
  if (severity === 'CRITICAL') return `Takes effect at ${stage} and keeps the start from becoming healthy`;
  return severity === 'HIGH' ? 'Breaks requests though the server starts' : 'Does not block the start';
}

/** A file has one entry for what was applied and one for what was not. */
export function filePlan(issues: readonly Issue[]): AuditReport['file_plan'] {
  const plan = new Map<string, AuditReport['file_plan'][number]>();
  for (const { id, applied, exact_fix, further_edits } of issues) {
    for (const { file_path } of [exact_fix, ...further_edits]) {
      const key = `${applied} ${file_path}`;
      const { issues: ids, edits } = plan.get(key) ?? { issues: [] as string[], edits: 0 };
      plan.set(key, { file_path, applied, issues: ids.includes(id) ? ids : [...ids, id], edits: edits + 1 });
    }
  }
  return [...plan.values()];
}

function placeOf({ finding, line }: Draft): string {
  return line === undefined ? finding.file : `${finding.file}:${line}`;
}
