/**
 * `npm run record KIND/CASE …` boots cases for real and stores what was printed, what the rules say of it and what their first fix
 * changes. `--rules` does the last two from the stored boot. `--all` and `--sample N` store nothing: they boot recorded cases again
 * and say what is not as recorded.
 */
import process from 'node:process';
import { parseArgs } from 'node:util';
import type { Runtime } from '../../agent/runtime.ts';
import { HarnessError } from '../../agent/errors.ts';
import { pickRuntime } from '../../harness/pick-runtime.ts';
import { bootOnce, layAndRead } from './boot-scenario.ts';
import { checkCase } from './check-case.ts';
import { caseFolder, listScenarios } from './lay-case.ts';
import { readRecording, storable, store, toText } from './recording.ts';
import type { Recording } from './recording.ts';
import { replayCase } from './replay-case.ts';

const USAGE = `npm run record KIND/CASE …            boot and store
npm run record -- --rules [KIND/CASE …]   store what the rules say of the stored boots
npm run record -- --all | --sample N      boot again and compare
Options: --runtime docker|local (docker)   --python 3.14
`;

async function main(signal: AbortSignal): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      runtime: { type: 'string', default: 'docker' }, python: { type: 'string', default: '3.14' },
      all: { type: 'boolean', default: false }, sample: { type: 'string' }, rules: { type: 'boolean', default: false },
    },
  });
  const { runtime, python } = values;
  if (runtime !== 'docker' && runtime !== 'local') return usage();
  const open = (): Promise<Runtime> => pickRuntime({ runtime, python }, { step: say, note: say }, signal);
  if (values.all || values.sample !== undefined) {
    const recorded = await recordedCases();
    return compare(await open(), values.all ? recorded : some(recorded, Number(values.sample)), signal);
  }
  const names = values.rules && positionals.length === 0 ? await recordedCases() : positionals;
  if (names.length === 0) return usage();
  const place = values.rules ? null : await open();
  for (const name of names) {
    if (place !== null) await record(place, name, signal);
    await storeRules(name);
  }
  return 0;
}

async function record(runtime: Runtime, name: string, signal: AbortSignal): Promise<void> {
  await using laid = await layAndRead(name);
  const { output, index } = await bootOnce(runtime, laid, signal);
  const recording: Recording = {
    recorded: new Date().toISOString().slice(0, 10), runtime: runtime.facts.name, base: laid.laid.base, backend: laid.backend,
    output: storable(output), index,
  };
  await store(laid.laid.folder, 'boot.json', `${toText(recording)}\n`);
}

async function storeRules(name: string): Promise<void> {
  const { expected, patch, crashes } = await replayCase(name);
  await store(caseFolder(name), 'expected.json', `${toText(expected)}\n`);
  await store(caseFolder(name), 'fix.patch', patch);
  for (const { kind, error } of crashes) say(`${name}: the rule ${kind} crashed: ${error}`);
  process.stdout.write(`${name}: ${expected.map(({ kind, file, line }) => `${kind} ${file}:${line ?? '-'}`).join(', ') || 'no finding'}\n${patch}`);
}

async function compare(runtime: Runtime, names: readonly string[], signal: AbortSignal): Promise<number> {
  let differing = 0;
  for (const name of names) {
    const problems = await checkCase(runtime, name, signal);
    process.stdout.write(problems.length === 0 ? `${name}: as recorded\n` : problems.map((problem) => `${name}: ${problem}\n`).join(''));
    if (problems.length > 0) differing += 1;
  }
  process.stdout.write(`${names.length - differing} of ${names.length} as recorded\n`);
  return differing === 0 ? 0 : 1;
}

async function recordedCases(): Promise<readonly string[]> {
  const { cases } = await listScenarios();
  const recorded = await Promise.all(cases.map(async (name) => ((await readRecording(caseFolder(name))) === null ? [] : [name])));
  return recorded.flat();
}

/** Other ones each time, so that over many runs all have their turn. */
function some(names: readonly string[], count: number): readonly string[] {
  const left = [...names];
  return Array.from({ length: Math.min(count, left.length) }, () => left.splice(Math.floor(Math.random() * left.length), 1)).flat();
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function usage(): number {
  process.stderr.write(USAGE);
  return 2;
}

const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort());
try {
  process.exitCode = await main(interrupt.signal);
} catch (error) {
  if (!(error instanceof HarnessError)) throw error;
  say(`${error.message} ${error.why} ${error.hint}`);
  process.exitCode = error.exitCode;
}
