/** Folders of the embedded runtime that outlive a run. Each part can be deleted at any time; it is made again. */
import { homedir } from 'node:os';
import { join } from 'node:path';

export interface CacheFolders {
  readonly root: string;
  readonly tools: string;
  readonly environments: string;
  /** Apart from the one of containers: each runtime's installer runs under an account of its own and must own what it shares. */
  readonly uv: string;
  readonly postgres: string;
}

export function cacheFolders(): CacheFolders {
  const base = process.env['XDG_CACHE_HOME'];
  const root = join(base !== undefined && base.startsWith('/') ? base : join(homedir(), '.cache'), 'boot-check');
  return {
    root, tools: join(root, 'tools'), environments: join(root, 'envs'), uv: join(root, 'uv-local'), postgres: join(root, 'postgres'),
  };
}
