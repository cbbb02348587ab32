/** A container whose main process is the agent. Each kind differs only in its network and mounts; all are closed in the same way. */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import type Dockerode from 'dockerode';

import type { Agent } from '../agent/client.ts';
import { connectAgent } from '../agent/client.ts';
import type { User } from '../agent/protocol.ts';
import type { Attached } from './container.ts';
import { startAttached, tail } from './container.ts';
import type { Engine } from './engine.ts';
import { onEngine } from './engine-errors.ts';
import type { Image } from './images.ts';
import { AGENT, agentFolder, mount } from './paths.ts';

/** What all agent containers of a run share. */
export interface AgentSetting {
  readonly engine: Engine;
  readonly image: Image;
  readonly labels: Record<string, string>;
  /** Prefix of container names. */
  readonly name: string;
  /** The app's and the installers' account. */
  readonly user: User;
}

export interface AgentOptions {
  readonly role: 'install' | 'sandbox' | 'relay';
  /** A network's name; `bridge` has a way out. */
  readonly network: string;
  readonly join?: readonly string[];
  readonly mounts: readonly Dockerode.MountSettings[];
  /** Bytes. */
  readonly memory: number;
  /** `name:address` lines for the hosts file. */
  readonly hosts?: readonly string[];
  /** Container port to publish on the loopback of this machine, on a free port. */
  readonly publish?: number;
  /** A relay runs nothing but the agent: it needs no rights at all. */
  readonly powerless?: boolean;
}

export interface AgentContainer extends AsyncDisposable {
  readonly agent: Agent;
  readonly container: Dockerode.Container;
}

/** To become the app's account, to end its processes, to see what they hold, and to hand it folders. The app's own process keeps none of them. */
const AGENT_RIGHTS = ['SETUID', 'SETGID', 'KILL', 'SYS_PTRACE', 'CHOWN', 'DAC_OVERRIDE', 'FOWNER'];

/** Without a way out the engine's resolver would still carry questions out, and an app would wait 10 s for each name it asks. */
const closedNames = ['nsswitch.conf', 'resolv.conf'].map((name) => mount(join(import.meta.dirname, 'closed', name), `/etc/${name}`, 'read'));

/** Resolves when the agent has said hello. */
export async function startAgent(setting: AgentSetting, options: AgentOptions, signal: AbortSignal): Promise<AgentContainer> {
  const attached = await startAttached(setting.engine, `start the ${options.role} container`, containerOptions(setting, options), signal);
  try {
    const said = tail(attached.errors);
    const agent = await onEngine(setting.engine, `start the ${options.role} container`, () =>
      connectAgent({ input: attached.input, output: attached.output, said }, signal));
    return { agent, container: attached.container, [Symbol.asyncDispose]: () => end(agent, attached) };
  } catch (error) {
    await attached[Symbol.asyncDispose]();
    throw error;
  }
}

/** The engine kills it at once: nothing in it is worth a farewell. */
async function end(agent: Agent, attached: Attached): Promise<void> {
  await Promise.all([agent.stop(0), attached[Symbol.asyncDispose]()]);
}

function containerOptions(setting: AgentSetting, options: AgentOptions): Dockerode.ContainerCreateOptions & { join?: readonly string[] } {
  const { engine, user } = setting;
  const port = options.publish === undefined ? undefined : `${options.publish}/tcp`;
  return {
    name: `${setting.name}-${options.role}-${randomBytes(3).toString('hex')}`,
    Image: setting.image.id, Labels: setting.labels, Hostname: options.role, WorkingDir: '/',
    Cmd: ['python3', '-EsuB', `${AGENT}/agent.py`, 'serve'],
    User: options.powerless ? `${user.uid}:${user.gid}` : '0:0',
    ...(port === undefined ? {} : { ExposedPorts: { [port]: {} } }),
    ...(options.join === undefined ? {} : { join: options.join }),
    HostConfig: {
      NetworkMode: options.network, ReadonlyRootfs: true, CapDrop: ['ALL'], CapAdd: options.powerless ? [] : AGENT_RIGHTS,
      SecurityOpt: ['no-new-privileges'], Mounts: [mount(agentFolder, AGENT, 'read'), ...(options.network === 'bridge' ? [] : closedNames), ...options.mounts],
      // Programs may be run from it: builds and some foreign-function libraries do.
      Tmpfs: { '/tmp': 'rw,exec,nosuid,nodev,mode=1777,size=1g' },
      PidsLimit: 768, Memory: options.memory, MemorySwap: options.memory, NanoCpus: Math.min(engine.cpus, 4) * 1e9,
      ...(options.hosts === undefined ? {} : { ExtraHosts: [...options.hosts] }),
      ...(port === undefined ? {} : { PortBindings: { [port]: [{ HostIp: '127.0.0.1', HostPort: '' }] } }),
    },
  };
}
