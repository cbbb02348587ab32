/** Paths inside the containers of a run, and the folders of this machine that are mounted there. */
import { homedir } from 'node:os';
import { join } from 'node:path';

import type Dockerode from 'dockerode';

/** As seen inside. */
export const TREE = '/app';
export const ENVIRONMENT = '/env';
/** Another environment, for an installer to begin with. */
export const SEED = '/seed';
export const AGENT = '/agent';
export const CACHE = '/cache';
/** Tools in an environment of their own in the image. */
export const UV = '/opt/boot-check/bin/uv';
export const RUFF = '/opt/boot-check/bin/ruff';
export const REDIS = '/opt/boot-check/bin/valkey-server';
/** pipreqs' list of import names and their distributions. */
export const MAPPING = '/opt/boot-check/mapping';

/** The agent's program on this machine. */
export const agentFolder = join(import.meta.dirname, '../agent');

/** Caches are folders, not volumes: they outlive engines, and a person can look into them and delete them. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  const base = env['XDG_CACHE_HOME'];
  return join(base === undefined || base === '' ? join(homedir(), '.cache') : base, 'boot-check');
}

/** Holds one folder for each content. */
export function environmentsFolder(): string {
  return join(cacheFolder(), 'envs');
}

/** As an object and not as `source:target`, which breaks on a colon in a path. */
export function mount(source: string, target: string, access: 'read' | 'write'): Dockerode.MountSettings {
  return { Type: 'bind', Source: source, Target: target, ReadOnly: access === 'read' };
}
