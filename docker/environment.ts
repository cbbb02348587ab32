/**
 * Environments: one folder of the cache per content, filled by a short-lived installer container (the only one with a way out) and
 * mounted read-only wherever an app boots. Equal content costs no container at all.
 */
import { createHash } from 'node:crypto';
import { access, mkdir, readFile, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';

import type { CommandNews } from '../agent/client.ts';
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
  /** What the installer said; undefined when nothing had to be installed. */
  readonly installed: PrepareResult | undefined;
}

/** Never part of what a project installs. */
const NOT_SOURCE = new Set(['.git', 'node_modules', '.venv', 'venv', '__pycache__', '.boot-check']);
/** Building a source distribution takes more than running the result. */
const INSTALLER_MEMORY = 4 * 1024 ** 3;

/** The environment of a plan; installs when there is none with its content. A failing install is data (`installed.ok`). */
export async function ensureEnvironment(
  setting: AgentSetting, tree: string, plan: InstallPlan, news: CommandNews, signal: AbortSignal,
): Promise<Environment> {
  const key = await environmentKey(setting.image.id, tree, plan);
  const folder = join(cacheFolder(), 'envs', key);
  if (await isComplete(folder)) return { folder, installed: undefined };
  const uvCache = join(cacheFolder(), 'uv');
  // The top folders only: what lies in them was made by the account that gets them now.
  for (const path of [folder, uvCache]) {
    await mkdir(path, { recursive: true });
    if ((await readdir(path)).length === 0) await giveTo(setting.user, path);
  }
  const certificates = await hostCertificates();
  await using installer = await startAgent(setting, {
    role: 'install', network: 'bridge', memory: INSTALLER_MEMORY,
    mounts: [
      mount(folder, ENVIRONMENT, 'write'), mount(uvCache, CACHE, 'write'), mount(tree, TREE, 'read'),
      ...(certificates === undefined ? [] : [mount(certificates, CA_IN_CONTAINER, 'read')]),
    ],
  }, signal);
  const installed = await installer.agent.run('prepare', {
    uv: UV, python: 'python3', environment: ENVIRONMENT, tree: TREE, plan, cache: CACHE, user: setting.user,
    // Two mounts are two file systems to a hard link.
    env: { ...await installerEnvironment(certificates !== undefined), UV_LINK_MODE: 'copy' },
  }, news, signal);
  return { folder, installed };
}

/** The agent leaves this file when everything is installed. */
async function isComplete(folder: string): Promise<boolean> {
  return access(join(folder, '.boot-check/complete.json')).then(() => true, () => false);
}

/** Hash of all that decides what an install gives: image, plan, its files, and the project's own source where it is installed too. */
export async function environmentKey(image: string, tree: string, plan: InstallPlan): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify([image, plan]));
  const add = async (path: string): Promise<void> => {
    hash.update(`\0${path}\0`).update(await readFile(join(tree, path)).catch(() => 'missing'));
  };
  for (const file of plan.files.toSorted()) await add(file);
  if (plan.project !== undefined) for (const file of await sourceFiles(join(tree, plan.project))) await add(join(plan.project, file));
  return hash.digest('hex').slice(0, 24);
}

async function sourceFiles(root: string, below = ''): Promise<string[]> {
  const entries = (await readdir(join(root, below), { withFileTypes: true })).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const found: string[] = [];
  for (const entry of entries) {
    const path = join(below, entry.name);
    if (entry.isDirectory() && !NOT_SOURCE.has(entry.name)) found.push(...await sourceFiles(root, path));
    else if (entry.isFile()) found.push(path);
    else if (entry.isSymbolicLink()) found.push(`${path}\0${await readlink(join(root, path))}`);
  }
  return found;
}
