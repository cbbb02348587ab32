/** Boots a recorded case again, and its fixed tree: does the world still behave as recorded, and does a fix help? */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Runtime } from '../../agent/runtime.ts';
import { stageRank } from '../../parsers/boot-output.ts';
import type { Stage } from '../../parsers/boot-output.ts';
import { parse } from '../../parsers/parse.ts';
import { fingerprint } from '../../scenarios/types.ts';
import type { Finding, Fix } from '../../scenarios/types.ts';
import { applyEdits } from '../../source/edits.ts';
import { bootOnce, layAndRead } from './boot-scenario.ts';
import { firstFix, readExpected } from './recording.ts';
import { applied, ask } from './replay-case.ts';

/** What differs, one sentence each; empty when all is as recorded. */
export async function checkCase(runtime: Runtime, name: string, signal: AbortSignal): Promise<readonly string[]> {
  const kind = name.split('/')[0] ?? name;
  await using laid = await layAndRead(name);
  const expected = await readExpected(laid.laid.folder);
  const { output, index } = await bootOnce(runtime, laid, signal);
  const before = parse(output);
  const { findings, crashes } = ask(before, laid.source, index, kind);
  const problems = crashes.map((crash) => `the rule ${crash.kind} crashed: ${crash.error}`);
  const kinds = [...new Set(findings.map((finding) => finding.kind))].join(', ') || 'nothing';
  const wanted = [...new Set(expected.map((finding) => finding.kind))].join(', ') || 'nothing';
  if (kinds !== wanted) problems.push(`the boot shows ${kinds}; recorded was ${wanted}`);

  const first = firstFix(findings);
  if (first === undefined) return problems;
  // As in the loop: the first candidate that helps is enough, and the others may fail.
  const failures: string[] = [];
  for (const fix of first.finding.candidates.filter(({ safety, edits }) => safety !== 'manual' && edits.length > 0)) {
    const failure = await tryFix(runtime, name, { finding: first.finding, fix, before: before.stage }, signal);
    if (failure === null) return problems;
    failures.push(failure);
  }
  return [...problems, ...failures];
}

interface Trial {
  readonly finding: Finding;
  readonly fix: Fix;
  readonly before: Stage;
}

/** Why the fix does not help; null when the fault is gone and the boot stops no earlier. */
async function tryFix(runtime: Runtime, name: string, { finding, fix, before }: Trial, signal: AbortSignal): Promise<string | null> {
  await using laid = await layAndRead(name);
  for (const [path, text] of applyEdits(laid.source.files, fix.edits)) {
    await mkdir(dirname(join(laid.tree, path)), { recursive: true });
    await writeFile(join(laid.tree, path), text);
  }
  const source = applied(laid.source, fix.edits);
  const { output, index } = await bootOnce(runtime, { laid: laid.laid, tree: laid.tree, source }, signal);
  const after = parse(output);
  if (stageRank(after.stage) < stageRank(before)) return `after “${fix.title}” the boot stops at ${after.stage}, before it did at ${before}`;
  const { findings } = ask(after, source, index, finding.kind);
  return findings.some((other) => fingerprint(other) === fingerprint(finding)) ? `after “${fix.title}” the same fault is still there` : null;
}
