/** What a run ends with: kept fixes in fix order with edits that replay, what still blocks, and what was only noticed. */
import { fingerprint } from '../../scenarios/types.ts';
import type { Finding } from '../../scenarios/types.ts';
import { blocks, inChoosingOrder, inFixOrder } from './choose.ts';
import { shownSeverity } from './judge.ts';
import { replay } from './replay.ts';
import type { Change } from './replay.ts';
import type { Run, Step } from './attempt.ts';
import { foreseenIn, scorePrediction } from './prediction.ts';
import { secretsIn } from '../workspace/secrets.ts';
import { isHealthy } from './session.ts';
import type { State } from './session.ts';
import type { KeptFix, LoopResult, Outcome } from '../types.ts';

export async function conclude(run: Run, outcome: Outcome, cause: unknown): Promise<LoopResult> {
  const { session } = run;
  const hides = hidesOf(run);
  const ask = outcome !== 'interrupted' && outcome !== 'broken';
  let broken = outcome === 'broken' ? { outcome, cause } : undefined;
  const saved = async <T>(value: () => Promise<T> | T, otherwise: T): Promise<T> => {
    try {
      return await value();
    } catch (error) {
      // A fault of ours in the last step must not cost what was proven.
      if (!session.options.signal.aborted) broken ??= { outcome: 'broken', cause: error };
      return otherwise;
    }
  };
  const kept = await saved(() => keptOf(run, hides), run.steps.map((step) => keptStep(run, step)));
  const notes = await saved(() => notesOf(run, { ask }), []);
  const prediction = await saved(() => scorePrediction(run, ask ? foreseenIn(run, run.state) : []), undefined);
  const predicted = prediction === undefined ? {} : { prediction };
  return {
    outcome: broken?.outcome ?? outcome,
    boots: session.boots,
    kept,
    rejected: run.rejected,
    unresolved: unresolvedOf(run),
    notes,
    minimal: run.minimal,
    stageBefore: session.boots[0]?.evidence.stage ?? 'image',
    stageAfter: run.record?.evidence.stage ?? 'image',
    ...(run.record === undefined ? {} : { final: run.record.number }),
    hides,
    ...predicted,
    texts: run.state.texts,
    source: run.state.source,
    ...(broken ? { cause: broken.cause } : {}),
  };
}

/** What no boot had shown before the boot that proved the fix. */
function hidesOf({ steps, session }: Run): LoopResult['hides'] {
  return Object.fromEntries(steps.map(({ finding, after, hides = [] }) => {
    const before = new Set(session.boots.filter((boot) => boot.number < after.number).flatMap((boot) => boot.findings.map((one) => fingerprint(one))));
    return [fingerprint(finding), [...hides, ...after.findings.map((one) => fingerprint(one)).filter((name) => !before.has(name))]];
  }));
}

function keptOf(run: Run, hides: LoopResult['hides']): readonly KeptFix[] {
  const found = run.steps.map((step) => keptStep(run, step));
  const order = inFixOrder(found, hides).map((one) => found.indexOf(one));
  return replay(run.steps.map(changeOf), order, secretsIn).steps.flatMap(({ change, edits }) => {
    const kept = found[change];
    return kept ? [{ ...kept, edits }] : [];
  });
}

function keptStep(run: Run, step: Step): KeptFix {
  const shown = step.tidy ? step.finding.severity : shownSeverity(step.finding, run.without.get(step.fix) ?? step.before);
  return { finding: { ...step.finding, severity: shown }, fix: step.fix, edits: step.edits, ...provenBy(run, step) };
}

/** The boot that showed the fault, and one that showed it gone. Nobody saw a foreseen fault before the boot that left its fix out. */
function provenBy(run: Run, step: Step): Pick<KeptFix, 'before' | 'after' | 'lineAt' | 'since'> {
  const { before, after, finding, fix, group } = step;
  const without = run.without.get(fix);
  if (group === undefined || without === undefined || before.findings.some((other) => fingerprint(other) === fingerprint(finding))) return { before: before.number, after: after.number };
  const later = run.session.boots.find((boot) => boot.number > without.number && (boot.purpose === 'confirm' || boot.purpose === 'restart') && isHealthy(boot));
  return { before: without.number, after: (later ?? after).number, lineAt: before.number, since: after.number };
}

function changeOf(step: Step): Change {
  const files = [...new Set(step.edits.map((edit) => edit.file))];
  const textOf = (state: State, file: string): string | null => state.source.files.get(file)?.text ?? null;
  return {
    edits: leadFirst(step),
    before: new Map(files.map((file) => [file, textOf(step.from, file)])),
    after: new Map(files.map((file) => [file, textOf(step.to, file) ?? ''])),
  };
}

/** The edit of the line that the finding names becomes `exact_fix`, whichever the rule listed first (often an import). */
function leadFirst({ edits, finding, from, lineThere = finding.line }: Step): Step['edits'] {
  const lines = from.source.files.get(finding.file)?.text.split('\n') ?? [];
  if (lineThere === undefined || lineThere > lines.length) return edits;
  const start = lines.slice(0, lineThere - 1).reduce((sum, line) => sum + line.length + 1, 0);
  const end = start + (lines[lineThere - 1]?.length ?? 0);
  const lead = edits.findIndex((edit) => edit.file === finding.file && edit.at <= end && edit.at + edit.old.length >= start);
  return lead <= 0 ? edits : [...edits.slice(lead, lead + 1), ...edits.slice(0, lead), ...edits.slice(lead + 1)];
}

function unresolvedOf(run: Run): readonly Finding[] {
  if (!run.record || isHealthy(run.record)) return [];
  const blocking = run.record.findings.filter((finding) => blocks(finding));
  return blocking.length > 0 ? blocking : run.record.findings;
}

/**
 * What does not block, with the severity that the boots showed. `ask`: the rules' own scan of the tree as well, which needs a place
 * that still answers.
 */
export async function notesOf(run: Run, { ask }: { readonly ask: boolean }): Promise<readonly Finding[]> {
  const { record, state } = run;
  if (!record) return [];
  const settled = new Set([...run.steps.map((step) => step.finding), ...unresolvedOf(run)].map(fingerprint));
  const notes = new Map<string, Finding>();
  for (const finding of [...record.findings, ...(ask ? await scanned(run, state) : [])]) {
    const name = fingerprint(finding);
    if (settled.has(name) || notes.has(name)) continue;
    notes.set(name, isHealthy(record) ? { ...finding, severity: shownSeverity(finding, record) } : finding);
  }
  return inChoosingOrder([...notes.values()]);
}

async function scanned(run: Run, state: State): Promise<readonly Finding[]> {
  const { deps, options, emit } = run.session;
  if (!deps.scan) return [];
  const { findings, crashes } = deps.scan(state.source, await deps.lookup([], state.source, options.signal));
  for (const crash of crashes) emit({ type: 'rule-crashed', ...crash });
  // What is only untidy, with nothing to apply, belongs into an audit.
  return findings.filter(({ severity, candidates }) => severity !== 'LOW' || candidates.length > 0);
}
