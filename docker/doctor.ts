/** What `boot-check doctor` says about containers on this machine: facts only, nothing is started, pulled or changed. */
import { access, mkdir, statfs } from 'node:fs/promises';

import { findDockerd } from './dockerd.ts';
import type { Engine } from './engine.ts';
import { findEngine } from './engine.ts';
import { hostCertificates } from './host-settings.ts';
import { findImage, postgresRecipe, pythonRecipe } from './images.ts';
import { hostMirror } from './mirror.ts';
import { cacheFolder } from './paths.ts';

export interface Fact {
  readonly name: string;
  readonly ok: boolean;
  /** One sentence or value. */
  readonly detail: string;
  /** What to do; only when it is not ok. */
  readonly hint?: string;
}

/** Both images, an environment or two, and the engine's own room to work. */
const WANTED_DISK = 3 * 1024 ** 3;

/** Engine, images, certificates, disk, and what `--runtime auto` chooses with the reason. Never throws. */
export async function dockerFacts(options: { readonly python: string } = { python: '3.14' }): Promise<Fact[]> {
  const search = await findEngine();
  const [certificates, disk, images] = await Promise.all([
    certificateFact(), diskFact(), search.found ? imageFacts(search.engine, options.python) : [],
  ]);
  if (!search.found) {
    const hint = await engineHint();
    return [
      { name: 'container engine', ok: false, detail: search.why, hint }, certificates, disk,
      { name: 'runtime auto', ok: true, detail: 'chooses local, because no container engine answers' },
    ];
  }
  const { engine } = search;
  return [
    { name: 'container engine', ok: true, detail: `${engine.name} ${engine.version} (API ${engine.api}) at ${engine.address}${engine.rootless ? ', rootless' : ''}` },
    ...images, certificates, disk,
    { name: 'runtime auto', ok: true, detail: `chooses docker, because ${engine.name} answers at ${engine.address}` },
  ];
}

async function engineHint(): Promise<string> {
  if (await findDockerd() === undefined) return 'Run `npm run setup` (as root on Debian and its relatives it installs one), or use --runtime local.';
  return 'An engine is installed but not running: `npm run setup` as root starts it.';
}

async function imageFacts(engine: Engine, python: string): Promise<Fact[]> {
  const ways = await howToGetImages();
  return Promise.all([pythonRecipe(python), postgresRecipe].map(async (recipe): Promise<Fact> => {
    const image = await findImage(engine, recipe).catch(() => undefined);
    const name = `image ${recipe.name}`;
    if (image !== undefined) return { name, ok: true, detail: `${image.version}, from ${image.base} (${image.tag})` };
    return { name, ok: false, detail: 'not here yet', hint: `The next run gets it, or \`npm run setup\` does now: ${ways}.` };
  }));
}

async function howToGetImages(): Promise<string> {
  const canBuild = await access('/usr/bin/mmdebstrap').then(() => true, () => false) && await hostMirror() !== undefined;
  return canBuild ? 'pulled, or built here with mmdebstrap when no image registry answers' : 'pulled; it cannot be built here, for want of mmdebstrap or a mirror in /etc/apt';
}

async function certificateFact(): Promise<Fact> {
  const path = await hostCertificates();
  if (path !== undefined) return { name: 'certificates', ok: true, detail: `${path} is used for installs in containers` };
  return { name: 'certificates', ok: false, detail: 'no bundle was found', hint: 'Install ca-certificates, or name a bundle in SSL_CERT_FILE.' };
}

async function diskFact(): Promise<Fact> {
  const folder = cacheFolder();
  const name = 'disk';
  try {
    await mkdir(folder, { recursive: true });
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const detail = `${(free / 1024 ** 3).toFixed(1)} GB free for ${folder}`;
    return free >= WANTED_DISK ? { name, ok: true, detail } : { name, ok: false, detail, hint: 'Images and environments need about 3 GB; free some space.' };
  } catch (error) {
    return { name, ok: false, detail: `${folder} cannot be written: ${(error as Error).message}`, hint: 'Name another folder in XDG_CACHE_HOME.' };
  }
}
