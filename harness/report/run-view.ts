/** What a page about a run shows: the report, and beside it each boot with its log and the fix that was tried in it. Secrets are masked. */
import type { LogLine, Probe, Stage } from '../../parsers/boot-output.ts';
import type { BootPurpose, BootRecord, JournalEvent } from '../types.ts';
import { fixDiffs } from './fix-diffs.ts';
import type { DiffsByIssue } from './fix-diffs.ts';
import type { OriginalFiles } from './lines.ts';
import { maskDeep } from './masking.ts';
import type { Masking } from './masking.ts';
import type { AuditReport } from './schema.ts';

export interface RunView {
  readonly report: AuditReport;
  readonly boots: readonly BootView[];
  readonly diffs: DiffsByIssue;
}

export interface BootView {
  readonly number: number;
  readonly purpose: BootPurpose;
  readonly stage: Stage;
  readonly seconds: number;
  readonly python: string;
  readonly command: string;
  readonly exit: BootRecord['output']['exit'];
  /** The fix that was tried, or left out; null where the boot was for something else. */
  readonly fix: string | null;
  /** What the boot decided about that fix. */
  readonly decision: 'kept' | 'taken back' | 'needed' | 'not needed' | null;
  /** Why it was taken back; empty otherwise. */
  readonly why: string;
  /** The fault that stopped it, in one line; empty when healthy. */
  readonly summary: string;
  readonly lines: readonly LogLine[];
  /** Index of the first line that was kept behind those that were not. Absent: all were kept. */
  readonly dropped: number;
  /** Index ranges into `lines`, `to` exclusive; the fault that stopped the boot first. */
  readonly faults: readonly { readonly from: number; readonly to: number; readonly summary: string }[];
  /** Of a start that hung: what every thread and task was doing; empty otherwise. */
  readonly stacks: string;
  readonly probes: readonly Pick<Probe, 'method' | 'path' | 'from' | 'status' | 'error' | 'at'>[];
}

export function runView(
  report: AuditReport, boots: readonly BootRecord[], journal: readonly JournalEvent[], original: OriginalFiles, masking: Masking,
): RunView {
  return {
    report,
    boots: boots.map((boot) => maskDeep(bootView(boot, journal), masking.text)),
    diffs: fixDiffs(report.issues, original, masking),
  };
}

function bootView({ number, purpose, output, evidence }: BootRecord, journal: readonly JournalEvent[]): BootView {
  return {
    number, purpose, stage: evidence.stage, seconds: output.timings.total, python: output.python, command: output.command.join(' '), exit: output.exit,
    ...tried(number, journal),
    summary: evidence.stage === 'healthy' ? '' : evidence.faults[0]?.summary ?? '',
    lines: output.lines, dropped: output.dropped,
    faults: evidence.faults.filter(({ from, to }) => from >= 0 && to > from).map(({ from, to, summary }) => ({ from, to, summary })),
    stacks: stacksOf(evidence),
    probes: output.probes.map(({ method, path, from, status, error, at }) => ({
      method, path, from, at, ...(status === undefined ? {} : { status }), ...(error === undefined ? {} : { error }),
    })),
  };
}

/** The dump as the parser wrote it down, without its first line, which is the summary. */
export function stacksOf({ faults }: BootRecord['evidence']): string {
  return faults.filter(({ form, text }) => form === 'hang' && text.includes('\n')).map(({ text }) => text.slice(text.indexOf('\n') + 1)).join('\n');
}

/** One boot may prove several fixes that were tried together. */
function keptIn(number: number, journal: readonly JournalEvent[]): readonly string[] {
  return journal.flatMap((event) => (event.type === 'keep' && event.after === number ? [event.title] : []));
}

/** The journal says around each boot what it was for: `try`, boot, then `keep` or `take-back`; boot, then `minimise`. */
function tried(number: number, journal: readonly JournalEvent[]): Pick<BootView, 'fix' | 'decision' | 'why'> {
  const at = journal.findIndex((event) => event.type === 'boot' && event.number === number);
  const next = journal.slice(at + 1).find((event) => event.type === 'keep' || event.type === 'take-back' || event.type === 'minimise' || event.type === 'boot' || event.type === 'try');
  if (at !== -1 && next?.type === 'minimise' && next.boot === number) return { fix: next.title, decision: next.needed ? 'needed' : 'not needed', why: '' };
  if (at !== -1 && next?.type === 'keep' && next.after === number) return { fix: keptIn(number, journal).join('; '), decision: 'kept', why: '' };
  if (at !== -1 && next?.type === 'take-back' && next.after === number) return { fix: next.title, decision: 'taken back', why: next.why };
  return { fix: null, decision: null, why: '' };
}
