/** A place to boot in, made of two agents: one installs with the network open, the other boots without. Both runtimes use it. */
import type { BootOutput, Probe } from '../parsers/boot-output.ts';
import type { InstallPlan, PackageIndex } from '../source/types.ts';
import type { Agent } from './client.ts';
import { environmentKey } from './environment-key.ts';
import { machineFault } from './machine-fault.ts';
import type { Address, BootCommand, DatabaseServer, PrepareResult, ResolveCommand, ServiceDoor, User } from './protocol.ts';
import type { BootRequest, DatabasePlan, LookupRequest, Place, Progress } from './runtime.ts';

export interface PlaceParts {
  readonly installer: Agent;
  readonly sandbox: Agent;
  /** The copy, on the host and as the agents see it. */
  readonly tree: { readonly host: string; readonly seen: string };
  /** Folder for an environment as both agents see it; makes sure that it exists where it must. */
  readonly environment: (key: string) => Promise<string> | string;
  /** Full version, and what else makes environments differ: `docker`, `local-linux-x64`. */
  readonly python: { readonly program: string; readonly version: string; readonly platform: string };
  readonly tools: { readonly uv: string; readonly cache: string; readonly ruff?: string; readonly mapping?: string };
  /** For builds and the app, where the agents are root. */
  readonly user?: User;
  readonly installEnv: Readonly<Record<string, string>>;
  /** HOME of the app, as the sandbox sees it. */
  readonly home: string;
  readonly database: { readonly server: DatabaseServer; readonly plan: DatabasePlan; readonly listen?: readonly Address[]; readonly listenIfFree?: readonly Address[] };
  readonly services?: readonly ServiceDoor[];
  /** Changes the app's variables, where the sandbox cannot answer under the app's own addresses. */
  readonly variables?: (request: BootRequest) => Promise<Readonly<Record<string, string>>>;
  /** Called before each boot: new files of the copy must be readable for the app. */
  readonly ready?: () => Promise<void>;
  readonly outside?: (port: number, path: string, signal: AbortSignal) => Promise<readonly Probe[]>;
  readonly close: () => Promise<void>;
}

/** See {@link Place}. Environments are made once per content; a failed install is remembered, because it would fail again. */
export function agentPlace(parts: PlaceParts): Place {
  let complete: string | undefined;
  const prepared = new Map<string, { readonly environment: string; readonly result: PrepareResult }>();

  const prepare = async (plan: InstallPlan, onProgress: (progress: Progress) => void, signal: AbortSignal) => {
    const key = await environmentKey(plan, parts.tree.host, parts.python.version, parts.python.platform);
    const known = prepared.get(key);
    if (known !== undefined) return { ...known, seconds: 0 };
    const environment = await parts.environment(key);
    await parts.ready?.();
    const result = await parts.installer.run('prepare', {
      ...toolsFor(parts, environment), plan, ...(complete !== undefined && { seed: { folder: complete, madeAs: complete } }),
    }, news(onProgress), signal);
    const fault = result.ok ? undefined : await machineFault(result, parts.tree.host, plan);
    if (fault !== undefined) throw fault;
    prepared.set(key, { environment, result });
    if (result.ok) complete = environment;
    return { environment, result, seconds: result.seconds };
  };

  return {
    async boot(request, onProgress, signal): Promise<BootOutput> {
      const { environment, result, seconds } = await prepare(request.install, onProgress, signal);
      if (!result.ok) return installFailure(result, seconds, { tree: parts.tree.seen, environment });
      await parts.ready?.();
      const output = await parts.sandbox.run('boot', bootCommand(parts, request, environment, await parts.variables?.(request) ?? request.env), {
        ...news(onProgress),
        outside: async (port, path) => await parts.outside?.(port, path, signal) ?? [],
      }, signal);
      return {
        ...output, uvicornDeclared: result.uvicorn === 'declared',
        timings: { ...output.timings, install: seconds, total: output.timings.total + seconds },
      };
    },
    async lookup(request: LookupRequest, signal): Promise<PackageIndex> {
      const { environment } = await prepare(request.install, () => {}, signal);
      // The installer may write into the environment, where the index is cached.
      return parts.installer.run('lookup', {
        environment, tree: parts.tree.seen, names: request.names, imports: request.imports,
        ...(parts.tools.ruff !== undefined && { ruff: parts.tools.ruff }),
        ...(parts.tools.mapping !== undefined && { mapping: parts.tools.mapping }),
      }, {}, signal);
    },
    async resolve({ install, question }, signal) {
      const { environment } = await prepare(install, () => {}, signal);
      const answer = await parts.installer.run('resolve', { ...toolsFor(parts, environment), question }, {}, signal);
      return answer.resolutions;
    },
    [Symbol.asyncDispose]: parts.close,
  };
}

/** What every command for uv needs. */
function toolsFor({ tools, python, tree, installEnv, user }: PlaceParts, environment: string): Omit<ResolveCommand, 'question'> {
  return { uv: tools.uv, python: python.program, environment, tree: tree.seen, cache: tools.cache, env: installEnv, ...(user && { user }) };
}

function news(onProgress: (progress: Progress) => void) {
  return {
    line: (line: BootOutput['lines'][number]) => onProgress({ type: 'line', line }),
    stage: (stage: BootOutput['stage'], what: string) => onProgress({ type: 'stage', stage, what }),
  };
}

/** What a boot's command takes over from its request as it is, in every kind of place. */
export function requested({ command, cwd, pythonPath, before = [], port, healthPaths, findHealth = false, instrument, fork, routes, bootTimeout, settle }: BootRequest) {
  return { command, cwd, pythonPath, before, port, healthPaths, findHealth, instrument, ...(fork !== undefined && { fork }), routes, bootTimeout, settle };
}

function bootCommand(parts: PlaceParts, request: BootRequest, environment: string, env: BootCommand['env']): BootCommand {
  return {
    ...requested(request), tree: parts.tree.seen, environment, env,
    outside: request.outside && parts.outside !== undefined, home: parts.home,
    ...(parts.user && { user: parts.user }),
    database: { ...parts.database, fresh: request.freshDatabase }, services: parts.services ?? [],
  };
}

/** A boot that never came to the app: what the installer said, in the shape of every other boot. */
export function installFailure(result: PrepareResult, seconds: number, paths: BootOutput['paths']): BootOutput {
  return {
    stage: 'install', exit: result.exit, lines: result.lines, dropped: result.dropped,
    markers: { waiting: false, complete: false, listening: false, timedOut: false },
    probes: [], routes: [], database: { sessions: 0, connections: 0, engines: [], tables: [] }, hang: [],
    timings: { install: seconds, total: seconds }, python: result.python, command: result.command, paths,
  };
}
