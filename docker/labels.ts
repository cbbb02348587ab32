/** Labels that say whose a container or network is, so that a later run can tell the dead from the living. */
import { processStart } from '../agent/process-start.ts';
import { thisMachine } from '../agent/this-machine.ts';

export const MARK = 'boot-check';
const RUN = 'boot-check.run';
const PID = 'boot-check.pid';
const STARTED = 'boot-check.started';
const MACHINE = 'boot-check.machine';

/** The process a run belongs to. A pid alone is not enough: pids are used again, and an engine may serve several machines. */
export interface Owner {
  readonly pid: number;
  /** When the process started, in the kernel's own count; empty where the system does not tell. */
  readonly started: string;
  /** This boot of this machine, and the process namespace in it. */
  readonly machine: string;
}

/** This process as an owner. */
export async function thisOwner(): Promise<Owner> {
  return { pid: process.pid, started: await processStart(process.pid) ?? '', machine: await thisMachine() };
}

/** Labels for everything a run creates. */
export function runLabels(owner: Owner, runId: string): Record<string, string> {
  return { [MARK]: '1', [RUN]: runId, [PID]: String(owner.pid), [STARTED]: owner.started, [MACHINE]: owner.machine };
}

/** The owner that labels name; undefined when they are not those of a run. */
export function ownerOf(labels: Readonly<Record<string, string>> | undefined): Owner | undefined {
  const pid = Number(labels?.[PID]);
  if (labels?.[MARK] !== '1' || labels[RUN] === undefined || !Number.isInteger(pid) || pid <= 0) return undefined;
  return { pid, started: labels[STARTED] ?? '', machine: labels[MACHINE] ?? '' };
}

/** Is the owner's process gone? Unknown counts as alive: another machine's runs are none of our business. */
export async function isDead(owner: Owner, here: { machine: string; startedAt: (pid: number) => Promise<string | undefined> }): Promise<boolean> {
  if (owner.machine !== here.machine) return sameHostEarlierBoot(owner.machine, here.machine);
  const started = await here.startedAt(owner.pid);
  return started === undefined || (owner.started !== '' && started !== '' && started !== owner.started);
}

/** A run of an earlier boot of the same host cannot be alive any more. */
function sameHostEarlierBoot(machine: string, here: string): boolean {
  const [host, boot] = machine.split('/');
  const [thisHost, thisBoot] = here.split('/');
  return host === thisHost && boot !== '' && thisBoot !== '' && boot !== thisBoot;
}
