/** Readies the engine for whoever runs the real tests without `npm test`; quick when nothing is to do. */
import process from 'node:process';
import { setupMachine } from '../../docker/setup.ts';

export async function setup(): Promise<void> {
  await setupMachine((line) => process.stderr.write(`${line}\n`), new AbortController().signal);
}
