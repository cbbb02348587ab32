/** Boots a recorded case again, and its fixed tree: does the world still behave as recorded, and does the fix help? */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Runtime } from '../../agent/runtime.ts';
import { stageRank } from '../../parsers/boot-output.ts';
import { parse } from '../../parsers/parse.ts';
import { fingerprint } from '../../scenarios/types.ts';
import { applyEdits } from '../../source/edits.ts';
import { bootOnce, layAndRead } from './boot-scenario.ts';
import { firstFix, readExpected } from './recording.ts';
import { applied, ask } from './replay-case.ts';

/** What differs, one sentence each; empty when all is as recorded. */
export async function checkCase(runtime: Runtime, name: string, signal: AbortSignal): Promise<readonly string[]> {
  await using laid = await layAndRead(name);
  const expected = await readExpected(laid.laid.folder);
  const broken = await bootOnce(runtime, laid, signal);
  const before = parse(broken.output);
  const kind = name.split('/')[0] ?? name;
  const { findings, crashes } = ask(before, laid.source, broken.index, kind);
  const problems = crashes.map(({ kind, error }) => `the rule ${kind} crashed: ${error}`);
  const kinds = [...new Set(findings.map(({ kind }) => kind))];
  const wanted = [...new Set(expected.map(({ kind }) => kind))];
  if (kinds.join() !== wanted.join()) problems.push(`the boot shows ${kinds.join(', ') || 'nothing'}; recorded was ${wanted.join(', ') || 'nothing'}`);

  const first = firstFix(findings);
  if (first === undefined) return problems;
  for (const [path, text] of applyEdits(laid.source.files, first.fix.edits)) {
    await mkdir(dirname(join(laid.tree, path)), { recursive: true });
    await writeFile(join(laid.tree, path), text);
  }
  const healed = { laid: laid.laid, tree: laid.tree, source: applied(laid.source, first.fix.edits) };
  const fixed = await bootOnce(runtime, healed, signal);
  const after = parse(fixed.output);
  if (stageRank(after.stage) < stageRank(before.stage)) problems.push(`after “${first.fix.title}” the boot stops at ${after.stage}, before it did at ${before.stage}`);
  const mark = fingerprint(first.finding);
  const still = ask(after, healed.source, fixed.index, kind).findings.some((finding) => fingerprint(finding) === mark);
  if (still) problems.push(`after “${first.fix.title}” the same fault is still there`);
  return problems;
}
