/**
 * Environments: one folder of the cache per content, filled by a short-lived installer container (the only one with a way out) and
 * mounted read-only wherever an app boots. Equal content costs no container at all.
 */
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { Agent, CommandNews } from '../agent/client.ts';
import type { EnvironmentUse } from '../agent/environment-cache.ts';
import { environmentKey } from '../agent/environment-key.ts';
import { machineFault } from '../agent/machine-fault.ts';
import type { PrepareResult, ResolveCommand } from '../agent/protocol.ts';
import type { InstallPlan, Resolution, VersionQuestion } from '../source/types.ts';
import { giveTo } from './account.ts';
import type { AgentSetting } from './agent-container.ts';
import { startAgent } from './agent-container.ts';
import { CA_IN_CONTAINER, hostCertificates, installerEnvironment } from './host-settings.ts';
import { CACHE, ENVIRONMENT, SEED, TREE, UV, cacheFolder, environmentsFolder, mount } from './paths.ts';

export interface Environment {
  /** On this machine. */
  readonly folder: string;
  readonly uvicornDeclared: boolean;
  /** What the installer said; undefined when nothing had to be installed. */
  readonly installed: PrepareResult | undefined;
}

/** What a run remembers of its environments. */
export interface EnvironmentsOfRun {
  readonly use: EnvironmentUse;
  /** By environment: what failed once would fail again. */
  readonly failures: Map<string, PrepareResult>;
  /** The last one that was complete: the next one is much the same. */
  complete?: string;
}

/** Building a source distribution takes more than running the result. */
const INSTALLER_MEMORY = 4 * 1024 ** 3;

/**
 * The environment of a plan; installs when there is none with its content. A failing install is data (`installed.ok`).
 * @param use keeps it from being forgotten for as long as the place is open
 */
export async function ensureEnvironment(
  setting: AgentSetting, tree: string, plan: InstallPlan, run: EnvironmentsOfRun, news: CommandNews, signal: AbortSignal,
): Promise<Environment> {
  const { image, user } = setting;
  // Not the image's id: its tools may change without a package noticing. The account, because one cannot complete what another began.
  const key = await environmentKey(plan, tree, image.version, `${image.base} ${user.uid}`);
  const folder = join(environmentsFolder(), key);
  await run.use.hold(key);
  const marker = await readMarker(folder);
  if (marker !== undefined) {
    run.complete = folder;
    return { folder, uvicornDeclared: marker.uvicorn !== 'missing', installed: undefined };
  }
  const failure = run.failures.get(key);
  if (failure !== undefined) return { folder, uvicornDeclared: true, installed: failure };
  for (const path of [folder, uvCache()]) {
    await mkdir(path, { recursive: true });
    // What lies in it already was made by the account that would get it now.
    if ((await readdir(path)).length === 0) await giveTo(user, path);
  }
  const seed = run.complete;
  const installed = await withInstaller(setting, tree, { folder, ...(seed !== undefined && { seed }) }, signal, (agent, tools) =>
    agent.run('prepare', { ...tools, plan, ...(seed !== undefined && { seed: { folder: SEED, madeAs: ENVIRONMENT } }) }, news, signal));
  const fault = installed.ok ? undefined : await machineFault(installed, tree, plan);
  if (fault !== undefined) throw fault;
  if (installed.ok) run.complete = folder;
  else run.failures.set(key, installed);
  return { folder, uvicornDeclared: installed.uvicorn !== 'missing', installed };
}

/** Asks the resolver about a plan, beside its environment, which may be incomplete. */
export async function resolveVersions(
  setting: AgentSetting, tree: string, { folder }: Environment, question: VersionQuestion, signal: AbortSignal,
): Promise<readonly Resolution[]> {
  const answer = await withInstaller(setting, tree, { folder }, signal, (agent, tools) => agent.run('resolve', { ...tools, question }, {}, signal));
  return answer.resolutions;
}

/** A container with a way out, for as long as `work` takes. */
async function withInstaller<Result>(
  setting: AgentSetting, tree: string, { folder, seed }: { readonly folder: string; readonly seed?: string }, signal: AbortSignal, work: (agent: Agent, tools: Omit<ResolveCommand, 'question'>) => Promise<Result>,
): Promise<Result> {
  const certificates = await hostCertificates();
  await using installer = await startAgent(setting, {
    role: 'install', network: 'bridge', memory: Math.min(INSTALLER_MEMORY, setting.engine.memoryBytes || INSTALLER_MEMORY),
    mounts: [
      mount(folder, ENVIRONMENT, 'write'), mount(uvCache(), CACHE, 'write'), mount(tree, TREE, 'write'),
      ...(seed === undefined ? [] : [mount(seed, SEED, 'read')]),
      ...(certificates === undefined ? [] : [mount(certificates, CA_IN_CONTAINER, 'read')]),
    ],
  }, signal);
  // Awaited here: the installer is closed as soon as this function returns.
  return await work(installer.agent, {
    uv: UV, python: 'python3', environment: ENVIRONMENT, tree: TREE, cache: CACHE, user: setting.user,
    // Two mounts are two file systems to a hard link.
    env: { ...await installerEnvironment(certificates !== undefined), UV_LINK_MODE: 'copy' },
  });
}

function uvCache(): string {
  return join(cacheFolder(), 'uv');
}

/** The agent leaves this file when everything is installed. */
async function readMarker(folder: string): Promise<{ readonly uvicorn?: string } | undefined> {
  const text = await readFile(join(folder, '.boot-check/complete.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text) as { uvicorn?: string };
}
