/** `boot-check setup` and `boot-check doctor`. */
import { dockerFacts } from '../../docker/doctor.ts';
import type { Fact } from '../../docker/doctor.ts';
import { setupMachine } from '../../docker/setup.ts';
import { renderDoctor } from '../reporters/doctor.ts';
import { lookOf } from '../reporters/look.ts';
import type { CliIo } from './io.ts';

/** @throws HarnessError exit 3 where the machine cannot be made ready */
export async function setup({ stderr, signal }: CliIo): Promise<number> {
  await setupMachine((line) => stderr.write(`${line}\n`), signal);
  return 0;
}

/** @returns 0 when a run can boot somewhere, 3 when it cannot */
export async function doctor({ stdout, env }: CliIo): Promise<number> {
  const facts: readonly Fact[] = await dockerFacts();
  stdout.write(renderDoctor([{ title: 'Containers', facts }], lookOf(stdout, env)));
  return 0;
}
