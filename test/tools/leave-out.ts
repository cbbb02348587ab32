/**
 * `npm run leave-out`: replays every recorded case without our special tables of names, and says what mechanisms alone still find and heal. A
 * table is a rule that marks itself with `table`, and the list of import names that differ from their distribution.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { parse } from '../../parsers/parse.ts';
import { allRules, detectAll } from '../../scenarios/load.ts';
import type { Rule } from '../../scenarios/types.ts';
import { caseFolder, listScenarios } from './lay-case.ts';
import { patchOf, readExpected, readRecording } from './recording.ts';
import { recordedSource } from './replay-case.ts';

interface Row {
  readonly kind: string;
  /** The file is still named. */
  readonly diagnosed: boolean;
  /** The same bytes are still changed; absent when the case has no fix. */
  readonly healed?: boolean;
}

async function replayWithout(name: string, rules: readonly Rule[]): Promise<Row | undefined> {
  const folder = caseFolder(name);
  const [recording, expected] = [await readRecording(folder), await readExpected(folder).catch(() => [])];
  const [first] = expected;
  if (recording === null || first === undefined) return undefined;
  const source = await recordedSource(name, recording);
  const { findings } = detectAll(parse(recording.output), source, { ...recording.index, known: {} }, rules);
  const patch = await readFile(join(folder, 'fix.patch'), 'utf8').catch(() => '');
  const diagnosed = findings.some(({ kind, file }) => kind !== 'unknown-failure' && file === first.file);
  return { kind: first.kind, diagnosed, ...(patch === '' ? {} : { healed: findings.some((finding) => finding.candidates.some((fix) => patchOf(source, fix) === patch)) }) };
}

const all = allRules();
const tabled = all.filter(({ table }) => table !== undefined);
const about = all.filter(({ category }) => category === 'IMPORT' || category === 'DEPENDENCY').map(({ kind }) => kind);
const { cases } = await listScenarios();
const rows = (await Promise.all(cases.map((name) => replayWithout(name, all.filter((rule) => !tabled.includes(rule)))))).filter((row) => row !== undefined);

const share = (part: number, whole: number): string => `${part}/${whole}`;
const lineOf = (title: string, mine: readonly Row[]): string => {
  const mendable = mine.filter(({ healed }) => healed !== undefined);
  return `| ${title} | ${share(mine.filter(({ diagnosed }) => diagnosed).length, mine.length)} | ${share(mendable.filter(({ healed }) => healed === true).length, mendable.length)} |`;
};
const ours = rows.filter(({ kind }) => about.includes(kind));
process.stdout.write(`${[
  '| Without tables of names | Diagnosed | Healed |', '|---|--:|--:|',
  ...about.filter((kind) => ours.some((row) => row.kind === kind)).map((kind) => lineOf(`${kind}${tabled.some((rule) => rule.kind === kind) ? ' (its rule left out)' : ''}`, ours.filter((row) => row.kind === kind))),
  lineOf('**import and dependency kinds**', ours), lineOf('**all kinds**', rows),
].join('\n')}\n\n${share(all.length - tabled.length, all.length)} kinds have no table at all. Tables: ${tabled.map(({ kind, table }) => `${kind} (${table})`).join('; ')}; and the import names that differ from their distribution.\n`);
