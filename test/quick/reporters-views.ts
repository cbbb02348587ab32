/** Runs as a page shows them: healed, stuck, and of an app that would like to take over the page. */
import { maskingFor } from '../../harness/report/masking.ts';
import { buildReport } from '../../harness/report/report.ts';
import type { ReportFacts } from '../../harness/report/report.ts';
import { runView } from '../../harness/report/run-view.ts';
import type { RunView } from '../../harness/report/run-view.ts';
import type { JournalEvent, LoopResult } from '../../harness/types.ts';
import { fingerprint } from '../../scenarios/types.ts';
import { healedRun, stuckRun } from './report-sample.ts';

export async function healedView(): Promise<RunView> {
  return viewOf(...await parts());
}
healedView.parts = parts;

async function parts(changes: Partial<LoopResult> = {}): Promise<[LoopResult, ReportFacts]> {
  const { result, facts } = await healedRun();
  return [{ ...result, ...changes }, facts];
}

export async function stuckView(): Promise<RunView> {
  const { result, facts } = await stuckRun();
  return viewOf(result, facts);
}

/** Stuck at a line that never comes back. */
export async function hangView(): Promise<RunView> {
  const { result, facts } = await stuckRun();
  const text = 'No progress for 30 s; the code waits at src/main.py:14 in lifespan\nthread MainThread:\n  File "src/main.py", line 14, in lifespan';
  const boots = result.boots.map((boot) => ({ ...boot, evidence: { ...boot.evidence, faults: [{ ...boot.evidence.faults[0]!, form: 'hang' as const, text }] } }));
  return viewOf({ ...result, boots }, facts);
}

export const HOSTILE = '</pre></script><script>alert(1)</script><img src=x onerror=alert(1)> "\'><svg onload=alert(1)>';

export async function hostileView(): Promise<RunView> {
  const { result, facts } = await stuckRun();
  const [finding] = result.unresolved;
  const boots = result.boots.map((boot) => ({
    ...boot,
    output: { ...boot.output, command: ['python', HOSTILE], lines: boot.output.lines.map((line) => ({ ...line, text: HOSTILE })) },
    evidence: { ...boot.evidence, faults: boot.evidence.faults.map((fault) => ({ ...fault, summary: HOSTILE, text: HOSTILE })) },
  }));
  const unresolved = [{ ...finding!, file: HOSTILE, what: HOSTILE, why: HOSTILE, todo: HOSTILE }];
  return viewOf({ ...result, boots, unresolved }, { ...facts, backend: { ...facts.backend, app: HOSTILE, manifest: HOSTILE }, environment: [
    { name: HOSTILE, required: true, default: null, value: HOSTILE, source: 'tree', read_at: [HOSTILE], secret: false },
  ] });
}

function viewOf(result: LoopResult, facts: ReportFacts): RunView {
  return runView(buildReport(result, facts), result.boots, journalOf(result), facts.original, maskingFor(facts.secrets));
}

/** What the loop would have written around these boots. */
function journalOf({ boots, kept }: LoopResult): JournalEvent[] {
  let dropped = 0;
  return boots.flatMap(({ number, purpose, evidence: { stage } }): JournalEvent[] => {
    const boot: JournalEvent = { at: number, type: 'boot', number, purpose, stage, seconds: 1, findings: [] };
    const tried = kept.find(({ after }) => after === number);
    if (tried) {
      const name = { fingerprint: fingerprint(tried.finding), title: tried.fix.title };
      return [
        { at: number, type: 'try', ...name, safety: tried.fix.safety, edits: tried.edits }, boot,
        { at: number, type: 'keep', ...name, before: tried.before, after: number, seconds: 1, why: 'The fault is gone.' },
      ];
    }
    const left = purpose === 'minimise' ? kept[dropped++] : undefined;
    return left ? [boot, { at: number, type: 'minimise', fingerprint: fingerprint(left.finding), title: left.fix.title, boot: number, needed: true }] : [boot];
  });
}
