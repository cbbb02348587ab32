/** uv, ruff and the import-name list of pipreqs: from the machine when it has them, else installed once into the cache. */
import { execa } from 'execa';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

import { HarnessError } from '../agent/errors.ts';
import type { CacheFolders } from './cache.ts';
import type { HostPython } from './python.ts';

export interface Tools {
  readonly uv: string;
  readonly ruff: string;
  /** `import:distribution` lines. */
  readonly mapping: string;
}

/** Older ones lack options that the agent uses. */
const PACKAGES = ['uv>=0.8', 'ruff>=0.12'];

/** Folder is complete when its last file is there: it is made elsewhere and renamed. */
export async function findTools(cache: CacheFolders, python: HostPython, signal: AbortSignal): Promise<Tools> {
  const folder = join(cache.tools, '1');
  const tools = { uv: join(folder, 'bin/uv'), ruff: join(folder, 'bin/ruff'), mapping: join(folder, 'pipreqs/mapping') };
  if (await exists(tools.mapping)) return tools;
  const temporary = `${folder}.${process.pid}.tmp`;
  await mkdir(cache.tools, { recursive: true });
  try {
    await installTools(temporary, python, signal);
    // Another run may have been quicker; its folder is as good.
    await rename(temporary, folder).catch(async (error: unknown) => {
      if (!await exists(tools.mapping)) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return tools;
}

/** Where uv is, without installing anything. */
export async function presentUv(cache: CacheFolders): Promise<string | undefined> {
  const folders = [join(cache.tools, '1/bin'), ...(process.env['PATH'] ?? '').split(delimiter)];
  for (const folder of folders) if (await exists(join(folder, 'uv'))) return join(folder, 'uv');
  return undefined;
}

async function installTools(target: string, python: HostPython, signal: AbortSignal): Promise<void> {
  const uv = await presentUv({ tools: '' } as CacheFolders);
  const pip = uv === undefined
    ? [python.program, '-m', 'pip', '--disable-pip-version-check', 'install', '--quiet', '--no-input', '--target', target]
    : [uv, 'pip', 'install', '--quiet', '--python', python.program, '--target', target];
  // Of pipreqs only the list is used, so its dependencies (notebooks and more) stay away.
  for (const packages of [PACKAGES, ['--no-deps', 'pipreqs']]) {
    const [program = '', ...words] = [...pip, ...packages];
    const ran = await execa(program, words, { reject: false, all: true, cancelSignal: signal, stdin: 'ignore' });
    signal.throwIfAborted();
    if (ran.failed) throw noTools(ran.all ?? ran.shortMessage ?? '');
  }
}

function noTools(said: string): HarnessError {
  return new HarnessError({
    code: 'no-tools', what: 'uv and ruff could not be installed.', why: said.trim().split('\n').slice(-3).join('\n'),
    hint: 'Check the network and that Python has pip (`python3 -m pip --version`), or install uv yourself.', exitCode: 3,
  });
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}
