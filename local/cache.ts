/** Folders of the embedded runtime that outlive a run. Each part can be deleted at any time; it is made again. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface CacheFolders {
  readonly root: string;
  readonly tools: string;
  readonly environments: string;
  readonly uv: string;
  readonly postgres: string;
}

export function cacheFolders(): CacheFolders {
  const base = process.env['XDG_CACHE_HOME'];
  const root = join(base !== undefined && base.startsWith('/') ? base : join(homedir(), '.cache'), 'boot-check');
  return {
    root, tools: join(root, 'tools'), environments: join(root, 'envs'), uv: join(root, 'uv'), postgres: join(root, 'postgres'),
  };
}
