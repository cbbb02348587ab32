/**
 * `npm test`: readies the container engine and its images, then runs every test, container tests included.
 * Nothing that needs an engine is skipped: without one the run stops here, with the sentence of `setup`.
 * Results are also left in `.boot-check/test-results.json` for `.ci/run`.
 */
import { mkdir } from 'node:fs/promises';
import process from 'node:process';
import { execa } from 'execa';
import { HarnessError } from '../agent/errors.ts';
import { setupMachine } from '../docker/setup.ts';

const results = '.boot-check/test-results.json';

async function main(): Promise<number> {
  await mkdir('.boot-check', { recursive: true });
  const interrupt = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => interrupt.abort());
  await setupMachine((line) => process.stderr.write(`${line}\n`), interrupt.signal);
  const vitest = await execa('vitest', [
    'run', '--reporter=default', '--reporter=json', `--outputFile.json=${results}`, ...process.argv.slice(2),
  ], { preferLocal: true, stdio: 'inherit', reject: false, cancelSignal: interrupt.signal });
  return vitest.exitCode ?? 1;
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof HarnessError)) throw error;
  process.stderr.write(`${error.message} ${error.why} ${error.hint}\n`);
  process.exitCode = error.exitCode;
}
