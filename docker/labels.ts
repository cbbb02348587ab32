/** Labels that say whose a container or network is, so that a later run can tell the dead from the living. */
import { readFile, readlink } from 'node:fs/promises';
import { hostname } from 'node:os';

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
  return { pid: process.pid, started: await startedAt(process.pid) ?? '', machine: await thisMachine() };
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

/** `host/boot/namespace` of this process. */
export async function thisMachine(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '');
  const namespace = await readlink('/proc/self/ns/pid').catch(() => '');
  return [hostname(), boot.trim(), namespace.replace(/\D/g, '')].join('/');
}

/** When a process started; undefined when there is none, empty when it exists but the system does not tell. */
export async function startedAt(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
  // The second field, the program's name, may hold spaces and brackets; field 22 counts from after it. A zombie is dead.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields !== undefined) return fields[0] === 'Z' ? undefined : fields[19];
  try {
    process.kill(pid, 0);
    return '';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM' ? '' : undefined;
  }
}

/** A run of an earlier boot of the same host cannot be alive any more. */
function sameHostEarlierBoot(machine: string, here: string): boolean {
  const [host, boot] = machine.split('/');
  const [thisHost, thisBoot] = here.split('/');
  return host === thisHost && boot !== '' && thisBoot !== '' && boot !== thisBoot;
}
