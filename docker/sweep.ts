/** Removes what runs that died without cleaning up left in the engine, and nothing else. */
import type Dockerode from 'dockerode';
import { processStart } from '../agent/process-start.ts';
import { thisMachine } from '../agent/this-machine.ts';
import type { Owner } from './labels.ts';
import { MARK, isDead, ownerOf } from './labels.ts';

interface Labelled {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>> | undefined;
}

export interface Swept {
  readonly containers: number;
  readonly networks: number;
}

/** Those whose run is dead. Things without our labels, and things of runs that may live, are never among them. */
export async function ofDeadRuns<Thing extends Labelled>(
  things: readonly Thing[], here: Parameters<typeof isDead>[1],
): Promise<Thing[]> {
  const verdicts = new Map<string, Promise<boolean>>();
  const dead = (owner: Owner): Promise<boolean> => {
    const key = JSON.stringify(owner);
    const verdict = verdicts.get(key) ?? isDead(owner, here);
    verdicts.set(key, verdict);
    return verdict;
  };
  const checked = await Promise.all(things.map(async (thing) => {
    const owner = ownerOf(thing.labels);
    return owner !== undefined && await dead(owner) ? [thing] : [];
  }));
  return checked.flat();
}

/** Containers first, then the networks they were on. What vanishes meanwhile (another run sweeps too) is no error. */
export async function sweep(docker: Dockerode): Promise<Swept> {
  const filters = { label: [`${MARK}=1`] };
  const here = { machine: await thisMachine(), startedAt: processStart };
  const [containers, networks] = await Promise.all([docker.listContainers({ all: true, filters }), docker.listNetworks({ filters })]);
  const deadContainers = await ofDeadRuns(containers.map(({ Id, Labels }) => ({ id: Id, labels: Labels })), here);
  const deadNetworks = await ofDeadRuns(networks.map(({ Id, Labels }) => ({ id: Id, labels: Labels })), here);
  const gone = await Promise.allSettled(deadContainers.map(({ id }) => docker.getContainer(id).remove({ force: true, v: true })));
  const closed = await Promise.allSettled(deadNetworks.map(({ id }) => docker.getNetwork(id).remove()));
  const done = (results: readonly PromiseSettledResult<unknown>[]): number => results.filter(({ status }) => status === 'fulfilled').length;
  return { containers: done(gone), networks: done(closed) };
}
