/**
 * `node test/tools/both-ways.ts [NAME …] [--runtime local|docker]`: every recorded case, or those named, booted forked and cold, as a table.
 * Exit 1 when one differs.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { pickRuntime } from '../../harness/pick-runtime.ts';
import { scenariosFolder } from './lay-case.ts';
import { bothWays } from './twice.ts';
import type { Row } from './twice.ts';

function allCases(): readonly string[] {
  return readdirSync(scenariosFolder).flatMap((kind) => {
    try {
      return readdirSync(join(scenariosFolder, kind, 'cases')).map((name) => `${kind}/${name}`);
    } catch {
      return [];
    }
  });
}

function line({ name, cold, forked, differences }: Row): string {
  const way = forked.start?.how === 'fork' ? 'fork' : 'cold';
  const seconds = ({ timings }: Row['cold']): string => `${timings.total.toFixed(2)} s`.padStart(8);
  const why = forked.start?.why === undefined ? '' : `  (${forked.start.why})`;
  return `${differences.length === 0 ? 'same' : 'DIFF'}  ${way}  ${seconds(cold)} ${seconds(forked)}  ${cold.stage.padEnd(9)} ${name}${why}${differences.map((one) => `\n      ${one}`).join('')}`;
}

const { values, positionals } = parseArgs({ options: { runtime: { type: 'string', default: 'local' } }, allowPositionals: true });
const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort());
const runtime = await pickRuntime({ runtime: values.runtime === 'docker' ? 'docker' : 'local', python: '3.14' }, { step: () => undefined, note: () => undefined }, interrupt.signal);
const rows: Row[] = [];
process.stdout.write('      way       cold   forked  stage     case\n');
for await (const row of bothWays(runtime, positionals.length > 0 ? positionals : allCases(), interrupt.signal)) {
  rows.push(row);
  process.stdout.write(`${line(row)}\n`);
}
const forks = rows.filter(({ forked }) => forked.start?.how === 'fork');
const sum = (of: (row: Row) => number): number => forks.reduce((all, row) => all + of(row), 0);
const different = rows.filter(({ differences }) => differences.length > 0).length;
process.stdout.write(`${rows.length} cases, ${forks.length} forked, ${different} different; forks took ${(sum(({ forked }) => forked.timings.total) / sum(({ cold }) => cold.timings.total)).toFixed(2)} of their cold starts\n`);
process.exitCode = different === 0 ? 0 : 1;
