/**
 * `npm run scenarios -- [--only PATTERN] [--kinds] [--compounds] [--healthy] [--runtime docker] [--jobs 2] [--out FOLDER]`: heals every
 * recorded case, every compound and every healthy backend for real, as a user would, and compares with what is known of them. Prints one
 * table, and every scenario that did not come out as it should. Exit 1 on a false green, a false fix or an amputation: a healed copy
 * without a route or table that its backend had.
 */
import { appendFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { fewAtOnce } from '../../harness/nightly/few-at-once.ts';
import { HEALTHY, caseFolder, compoundFolder, layScenario, listScenarios } from './lay-case.ts';
import { readExpected } from './recording.ts';
import { tryTree } from './try-tree.ts';
import type { Outcome } from './try-tree.ts';

/** What is known of a scenario before it runs. */
interface Truth {
  readonly name: string;
  /** Row of the table. */
  readonly group: string;
  readonly wants: 'healthy' | 'healed' | 'not_healthy';
  /** What the first boot must be found to suffer from; absent for compounds, where any of the faults may come first. */
  readonly first?: { readonly kind: string; readonly file: string; readonly line?: number };
  readonly faults: number;
  /** Healthy backend that the faults were put into. */
  readonly base?: string;
}

interface Row {
  readonly truth: Truth;
  readonly outcome: Outcome;
}

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' }, kinds: { type: 'boolean' }, compounds: { type: 'boolean' }, healthy: { type: 'boolean' },
    runtime: { type: 'string', default: 'docker' }, jobs: { type: 'string', default: '2' }, out: { type: 'string', default: join('.boot-check', 'scenarios') },
  },
});

/** Routes that each healthy backend answers, by its name; healthy ones run first. */
const bases = new Map<string, readonly string[]>();

async function truths(): Promise<readonly Truth[]> {
  const all = !values.kinds && !values.compounds && !values.healthy;
  const { cases, compounds } = await listScenarios();
  const list = [
    ...(all || values.healthy ? HEALTHY.map((name) => ({ name, group: 'healthy', wants: 'healthy' as const, faults: 0 })) : []),
    ...(all || values.kinds ? await Promise.all(cases.map(truthOfCase)) : []),
    ...(all || values.compounds ? await Promise.all(compounds.map(truthOfCompound)) : []),
  ];
  return list.filter(({ name }) => new RegExp(values.only).test(name));
}

async function truthOfCase(name: string): Promise<Truth> {
  const [first] = await readExpected(caseFolder(name));
  const blocks = first !== undefined && (first.severity === 'CRITICAL' || first.severity === 'HIGH');
  const patch = await readFile(join(caseFolder(name), 'fix.patch'), 'utf8').catch(() => '');
  const group = name.includes('/near-miss') ? 'near misses' : 'kinds';
  if (!blocks) return { name, group, wants: 'healthy', faults: 0 };
  return { name, group, wants: patch === '' ? 'not_healthy' : 'healed', faults: 1, first };
}

async function truthOfCompound(name: string): Promise<Truth> {
  const read = async (file: string): Promise<unknown> => JSON.parse(await readFile(join(compoundFolder(name), file), 'utf8'));
  const faults = await read('faults.json') as readonly unknown[];
  const { base } = await read('layer.json') as { readonly base: string };
  return { name, base, group: faults.length >= 10 ? 'compounds of ten' : 'compounds', wants: 'healed', faults: faults.length };
}

async function run(truth: Truth): Promise<Row> {
  const folder = join(values.out, truth.name.replaceAll('/', '-'));
  await rm(folder, { recursive: true, force: true });
  const { tree, args } = await layScenario(truth.name, join(folder, 'tree'));
  const row: Row = { truth, outcome: await tryTree(tree, join(folder, 'out'), [...args, '--runtime', values.runtime]) };
  if (truth.group === 'healthy') bases.set(truth.name, row.outcome.routes);
  await appendFile(join(values.out, 'results.ndjson'), `${JSON.stringify(row)}\n`);
  const problems = problemsOf(row);
  process.stdout.write(`${problems.length === 0 ? '✔' : '✖'} ${truth.name}  ${row.outcome.verdict}, ${row.outcome.boots} boots, ${row.outcome.seconds.toFixed(0)} s\n${problems.map((problem) => `    ${problem}\n`).join('')}`);
  return row;
}

const green = ({ verdict }: Outcome): boolean => verdict === 'healthy' || verdict === 'healed';
const diagnosed = ({ truth: { first }, outcome }: Row): boolean =>
  first === undefined || (outcome.first?.kind === first.kind && outcome.first.file === first.file && (first.line === undefined || first.line === outcome.first.line));
/** Healthy was said of a backend with a fault that was neither healed nor can be. */
const falseGreen = ({ truth, outcome }: Row): boolean => green(outcome) && (truth.wants === 'not_healthy' || (truth.wants === 'healed' && outcome.verdict === 'healthy'));
/** Something was changed in a backend that needs no change, or that no change can mend. */
const falseFix = ({ truth, outcome }: Row): boolean => truth.wants !== 'healed' && outcome.issues.some(({ applied }) => applied);
const alarmed = ({ truth, outcome }: Row): boolean => truth.wants === 'healthy' && outcome.issues.some(({ severity }) => severity === 'CRITICAL');

/** Declared before and not after; for a compound also what its base answers when nothing is broken. */
function amputated({ truth: { base }, outcome }: Row): readonly string[] {
  if (outcome.verdict !== 'healed') return [];
  const whole = bases.get(base ?? '') ?? [];
  return [...outcome.lost, ...whole.filter((path) => !outcome.routes.includes(path)).map((path) => `GET ${path}`)];
}

function problemsOf(row: Row): string[] {
  const { truth, outcome } = row;
  const gone = amputated(row);
  return [
    ...(outcome.verdict === truth.wants ? [] : [`wanted ${truth.wants}, got ${outcome.verdict} (${outcome.stageAfter}) ${outcome.why.slice(0, 300)}`]),
    ...(diagnosed(row) ? [] : [`wanted ${truth.first?.kind} in ${truth.first?.file}:${truth.first?.line ?? ''}, got ${outcome.first?.kind ?? 'nothing'} in ${outcome.first?.file ?? ''}:${outcome.first?.line ?? ''}`]),
    ...(falseGreen(row) ? ['FALSE GREEN'] : []), ...(falseFix(row) ? ['FALSE FIX'] : []), ...(alarmed(row) ? ['FALSE ALARM'] : []),
    ...(gone.length > 0 ? [`AMPUTATED: ${gone.join(', ')}`] : []),
  ];
}

function table(rows: readonly Row[]): string {
  const groups = [...new Set(rows.map(({ truth }) => truth.group)), 'all'];
  const share = (part: number, whole: number): string => (whole === 0 ? '–' : `${part}/${whole}`);
  const lines = groups.map((group) => {
    const mine = group === 'all' ? rows : rows.filter(({ truth }) => truth.group === group);
    const mendable = mine.filter(({ truth }) => truth.wants === 'healed');
    const healed = mendable.filter(({ outcome }) => outcome.verdict === 'healed');
    const known = mine.filter(({ truth }) => truth.first !== undefined);
    const sum = (of: (row: Row) => number): number => mine.reduce((total, row) => total + of(row), 0);
    return `| ${group} | ${mine.length} | ${share(known.filter(diagnosed).length, known.length)} | ${share(healed.length, mendable.length)} | ${share(healed.filter(({ outcome }) => outcome.minimal).length, healed.length)} `
      + `| ${mine.filter(falseFix).length} | ${mine.filter(falseGreen).length} | ${share(healed.filter((row) => amputated(row).length > 0).length, healed.length)} | ${mine.filter(alarmed).length} | ${sum(({ outcome }) => outcome.boots)} | ${sum(({ outcome }) => outcome.seconds).toFixed(0)} |`;
  });
  return ['| | Scenarios | Diagnosed | Healed | Minimal | False fixes | False greens | Amputated | False alarms | Boots | Seconds |', '|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|', ...lines].join('\n');
}

await mkdir(values.out, { recursive: true });
await writeFile(join(values.out, 'results.ndjson'), '');
const began = performance.now();
const rows = await fewAtOnce(await truths(), Number(values.jobs), run);
process.stdout.write(`\n${table(rows)}\n\n${((performance.now() - began) / 60_000).toFixed(1)} minutes, ${values.jobs} at once, ${values.runtime}\n`);
process.exitCode = rows.some((row) => falseGreen(row) || falseFix(row) || amputated(row).length > 0 || row.outcome.verdict === 'crashed') ? 1 : 0;
