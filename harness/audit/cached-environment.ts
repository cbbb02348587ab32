/** The environment of a tree, when an earlier run on this machine installed the very same: nothing is started or installed for it. */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { environmentUse } from '../../agent/environment-cache.ts';
import { environmentKey } from '../../agent/environment-key.ts';
import { appAccount } from '../../docker/account.ts';
import { findEngine } from '../../docker/engine.ts';
import { findImage, pythonRecipe } from '../../docker/images.ts';
import { cacheFolders } from '../../local/cache.ts';
import { findPythons } from '../../local/python.ts';
import type { InstallPlan } from '../../source/types.ts';

interface Kind {
  /** `3.14.2` */
  readonly python: string;
  readonly platform: string;
}

/** @param python `3.14` @returns absolute folder; undefined when there is none */
export async function cachedEnvironment(plan: InstallPlan, tree: string, python: string, signal: AbortSignal): Promise<string | undefined> {
  const { environments } = cacheFolders();
  if (!await exists(environments)) return undefined;
  for (const kind of [...await inContainers(python), ...await onHost(python, signal)]) {
    const key = await environmentKey(plan, tree, kind.python, kind.platform);
    const complete = join(environments, key, '.boot-check/complete.json');
    if (!await exists(complete)) continue;
    // Until this process ends: it is read from here and there.
    await environmentUse(environments).hold(key);
    if (await exists(complete)) return join(environments, key);
  }
  return undefined;
}

/** An engine that does not answer, or an image that is not here, means only that nothing was installed there. */
async function inContainers(python: string): Promise<readonly Kind[]> {
  try {
    const search = await findEngine();
    const image = search.found ? await findImage(search.engine, pythonRecipe(python)) : undefined;
    return search.found && image !== undefined ? [{ python: image.version, platform: `${image.base} ${appAccount(search.engine).uid}` }] : [];
  } catch {
    return [];
  }
}

async function onHost(python: string, signal: AbortSignal): Promise<readonly Kind[]> {
  const found = (await findPythons(signal)).find(({ version }) => version.startsWith(`${python}.`));
  return found === undefined ? [] : ['root', 'user'].map((account) => ({ python: found.version, platform: `local-${process.platform}-${process.arch}-${account}` }));
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(() => true, () => false);
}
