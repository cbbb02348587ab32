/** Folders of the embedded runtime that outlive a run. Each part can be deleted at any time; it is made again. */
import { mkdir } from 'node:fs/promises';
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
  return below(join(base !== undefined && base.startsWith('/') ? base : join(homedir(), '.cache'), 'boot-check'));
}

/** Where other accounts get to as well: for a harness that is root and an app that is not. */
export async function sharedCacheFolders(): Promise<CacheFolders> {
  const folders = below('/var/cache/boot-check');
  await mkdir(folders.root, { recursive: true, mode: 0o755 });
  return folders;
}

function below(root: string): CacheFolders {
  return {
    root, tools: join(root, 'tools'), environments: join(root, 'envs'), uv: join(root, 'uv-local'), postgres: join(root, 'postgres'),
  };
}
