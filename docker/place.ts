/**
 * One place to boot in: a private network, a Postgres on it, and a sandbox whose main process is the agent. There is a
 * sandbox for each of the last environments; network and Postgres stay. Everything that was started is known from its first moment, so that closing at
 * any time leaves nothing behind.
 */
import { isIP } from 'node:net';

import type { CommandNews } from '../agent/client.ts';
import { environmentUse } from '../agent/environment-cache.ts';
import { installFailure, requested } from '../agent/place.ts';
import type { ServiceDoor } from '../agent/protocol.ts';
import type { BootRequest, LookupRequest, Place, PlaceRequest, Progress, ResolveRequest } from '../agent/runtime.ts';
import type { BootOutput, Probe } from '../parsers/boot-output.ts';
import type { InstallPlan, PackageIndex, Resolution } from '../source/types.ts';
import { giveTo } from './account.ts';
import type { AgentContainer, AgentSetting } from './agent-container.ts';
import { startAgent } from './agent-container.ts';
import { onEngine } from './engine-errors.ts';
import type { Environment, EnvironmentsOfRun } from './environment.ts';
import { ensureEnvironment, resolveVersions } from './environment.ts';
import type { Image } from './images.ts';
import { withOom } from './memory.ts';
import type { PrivateNetwork } from './network.ts';
import { openNetwork } from './network.ts';
import type { Outside } from './outside.ts';
import { openOutside } from './outside.ts';
import { ENVIRONMENT, MAPPING, RUFF, TREE, environmentsFolder, mount } from './paths.ts';
import type { Postgres } from './postgres.ts';
import { startPostgres } from './postgres.ts';
import { startReaper } from './reaper.ts';
import { startServices } from './services.ts';

interface Ground {
  readonly network: PrivateNetwork;
  readonly postgres: Postgres;
}

interface Sandbox extends AgentContainer {
  readonly folder: string;
  /** On the private network. */
  readonly address: string;
  readonly services: readonly ServiceDoor[];
}

/** While fixes are left out one by one, two environments take turns; each sandbox has a process ready that its attempts are forked from. */
const MOST_SANDBOXES = 2;
/** Bytes an app may use. */
const APP_MEMORY = 2 * 1024 ** 3;

/** Opens a place. Network and Postgres come up while the first environment is looked up or installed. */
export function openPlace(setting: AgentSetting, postgresImage: Image, request: PlaceRequest, signal: AbortSignal): Place {
  const resources = new AsyncDisposableStack();
  resources.use(startReaper(setting.engine));
  const closing = new AbortController();
  const lifetime = AbortSignal.any([signal, closing.signal]);
  const ground = layGround(setting, postgresImage, request, resources, lifetime);
  // Looked at by the first boot; a place that is closed before must not bring the process down.
  ground.catch(() => undefined);
  const removals = new Set<Promise<void>>();
  const busy = new Set<Promise<unknown>>();
  const environments: EnvironmentsOfRun = { use: resources.use(environmentUse(environmentsFolder())), failures: new Map() };
  /** By environment; the last one used is the last. */
  const sandboxes = new Map<string, Sandbox>();

  const sandboxFor = async (environment: Environment, callSignal: AbortSignal): Promise<Sandbox> => {
    const known = sandboxes.get(environment.folder);
    sandboxes.delete(environment.folder);
    retire(MOST_SANDBOXES - 1);
    const sandbox = known ?? await startSandbox(setting, request, (await ground).network, environment.folder, callSignal);
    sandboxes.set(environment.folder, sandbox);
    return sandbox;
  };
  /** All but the last `most`. */
  const retire = (most: number): void => {
    for (const [folder, old] of [...sandboxes].slice(0, sandboxes.size - most)) {
      sandboxes.delete(folder);
      const removal = Promise.resolve(old[Symbol.asyncDispose]()).finally(() => removals.delete(removal));
      removals.add(removal);
    }
  };
  const environmentFor = async (plan: InstallPlan, news: CommandNews, callSignal: AbortSignal): Promise<Environment> => {
    // Each time, because fixes lay new files into the copy.
    await giveTo(setting.user, request.tree);
    return ensureEnvironment(setting, request.tree, plan, environments, news, callSignal);
  };
  /** Work that closing waits for, because it may be about to create a container. */
  const tracked = <Value>(what: string, callSignal: AbortSignal, work: (both: AbortSignal) => Promise<Value>): Promise<Value> => {
    const running = onEngine(setting.engine, what, () => work(AbortSignal.any([callSignal, closing.signal])));
    const settled = running.then(() => undefined, () => undefined).finally(() => busy.delete(settled));
    busy.add(settled);
    return running;
  };

  const boot = async (wanted: BootRequest, onProgress: (progress: Progress) => void, callSignal: AbortSignal): Promise<BootOutput> => {
    const began = performance.now();
    const news = newsTo(onProgress);
    const environment = await environmentFor(wanted.install, news, callSignal);
    const { installed } = environment;
    if (installed !== undefined && !installed.ok) return installFailure(installed, installed.seconds, { tree: TREE, environment: ENVIRONMENT });
    const install = installed?.seconds ?? 0;
    const place = await sandboxFor(environment, callSignal);
    const { postgres, network } = await ground;
    await using outside = wanted.outside ? outsideLater(setting, network, `tcp:${place.address}:${wanted.port}`, callSignal) : undefined;
    const output = await place.agent.run('boot', {
      ...requested(wanted), tree: TREE, environment: ENVIRONMENT, env: wanted.env, outside: wanted.outside, user: setting.user, home: '/tmp/home',
      database: { server: postgres.server, plan: request.database, fresh: wanted.freshDatabase }, services: place.services,
    }, { ...news, ...(outside === undefined ? {} : { outside: outside.answer }) }, callSignal);
    const exit = await withOom(setting.engine, place.container.id, output.exit, (performance.now() - began) / 1000);
    return { ...output, exit, uvicornDeclared: environment.uvicornDeclared, timings: { ...output.timings, install, total: (performance.now() - began) / 1000 } };
  };

  const lookup = async ({ install, names, imports }: LookupRequest, callSignal: AbortSignal): Promise<PackageIndex> => {
    const environment = await environmentFor(install, {}, callSignal);
    const place = await sandboxFor(environment, callSignal);
    return place.agent.run('lookup', { environment: ENVIRONMENT, tree: TREE, names, imports, ruff: RUFF, mapping: MAPPING }, {}, callSignal);
  };

  const resolve = async ({ install, question }: ResolveRequest, callSignal: AbortSignal): Promise<readonly Resolution[]> =>
    resolveVersions(setting, request.tree, await environmentFor(install, {}, callSignal), question, callSignal);

  return {
    boot: (wanted, onProgress, callSignal) => tracked('boot the app', callSignal, (both) => boot(wanted, onProgress, both)),
    lookup: (wanted, callSignal) => tracked('look into the environment', callSignal, (both) => lookup(wanted, both)),
    resolve: (wanted, callSignal) => tracked('ask for other versions', callSignal, (both) => resolve(wanted, both)),
    async [Symbol.asyncDispose]() {
      closing.abort(new DOMException('The place was closed.', 'AbortError'));
      await Promise.all([...busy, ground.catch(() => undefined)]);
      retire(0);
      await Promise.all(removals);
      await resources.disposeAsync();
    },
  };
}

async function layGround(
  setting: AgentSetting, image: Image, request: PlaceRequest, resources: AsyncDisposableStack, signal: AbortSignal,
): Promise<Ground> {
  const network = resources.use(await openNetwork(setting.engine, setting.name, setting.labels, signal));
  const postgres = resources.use(await startPostgres(setting.engine, {
    name: `${setting.name}-postgres`, image, network, labels: setting.labels,
    auth: request.database.mode === 'stated' ? 'scram-sha-256' : 'trust',
  }, signal));
  return { network, postgres };
}

async function startSandbox(
  setting: AgentSetting, request: PlaceRequest, network: PrivateNetwork, folder: string, signal: AbortSignal,
): Promise<Sandbox> {
  const started = await startAgent(setting, {
    role: 'sandbox', network: network.name, memory: Math.min(APP_MEMORY, setting.engine.memoryBytes || APP_MEMORY),
    mounts: [mount(request.tree, TREE, 'write'), mount(folder, ENVIRONMENT, 'read')], hosts: hostsFor(request),
  }, signal);
  try {
    const [{ NetworkSettings }, services] = await Promise.all([started.container.inspect(), startServices(started.agent, request.services ?? [], signal)]);
    return { ...started, folder, services, address: Object.values(NetworkSettings.Networks)[0]?.IPAddress ?? '' };
  } catch (error) {
    await started[Symbol.asyncDispose]();
    throw error;
  }
}

/** Every host name the app may use for its database or a service leads to the sandbox's own loopback, where the agent relays. */
function hostsFor({ database, services = [] }: PlaceRequest): string[] {
  const addresses = [...database.identities, ...services.flatMap((service) => service.addresses)];
  const names = new Set(addresses.map(({ host }) => host).filter((host) => host !== '' && isIP(host) === 0 && !host.startsWith('/')));
  return [...names].map((name) => `${name}:127.0.0.1`);
}

/** The relay starts beside the app, and is there before the app is healthy. */
function outsideLater(setting: AgentSetting, network: PrivateNetwork, address: string, signal: AbortSignal) {
  const opening: Promise<Outside> = openOutside(setting, network, address, signal);
  opening.catch(() => undefined);
  return {
    answer: async (_port: number, path: string): Promise<readonly Probe[]> => [await (await opening).ask(path, signal)],
    async [Symbol.asyncDispose]() {
      await opening.then((outside) => outside[Symbol.asyncDispose](), () => undefined);
    },
  };
}

function newsTo(onProgress: (progress: Progress) => void): CommandNews {
  return {
    line: (line) => onProgress({ type: 'line', line }),
    stage: (stage, what) => onProgress({ type: 'stage', stage, what }),
  };
}
