/**
 * `npm run real -- LIST --trees FOLDER` boots public backends that nobody prepared, with no hint, one after the other, and writes a table.
 * A run that was stopped goes on where it was: results stand in NDJSON beside the table.
 */
import { execa } from 'execa';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';
import { keep, readResults, renderTable, resultOf } from './real-results.ts';
import type { RealResult } from './real-results.ts';
import { layTree } from './real-trees.ts';
import type { RealBackend } from './real-trees.ts';

const USAGE = `npm run real -- LIST --trees FOLDER [--only OWNER/NAME]… [--runtime docker|local] [--out FOLDER] [--again] [--no-judge] [-- OPTIONS]

LIST      JSON: [{"repo": "owner/name", "commit": "…"}, …]
--trees   folder with a bare repository or checkout of each: OWNER+NAME, OWNER/NAME or NAME
--only    part of a repository's name; repeat for more
--out     where table.md, results.ndjson and one folder a backend go (.boot-check-real)
--again   also those that have a result
--no-judge  do not have healthy and healed ones started by the judge apart
OPTIONS   for boot-check itself, such as --no-minimise; without any, every backend gets none
`;
/** A run that takes longer counts as an error. Minutes. */
const LIMIT = 20;
const HERE = join(import.meta.dirname, '..', '..');

interface Order {
  readonly backends: readonly RealBackend[];
  readonly trees: string;
  readonly out: string;
  readonly runtime: string;
  readonly judge: boolean;
  readonly options: readonly string[];
}

async function main(signal: AbortSignal): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true, allowNegative: true,
    options: {
      trees: { type: 'string' }, only: { type: 'string', multiple: true }, runtime: { type: 'string', default: 'docker' },
      out: { type: 'string', default: '.boot-check-real' }, again: { type: 'boolean', default: false }, judge: { type: 'boolean', default: true },
    },
  });
  const [list, ...options] = positionals;
  if (list === undefined || values.trees === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const from = process.env['INIT_CWD'] ?? process.cwd();
  const all = JSON.parse(await readFile(resolve(from, list), 'utf8')) as readonly RealBackend[];
  const out = resolve(from, values.out);
  await mkdir(out, { recursive: true });
  const done = await readResults(join(out, 'results.ndjson'));
  const wanted = all.filter(({ repo }) => values.only === undefined || values.only.some((part) => repo.toLowerCase().includes(part.toLowerCase())));
  const open = wanted.filter(({ repo, commit }) => values.again || done.get(repo)?.commit !== commit);
  await runAll({ backends: open, trees: resolve(from, values.trees), out, runtime: values.runtime, judge: values.judge, options }, all, signal);
  return 0;
}

async function runAll(order: Order, all: readonly RealBackend[], signal: AbortSignal): Promise<void> {
  const file = join(order.out, 'results.ndjson');
  for (const backend of order.backends) {
    process.stderr.write(`${backend.repo} …\n`);
    const result = await runOne(backend, order, signal);
    signal.throwIfAborted();
    await keep(file, result);
    process.stderr.write(`  ${result.verdict}: ${result.before ?? ''} → ${result.after ?? ''}, ${result.boots} boots, ${result.seconds} s${result.judge === undefined ? '' : `, judge ${result.judge.agrees ? 'agrees' : `DISAGREES: ${result.judge.saw}`}`}\n`);
    for (const line of result.error === undefined ? result.left : [result.error]) process.stderr.write(`  ${line}\n`);
    const results = await readResults(file);
    await writeFile(join(order.out, 'table.md'), renderTable(all.flatMap(({ repo }) => results.get(repo) ?? [])));
  }
}

async function runOne(backend: RealBackend, order: Order, signal: AbortSignal): Promise<RealResult> {
  await using tree = await layTree(backend, order.trees, signal);
  const out = join(order.out, backend.repo.replace('/', '+'));
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const began = performance.now();
  const ended = await execa(process.execPath, [join(HERE, 'harness', 'main.ts'), tree.folder, '--runtime', order.runtime, '--out', out, '--json', ...order.options], {
    cwd: tree.folder, reject: false, stdin: 'ignore', cancelSignal: signal, timeout: LIMIT * 60_000, forceKillAfterDelay: 60_000, maxBuffer: 100_000_000,
    env: { INIT_CWD: undefined },
  });
  const seconds = (performance.now() - began) / 1000;
  await writeFile(join(out, 'progress.txt'), ended.stderr);
  const result = resultOf(backend, ended.exitCode ?? -1, ended.stdout, seconds);
  return order.judge && ended.exitCode === 0 ? { ...result, judge: await judged(out, signal) } : result;
}

/** The judge is another program: nothing it says comes from the loop. */
async function judged(out: string, signal: AbortSignal): Promise<{ readonly agrees: boolean; readonly saw: string }> {
  const { exitCode, stdout, stderr } = await execa(process.execPath, [join(HERE, 'test', 'judge', 'judge.ts'), out], {
    reject: false, stdin: 'ignore', cancelSignal: signal, timeout: LIMIT * 60_000, forceKillAfterDelay: 30_000,
  });
  return { agrees: exitCode === 0, saw: stdout.trim().split('\n').at(-1) || stderr.trim().slice(-300) };
}

const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupt.abort());
process.exitCode = await main(interrupt.signal);
