/** The two images of a run, built on a base: their tags carry the hash of all that went into them, so a tag that exists is right. */
import { createHash } from 'node:crypto';
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Writable } from 'node:stream';

import type { Base, BaseTools } from './base-image.ts';
import { ensureBase, imageId, postgresBase, pythonBase } from './base-image.ts';
import { buildImage } from './build.ts';
import type { Engine } from './engine.ts';
import { hostCertificates, pipSettings, proxySettings } from './host-settings.ts';
import { MARK } from './labels.ts';

export interface Image {
  /** `boot-check/python:3.14-0f3a…` */
  readonly tag: string;
  readonly id: string;
  /** Of what it is for: `3.14.2`, `18.1`. */
  readonly version: string;
  /** Name of its base, which says whether it was pulled or built. */
  readonly base: string;
}

export interface Images {
  readonly python: Image;
  readonly postgres: Image;
}

interface Recipe {
  /** `python:3.14`: also the value of the label that groups its builds. */
  readonly name: string;
  readonly base: Base;
  readonly folder: string;
  /** Prints the version as the first `x.y[.z]`. */
  readonly ask: readonly string[];
}

const VERSION = 'boot-check.version';
const NAME = 'boot-check.image';
const BASE = 'boot-check.base';

export const pythonRecipe = (version: string): Recipe => ({
  name: `python:${version}`, base: pythonBase(version), folder: join(import.meta.dirname, 'images/python'), ask: ['python3', '--version'],
});
export const postgresRecipe: Recipe = {
  name: 'postgres:18', base: postgresBase, folder: join(import.meta.dirname, 'images/postgres'), ask: ['/opt/boot-check/bin/postgres', '--version'],
};

/** Both images, obtained when they are not here; costs a few questions to the engine when they are. */
export async function ensureImages(
  engine: Engine, options: { readonly python: string }, report: (line: string) => void, signal: AbortSignal, tools?: BaseTools,
): Promise<Images> {
  // Side by side: one waits for the network while the other unpacks. Both must have ended before an error leaves.
  const [python, postgres] = await Promise.allSettled([
    ensureImage(engine, pythonRecipe(options.python), report, signal, tools),
    ensureImage(engine, postgresRecipe, report, signal, tools),
  ]);
  if (python.status === 'rejected') throw python.reason;
  if (postgres.status === 'rejected') throw postgres.reason;
  return { python: python.value, postgres: postgres.value };
}

/** The image as it is here; undefined when it has to be made. */
export async function findImage(engine: Engine, recipe: Recipe): Promise<Image | undefined> {
  for (const base of [recipe.base.pulled, recipe.base.built]) {
    const id = await imageId(engine, base);
    const image = id === undefined ? undefined : await describe(engine, `boot-check/${recipe.name}-${await contentHash(recipe.folder, id)}`);
    if (image !== undefined) return image;
  }
  return undefined;
}

async function ensureImage(
  engine: Engine, recipe: Recipe, report: (line: string) => void, signal: AbortSignal, tools?: BaseTools,
): Promise<Image> {
  const base = await ensureBase(engine, recipe.base, report, signal, tools);
  const tag = `boot-check/${recipe.name}-${await contentHash(recipe.folder, base.id)}`;
  const ready = await describe(engine, tag);
  if (ready !== undefined) return ready;
  report(`${recipe.base.title}: building ${tag}`);
  await build(engine, recipe, base.name, tag, signal);
  const image = await describe(engine, tag);
  await removeOlder(engine, recipe.name, tag);
  report(`${recipe.base.title}: ready (${image!.version})`);
  return image!;
}

async function build(engine: Engine, recipe: Recipe, base: string, tag: string, signal: AbortSignal): Promise<void> {
  const certificates = await hostCertificates();
  const draft = `${tag}-draft`;
  const labels = { [NAME]: recipe.name, [BASE]: base };
  await buildImage(engine, {
    tag: draft, folder: recipe.folder, args: { BASE: base, ...proxySettings() }, labels,
    extra: {
      'ca.pem': certificates === undefined ? { text: '' } : { path: certificates },
      'pip.conf': { text: pipConfig(await pipSettings()) },
    },
  }, signal);
  // Only the image itself knows its exact version, and a label is where everyone can read it without starting it.
  const printed = await output(engine, draft, recipe.ask);
  const version = /\d+\.\d+(\.\d+)?/.exec(printed)?.[0] ?? '';
  await buildImage(engine, {
    tag, folder: join(import.meta.dirname, 'images/label'), args: { BASE: draft }, labels: { [VERSION]: version },
  }, signal);
  await engine.docker.getImage(draft).remove().catch(() => undefined);
}

/** pip's settings that make sense elsewhere: where packages come from. Paths of this machine do not. */
export function pipConfig(settings: Readonly<Record<string, string>>): string {
  const wanted = ['index-url', 'extra-index-url', 'trusted-host', 'proxy', 'timeout', 'default-timeout', 'retries'];
  const lines = wanted.flatMap((key) => (settings[key] === undefined ? [] : [`${key} = ${settings[key]}`]));
  return ['[global]', ...lines, ''].join('\n');
}

async function contentHash(folder: string, base: string): Promise<string> {
  const hash = createHash('sha256').update(base);
  for (const name of (await readdir(folder)).toSorted()) hash.update(`\0${name}\0`).update(await readFile(join(folder, name)));
  return hash.digest('hex').slice(0, 12);
}

async function describe(engine: Engine, tag: string): Promise<Image | undefined> {
  if (await imageId(engine, tag) === undefined) return undefined;
  const { Id, Config } = await engine.docker.getImage(tag).inspect();
  return { tag, id: Id, version: Config.Labels?.[VERSION] ?? '', base: Config.Labels?.[BASE] ?? '' };
}

/** What a program in an image prints. */
async function output(engine: Engine, image: string, command: readonly string[]): Promise<string> {
  const chunks: Buffer[] = [];
  const sink = new Writable({ write: (chunk: Buffer, _encoding, done) => { chunks.push(chunk); done(); } });
  await engine.docker.run(image, command.slice(1), sink, {
    Entrypoint: [command[0]!], Tty: true, Labels: { [MARK]: 'setup' }, HostConfig: { AutoRemove: true, NetworkMode: 'none' },
  });
  return Buffer.concat(chunks).toString();
}

/** Builds of the same image from older recipes, and stages that were only needed while building; what is in use stays. */
async function removeOlder(engine: Engine, name: string, tag: string): Promise<void> {
  const images = await engine.docker.listImages({ filters: { label: [`${NAME}=${name}`] } });
  const older = images.flatMap(({ RepoTags }) => RepoTags ?? []).filter((other) => other !== tag);
  await Promise.allSettled(older.map((other) => engine.docker.getImage(other).remove()));
  await engine.docker.pruneImages({ filters: { dangling: ['true'], label: ['boot-check.stage=tools'] } }).catch(() => undefined);
}
