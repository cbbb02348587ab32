/**
 * Environments: one folder of the cache per content, filled by a short-lived installer container (the only one with a way out) and
 * mounted read-only wherever an app boots. Equal content costs no container at all.
 */
import { mkdir, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

import type { CommandNews } from '../agent/client.ts';
import { environmentKey } from '../agent/environment-key.ts';
import { machineFault } from '../agent/machine-fault.ts';
import type { PrepareResult } from '../agent/protocol.ts';
import type { InstallPlan } from '../source/types.ts';
import { giveTo } from './account.ts';
import type { AgentSetting } from './agent-container.ts';
import { startAgent } from './agent-container.ts';
import { CA_IN_CONTAINER, hostCertificates, installerEnvironment } from './host-settings.ts';
import { CACHE, ENVIRONMENT, TREE, UV, cacheFolder, mount } from './paths.ts';

export interface Environment {
  /** On this machine. */
  readonly folder: string;
  readonly uvicornDeclared: boolean;
  /** What the installer said; undefined when nothing had to be installed. */
  readonly installed: PrepareResult | undefined;
}

/** Building a source distribution takes more than running the result. */
const INSTALLER_MEMORY = 4 * 1024 ** 3;

/** The environment of a plan; installs when there is none with its content. A failing install is data (`installed.ok`). */
export async function ensureEnvironment(
  setting: AgentSetting, tree: string, plan: InstallPlan, news: CommandNews, signal: AbortSignal,
): Promise<Environment> {
  const { image, user } = setting;
  // Not the image's id: its tools may change without a package noticing. The account, because one cannot complete what another began.
  const key = await environmentKey(plan, tree, image.version, `${image.base} ${user.uid}`);
  const folder = join(cacheFolder(), 'envs', key);
  const marker = await readMarker(folder);
  if (marker !== undefined) return { folder, uvicornDeclared: marker.uvicorn !== 'missing', installed: undefined };
  const uvCache = join(cacheFolder(), 'uv');
  for (const path of [folder, uvCache]) {
    await mkdir(path, { recursive: true });
    // What lies in it already was made by the account that would get it now.
    if ((await readdir(path)).length === 0) await giveTo(user, path);
  }
  const installed = await install(setting, { tree, folder, uvCache, plan }, news, signal);
  const fault = installed.ok ? undefined : await machineFault(installed, tree, plan);
  if (fault !== undefined) throw fault;
  return { folder, uvicornDeclared: installed.uvicorn !== 'missing', installed };
}

async function install(
  setting: AgentSetting, { tree, folder, uvCache, plan }: { tree: string; folder: string; uvCache: string; plan: InstallPlan },
  news: CommandNews, signal: AbortSignal,
): Promise<PrepareResult> {
  const certificates = await hostCertificates();
  await using installer = await startAgent(setting, {
    role: 'install', network: 'bridge', memory: Math.min(INSTALLER_MEMORY, setting.engine.memoryBytes || INSTALLER_MEMORY),
    mounts: [
      mount(folder, ENVIRONMENT, 'write'), mount(uvCache, CACHE, 'write'), mount(tree, TREE, 'read'),
      ...(certificates === undefined ? [] : [mount(certificates, CA_IN_CONTAINER, 'read')]),
    ],
  }, signal);
  // Awaited here: the installer is closed as soon as this function returns.
  return await installer.agent.run('prepare', {
    uv: UV, python: 'python3', environment: ENVIRONMENT, tree: TREE, plan, cache: CACHE, user: setting.user,
    // Two mounts are two file systems to a hard link.
    env: { ...await installerEnvironment(certificates !== undefined), UV_LINK_MODE: 'copy' },
  }, news, signal);
}

/** The agent leaves this file when everything is installed. */
async function readMarker(folder: string): Promise<{ readonly uvicorn?: string } | undefined> {
  const text = await readFile(join(folder, '.boot-check/complete.json'), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : JSON.parse(text) as { uvicorn?: string };
}
