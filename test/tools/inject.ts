/**
 * `npm run inject -- [--seed 1] [--count 60] [--faults 1] [--bases a,b] [--runtime local] [--jobs 2] [--out FOLDER] [--store PREFIX]`: breaks healthy
 * backends in ways that are known by construction, runs boot-check on each, and prints a table by operator. Exit 1 when anything healthy was
 * claimed that is not, or a fault was "healed" that nobody can mend, or by taking a route or table away. With `--store` nothing is run: the drawn trees become scenarios/compounds/PREFIX-NN.
 */
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { fewAtOnce } from '../../harness/nightly/few-at-once.ts';
import { drawMany, drawOne, numbersFrom } from './inject/draw.ts';
import type { Mutant } from './inject/operators.ts';
import { HEALTHY, caseFiles, compoundFolder, layScenario } from './lay-case.ts';
import { tryTree } from './try-tree.ts';
import type { Outcome } from './try-tree.ts';

interface Sample {
  readonly base: string;
  readonly mutants: readonly Mutant[];
}

interface Row extends Sample {
  readonly outcome: Outcome;
}

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' }, count: { type: 'string', default: '60' }, faults: { type: 'string', default: '1' },
    bases: { type: 'string', default: HEALTHY.join(',') }, runtime: { type: 'string', default: 'docker' }, jobs: { type: 'string', default: '2' },
    out: { type: 'string', default: join('.boot-check', 'inject') }, only: { type: 'string' }, store: { type: 'string' },
  },
});

async function samples(): Promise<readonly Sample[]> {
  const next = numbersFrom(Number(values.seed));
  const perBase = await Promise.all(values.bases.split(',').map(async (base) => ({ base, tree: new Map(Object.entries((await caseFiles(base)).files)) })));
  const faults = Number(values.faults);
  const queues = perBase.map(({ base, tree }) => (faults === 1
    ? drawOne(tree, next).filter(({ operator }) => values.only === undefined || operator === values.only).map((mutant) => ({ base, mutants: [mutant] }))
    : Array.from({ length: 20 }, () => ({ base, mutants: drawMany(tree, faults, next) })).filter(({ mutants }) => mutants.length === faults)));
  const turns = Math.max(...queues.map(({ length }) => length));
  return Array.from({ length: turns }, (_, turn) => queues.flatMap((queue) => queue[turn] ?? [])).flat().slice(0, Number(values.count));
}

async function run({ base, mutants }: Sample, at: number): Promise<Row> {
  const folder = join(values.out, String(at + 1).padStart(3, '0'));
  await rm(folder, { recursive: true, force: true });
  const { tree, args } = await layScenario(base, join(folder, 'tree'));
  for (const { file, text } of mutants) {
    await mkdir(dirname(join(tree, file)), { recursive: true });
    await (text === null ? rm(join(tree, file)) : writeFile(join(tree, file), text));
  }
  const outcome = await tryTree(tree, join(folder, 'out'), [...args, '--runtime', values.runtime]);
  const row = { base, mutants, outcome };
  await appendFile(join(values.out, 'results.ndjson'), `${JSON.stringify({ at: at + 1, ...row })}\n`);
  process.stdout.write(`${line(at + 1, row)}\n`);
  return row;
}

/** How a run is judged against what is known of its mutants. */
function judged({ mutants, outcome }: Row): 'healed' | 'unaffected' | 'missed' | 'right-to-refuse' | 'false-heal' | 'amputated' | 'crashed' {
  const mendable = mutants.every(({ healable }) => healable);
  if (outcome.verdict === 'crashed') return 'crashed';
  if (outcome.verdict === 'healthy') return 'unaffected';
  if (outcome.verdict === 'healed' && outcome.lost.length > 0) return 'amputated';
  if (outcome.verdict === 'healed') return mendable ? 'healed' : 'false-heal';
  return mendable ? 'missed' : 'right-to-refuse';
}

function located({ mutants, outcome: { first } }: Row): boolean {
  return first !== undefined && mutants.some(({ file, also }) => [file, ...also].some((path) => path === first.file || path.endsWith(`/${first.file}`)));
}

function line(number: number, row: Row): string {
  const { outcome, base, mutants } = row;
  const found = outcome.first === undefined ? '-' : `${outcome.first.kind} ${outcome.first.file}:${outcome.first.line ?? ''}`;
  return `${String(number).padStart(3)} ${judged(row).padEnd(15)} ${base.padEnd(20)} ${mutants.map(({ operator, what }) => `[${operator}] ${what}`).join('; ').slice(0, 140)}\n      ${found}; ${outcome.boots} boots, ${outcome.seconds.toFixed(0)} s${outcome.verdict === 'healed' || outcome.verdict === 'healthy' ? '' : `; ${outcome.why.slice(0, 160)}`}`;
}

function table(rows: readonly Row[]): string {
  const operators = [...new Set(rows.flatMap(({ mutants }) => mutants.map(({ operator }) => operator)))].sort();
  const lines = operators.map((operator) => {
    const mine = rows.filter(({ mutants }) => mutants.some((each) => each.operator === operator));
    const broken = mine.filter((row) => judged(row) !== 'unaffected');
    const count = (verdict: ReturnType<typeof judged>): number => mine.filter((row) => judged(row) === verdict).length;
    return `| ${operator} | ${mine.length} | ${count('unaffected')} | ${broken.filter(located).length}/${broken.length} | ${count('healed')} | ${count('right-to-refuse')} | ${count('missed')} | ${count('false-heal')} | ${count('amputated')} | ${count('crashed')} |`;
  });
  return ['| Operator | Mutants | Still healthy | First finding in the right file | Healed | Rightly refused | Missed | False heals | Amputated | Crashed |', '|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|', ...lines].join('\n');
}

/** The drawn faults as a layer, and beside it what is known of them. */
async function keep({ base, mutants }: Sample, name: string): Promise<void> {
  const folder = compoundFolder(name);
  const what = `${mutants.length} faults over ${base}: ${mutants.map(({ operator }) => operator).join(', ')}.`;
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'layer.json'), `${JSON.stringify({ base, what }, null, 2)}\n`);
  await writeFile(join(folder, 'faults.json'), `${JSON.stringify(mutants.map(({ operator, what, file, line: at }) => ({ operator, what, file, line: at })), null, 2)}\n`);
  for (const { file, text } of mutants) {
    await mkdir(dirname(join(folder, 'overlay', file)), { recursive: true });
    await writeFile(join(folder, 'overlay', file), text ?? '');
  }
}

if (values.store === undefined) {
  await mkdir(values.out, { recursive: true });
  await writeFile(join(values.out, 'results.ndjson'), '');
  const rows = await fewAtOnce(await samples(), Number(values.jobs), run);
  process.stdout.write(`\nSeed ${values.seed}, ${rows.length} mutants, ${values.runtime}\n\n${table(rows)}\n`);
  process.exitCode = rows.some((row) => ['false-heal', 'amputated', 'crashed'].includes(judged(row))) ? 1 : 0;
} else {
  for (const [at, sample] of (await samples()).entries()) await keep(sample, `${values.store}-${String(at + 1).padStart(2, '0')}`);
}
