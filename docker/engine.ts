/**
 * Finds a container engine that answers. testcontainers knows most places (DOCKER_HOST, its own properties file, the system's and
 * the rootless sockets); Podman's sockets and Docker contexts are asked after it.
 */
import { createHash } from 'node:crypto';
import { access, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';

import Dockerode from 'dockerode';

export interface Engine {
  readonly docker: Dockerode;
  readonly name: 'Docker' | 'Podman';
  /** `20.10.24` */
  readonly version: string;
  /** `1.41` */
  readonly api: string;
  readonly rootless: boolean;
  /** `unix:///var/run/docker.sock` or `tcp://host:port` */
  readonly address: string;
  readonly memoryBytes: number;
  readonly cpus: number;
}

export type EngineSearch =
  | { readonly found: true; readonly engine: Engine }
  /** `why` is one sentence. */
  | { readonly found: false; readonly why: string };

/** An engine that takes longer than this to say who it is counts as silent. */
const PATIENCE_MS = 4_000;

/** Takes well under a second when there is no engine, because then no socket exists. Never throws. */
export async function findEngine(): Promise<EngineSearch> {
  const { getContainerRuntimeClient } = await import('testcontainers');
  // Its reaper is an image that cannot be pulled everywhere; our agent watches for its harness instead. And when it believes itself
  // in a container it pulls another one to look for a gateway; we only ever ask for published ports, on the loopback.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  process.env['TESTCONTAINERS_HOST_OVERRIDE'] ??= '127.0.0.1';
  const reasons: string[] = [];
  const known = await withinPatience(getContainerRuntimeClient()).then((client) => client.container.dockerode, () => undefined);
  const others = known === undefined ? await otherClients() : [];
  for (const docker of [known, ...others]) {
    if (docker === undefined) continue;
    try {
      return { found: true, engine: await introduce(docker) };
    } catch (error) {
      reasons.push(`${addressOf(docker)} gave: ${message(error)}`);
    }
  }
  return { found: false, why: reasons[0] ?? await whyNone() };
}

/** The engine, asked who it is. */
async function introduce(docker: Dockerode): Promise<Engine> {
  const [info, version] = await withinPatience(Promise.all([docker.info(), docker.version()]));
  const security: readonly string[] = info.SecurityOptions ?? [];
  const podman = (version.Components ?? []).some((part) => /podman/i.test(part.Name));
  return {
    docker, name: podman ? 'Podman' : 'Docker', version: version.Version, api: version.ApiVersion,
    rootless: security.some((option) => option.includes('rootless')), address: addressOf(docker),
    memoryBytes: info.MemTotal ?? 0, cpus: info.NCPU ?? 1,
  };
}

/** Clients for places testcontainers does not look at: the current Docker context, Podman's sockets. */
async function otherClients(): Promise<Dockerode[]> {
  const runtime = process.env['XDG_RUNTIME_DIR'];
  const sockets = [
    ...(runtime === undefined ? [] : [join(runtime, 'podman/podman.sock'), join(runtime, 'docker.sock')]),
    '/run/podman/podman.sock', '/var/run/docker.sock',
  ];
  const existing: string[] = [];
  const context = await contextHost().catch(() => undefined);
  if (context?.startsWith('unix://')) sockets.unshift(context.slice('unix://'.length));
  for (const socket of sockets) if (await exists(socket)) existing.push(socket);
  const clients = existing.map((socket) => clientAt(`unix://${socket}`));
  if (context?.startsWith('tcp://')) clients.unshift(clientAt(context));
  return clients;
}

/** Address of the context that `docker context use` chose. */
async function contextHost(): Promise<string | undefined> {
  const folder = process.env['DOCKER_CONFIG'] ?? join(homedir(), '.docker');
  const name = process.env['DOCKER_CONTEXT']
    ?? (JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as { currentContext?: string }).currentContext;
  if (name === undefined || name === 'default') return undefined;
  // The command line stores a context below the hash of its name.
  const file = join(folder, 'contexts/meta', createHash('sha256').update(name).digest('hex'), 'meta.json');
  const meta = JSON.parse(await readFile(file, 'utf8')) as { Endpoints?: { docker?: { Host?: string } } };
  return meta.Endpoints?.docker?.Host;
}

async function whyNone(): Promise<string> {
  const told = process.env['DOCKER_HOST'];
  if (told !== undefined && told !== '') return `DOCKER_HOST names ${withoutPassword(told)}, and nothing answers there.`;
  return 'Neither Docker nor Podman has a socket on this machine.';
}

/** A client for the address of an engine that was found before. */
export function clientAt(address: string): Dockerode {
  if (address.startsWith('unix://')) return new Dockerode({ socketPath: address.slice('unix://'.length) });
  const { hostname, port } = new URL(address);
  return new Dockerode({ host: hostname, port: Number(port || 2375), protocol: 'http' });
}

function addressOf(docker: Dockerode): string {
  const modem = docker.modem as { socketPath?: string; host?: string; port?: number | string };
  return modem.socketPath === undefined ? `tcp://${modem.host}:${modem.port}` : `unix://${modem.socketPath}`;
}

function withoutPassword(url: string): string {
  return url.replace(/\/\/[^/@]*@/, '//');
}

function message(error: unknown): string {
  const code = (error as { code?: string }).code;
  if (code === 'EACCES') return 'permission denied; this user may not use the engine (add it to the group `docker`).';
  return code === undefined ? (error as Error).message : `${code}.`;
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}

async function withinPatience<Value>(promise: Promise<Value>): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error(`no answer within ${PATIENCE_MS / 1000} s.`)), PATIENCE_MS);
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
