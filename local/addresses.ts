/** Where the app's database and services answer in the embedded runtime: in a network of its own, or beside whatever else the machine runs. */
import { createServer, isIPv4 } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

import type { Address, ServiceDoor } from '../agent/protocol.ts';
import type { BootRequest, PlaceRequest } from '../agent/runtime.ts';
import { portBeside, redisDoor } from '../agent/services.ts';
import type { DatabaseIdentity } from '../source/types.ts';
import { dotenvAddresses, rewriteVariables } from './rewrite.ts';
import type { Endpoint } from './rewrite.ts';

type Asked = Pick<PlaceRequest, 'database' | 'services'>;

/** What the sandbox's servers themselves listen on. */
export interface ServerPorts {
  readonly postgres: number;
  readonly redis: number;
}

export interface Addresses {
  readonly database: { readonly listen: readonly Address[]; readonly listenIfFree?: readonly Address[] };
  readonly services: readonly ServiceDoor[];
  /** Changes the app's variables, where nothing can answer under its own addresses. */
  readonly variables?: (request: BootRequest) => Promise<Readonly<Record<string, string>>>;
}

const LOOPBACK = ['localhost', '127.0.0.1', '::1', '0.0.0.0'];

/**
 * Where names lead inside the sandbox. A stated server that is not on `localhost` must not answer there either: an app that asks the
 * wrong host is refused, as it would be outside.
 */
export function namedAddress({ database: { mode, identities } }: Asked): string {
  const near = identities.some(({ host }) => LOOPBACK.includes(host));
  return mode === 'stated' && !near ? '127.0.0.2' : '127.0.0.1';
}

/** Every host name or number that the app may use. */
export function hostsOf({ database, services = [] }: Asked): readonly string[] {
  return [...new Set([...database.identities, ...services.flatMap(({ addresses }) => addresses)].map(({ host }) => host))];
}

/** Hosts written as numbers that are not the loopback's own. */
export function numbersOf(asked: Asked): readonly string[] {
  return hostsOf(asked).filter((host) => isIPv4(host) && !host.startsWith('127.') && host !== '0.0.0.0');
}

function portsOf({ database, services = [] }: Asked): readonly number[] {
  return [...database.identities, ...services.flatMap(({ addresses }) => addresses)].map(({ port }) => port);
}

/** In a network of its own any port will do that nobody asks for; elsewhere one that is free now. */
export async function serverPorts(asked: Asked, isolated: boolean): Promise<ServerPorts> {
  if (!isolated) return { postgres: await freePort(), redis: await freePort() };
  const postgres = portBeside(portsOf(asked), 54_329);
  return { postgres, redis: portBeside([...portsOf(asked), postgres], 56_379) };
}

/** In the sandbox's own network everything answers under the app's own addresses. */
export function ownAddresses(asked: Asked, ports: ServerPorts): Addresses {
  const numbers = numbersOf(asked);
  const named = namedAddress(asked);
  const at = (host: string): string => (numbers.includes(host) ? host : LOOPBACK.includes(host) ? '127.0.0.1' : named);
  const listen = asked.database.identities.map(({ host, port }): Address => `tcp:${numbers.includes(host) ? host : named}:${port}`);
  return { database: { listen: [...new Set(listen)] }, services: doors(asked, (plans) => redisDoor(plans, ports.redis, at)) };
}

/** One relay port for each port asked for, and the variables that lead there. What the code itself says is answered where the port is free. */
export async function sharedAddresses({ tree, ...asked }: PlaceRequest, servers: ServerPorts): Promise<Addresses> {
  const { identities } = asked.database;
  const redis = (asked.services ?? []).flatMap(({ addresses }) => addresses);
  const relays = new Map<number, number>();
  for (const { port } of [...identities, ...redis]) if (!relays.has(port)) relays.set(port, await freePort());
  const endpoints = [...endpointsOf(identities, 'postgres', relays), ...endpointsOf(redis, 'redis', relays)];
  const near = (port: number): Address => `tcp:127.0.0.1:${port}`;
  const wanted = [...new Set(identities.map(({ port }) => port))];
  return {
    database: { listen: wanted.map((port) => near(relays.get(port) ?? port)), listenIfFree: wanted.map(near) },
    services: doors(asked, (plans) => {
      const door = redisDoor(plans, servers.redis, () => '127.0.0.1');
      return { ...door, listen: [...new Set(redis.map(({ port }) => near(relays.get(port) ?? port))), ...door.listen] };
    }),
    variables: async ({ env, cwd }) => ({ ...await dotenvAddresses([tree, join(tree, cwd)], endpoints), ...rewriteVariables(env, endpoints) }),
  };
}

function doors({ services = [] }: Asked, make: (plans: NonNullable<Asked['services']>) => ServiceDoor): readonly ServiceDoor[] {
  return services.length === 0 ? [] : [make(services)];
}

function endpointsOf(addresses: readonly Pick<DatabaseIdentity, 'host' | 'port'>[], of: Endpoint['of'], relays: ReadonlyMap<number, number>): readonly Endpoint[] {
  return addresses.map(({ host, port }) => ({ host, port, of, relay: relays.get(port) ?? port }));
}

async function freePort(): Promise<number> {
  const server = createServer();
  const listening = Promise.withResolvers<void>();
  server.once('error', listening.reject).listen(0, '127.0.0.1', listening.resolve);
  await listening.promise;
  const { port } = server.address() as AddressInfo;
  const closed = Promise.withResolvers<void>();
  server.close(() => closed.resolve());
  await closed.promise;
  return port;
}
