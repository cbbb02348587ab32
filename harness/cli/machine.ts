/** `boot-check setup` and `boot-check doctor`. */
import { setupMachine } from '../../docker/setup.ts';
import type { CliIo } from './io.ts';

export async function setup({ stderr, signal }: CliIo): Promise<number> {
  await setupMachine((line) => stderr.write(`${line}\n`), signal);
  return 0;
}

export async function doctor(_io: CliIo): Promise<number> {
  throw new Error('not yet');
}
