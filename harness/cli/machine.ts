/** `boot-check setup` and `boot-check doctor`. */
import process from 'node:process';
import { dockerFacts } from '../../docker/doctor.ts';
import type { Fact } from '../../docker/doctor.ts';
import { setupMachine } from '../../docker/setup.ts';
import { localFacts } from '../../local/doctor.ts';
import { renderDoctor } from '../reporters/doctor.ts';
import { lookOf } from '../reporters/look.ts';
import type { CliIo } from './io.ts';

/** @throws HarnessError exit 3 where the machine cannot be made ready */
export async function setup({ stderr, signal }: CliIo): Promise<number> {
  await setupMachine((line) => stderr.write(`${line}\n`), signal);
  return 0;
}

/** Without these two nothing boots in the embedded runtime; the rest costs speed or safety. */
const LOCAL_NEEDS = ['Python', 'embedded Postgres'];

/** @returns 0 when a run can boot somewhere, 3 when it can nowhere */
export async function doctor({ stdout, env, signal }: CliIo): Promise<number> {
  const [containers, embedded] = await Promise.all([dockerFacts(), localFacts({}, signal)]);
  const choice = (fact: Fact) => fact.name === 'runtime auto';
  stdout.write(renderDoctor([
    { title: 'Node', facts: [{ name: 'version', ok: true, detail: process.versions.node }] },
    { title: 'Containers (--runtime docker)', facts: containers.filter((fact) => !choice(fact)) },
    { title: 'Embedded (--runtime local)', facts: embedded },
    { title: 'A run here', facts: containers.filter(choice) },
  ], lookOf(stdout, env)));
  const canContain = containers.some(({ name, ok }) => name === 'container engine' && ok);
  // An older Python is a remark, not a lack: its fact is not ok and says which one is there.
  const canEmbed = embedded.every(({ name, ok, detail }) => ok || !LOCAL_NEEDS.includes(name) || (name === 'Python' && /^\d/.test(detail)));
  return canContain || canEmbed ? 0 : 3;
}
