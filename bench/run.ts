/**
 * `npm run bench`: where the time of one healed run goes, and what an attempt costs over a bare start. Writes its table into
 * bench/README.md between the marks. Ratios are taken within one run; the absolute seconds beside them are of this machine.
 */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { HarnessError } from '../agent/errors.ts';
import { measureAttempts } from './attempts.ts';
import type { Attempts } from './attempts.ts';
import { BENEATH, measureCompound } from './compound.ts';
import type { Compound } from './compound.ts';
import { measureHeal } from './heal.ts';
import { HEALTHY } from './lay.ts';
import type { Heal } from './heal.ts';

const page = join(import.meta.dirname, 'README.md');
const RUNTIMES = ['docker', 'local'] as const;
type RuntimeName = (typeof RUNTIMES)[number];

async function main(signal: AbortSignal): Promise<number> {
  const { values } = parseArgs({ options: { runtime: { type: 'string' }, rounds: { type: 'string', default: '5' } } });
  const asked = RUNTIMES.filter((name) => values.runtime === undefined || values.runtime === name);
  if (asked.length === 0) throw usage(values.runtime ?? '');
  const sections: string[] = [];
  for (const runtime of asked) {
    const folder = await mkdtemp(join(tmpdir(), 'boot-check-bench-'));
    try {
      say(`${runtime}: warming up, then one measured heal`);
      const heal = await measureHeal(runtime, folder, signal);
      say(`${runtime}: attempts against bare starts`);
      const attempts = await measureAttempts(runtime, HEALTHY, Number(values.rounds), signal);
      say(`${runtime}: ten hidden faults`);
      const beneath = await measureAttempts(runtime, BENEATH, Number(values.rounds), signal);
      sections.push(section(runtime, heal, attempts) + compoundSection(await measureCompound(runtime, folder, signal), beneath));
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  const text = sections.join('\n');
  await writeFile(page, insert(await readFile(page, 'utf8'), text));
  process.stdout.write(`${text}\n`);
  return 0;
}

/** Puts the text between the page's marks. */
export function insert(readme: string, text: string): string {
  const [before, rest] = readme.split('<!-- bench -->\n', 2);
  const after = rest?.split('<!-- /bench -->', 2)[1];
  if (before === undefined || after === undefined) throw new Error('bench/README.md has lost its marks.');
  return `${before}<!-- bench -->\n${text}<!-- /bench -->${after}`;
}

function section(runtime: RuntimeName, heal: Heal, attempts: Attempts): string {
  const rows = heal.parts.map(({ what, seconds }) => `| ${what} | ${seconds.toFixed(1)} s | ${percent(seconds / heal.total)} |`);
  return `### ${runtime}, Python ${heal.python}

One healed run, warm: ${heal.total.toFixed(1)} s, ${heal.boots} boots.

| Spent on | Seconds | Share |
|---|---|---|
${rows.join('\n')}

One attempt over a bare start in the same place, medians of ${attempts.rounds}:

| Start | Seconds | Of a bare start |
|---|---|---|
| \`uvicorn\` alone, until it answers | ${attempts.bare.toFixed(2)} s | |
| attempt, cold | ${attempts.cold.toFixed(2)} s | ${ratio(attempts.cold / attempts.bare)} |
| attempt, forked | ${attempts.forked.toFixed(2)} s | ${ratio(attempts.forked / attempts.bare)} |
| attempt, forked, that fails while it imports | ${attempts.failing.toFixed(2)} s | ${ratio(attempts.failing / attempts.bare)} |
`;
}

function compoundSection(compound: Compound, { bare }: Attempts): string {
  return `
Ten faults that hide each other, ${compound.fixes} fixes, ${compound.total.toFixed(0)} s in all: the ${compound.attempts} attempts took ${compound.searching.toFixed(1)} s, which is ${(compound.searching / bare).toFixed(1)}
bare starts of the healthy app (${bare.toFixed(2)} s each); the ${compound.drops} boots that show each fix to be needed took ${compound.minimising.toFixed(1)} s (${(compound.minimising / bare).toFixed(1)}).
`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

function ratio(value: number): string {
  return `${value.toFixed(2)} ×`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function usage(runtime: string): HarnessError {
  return new HarnessError({ code: 'usage', what: `There is no runtime ${runtime}.`, why: 'The bench knows docker and local.', hint: 'Leave --runtime out for both.', exitCode: 2 });
}

if (import.meta.main) {
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort());
  try {
    process.exitCode = await main(interrupt.signal);
  } catch (error) {
    if (!(error instanceof HarnessError)) throw error;
    say(`${error.message} ${error.why} ${error.hint}`);
    process.exitCode = error.exitCode;
  }
}
