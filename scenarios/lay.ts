/**
 * Lays a scenario on disk: a whole backend, with layers of a few files over it.
 *
 * A name is looked up in this order: `KIND/CASE` (scenarios/KIND/cases/CASE), a layer of scenarios/overlays/ or
 * scenarios/compounds/, a backend of scenarios/bases/. A layer names what it lies on in its `layer.json`; see scenarios/README.md.
 */
import { isUtf8 } from 'node:buffer';
import { cp, mkdir, readFile, readdir, rm, stat } from 'node:fs/promises';
import { basename, join, relative, sep } from 'node:path';
import { z } from 'zod';
import type { RunOptions } from '../source/read.ts';
import { identityOfUrl } from '../source/database.ts';

export const scenariosFolder = import.meta.dirname;

/** `layer.json` of a case or an overlay. */
export const layerSchema = z.strictObject({
  /** Backend or overlay it lies on. */
  base: z.string().default('auth-backend-healthy'),
  /** One sentence: what this is and what it shows. */
  what: z.string().default(''),
  /** Paths of the base that are not in this tree. */
  remove: z.array(z.string()).default([]),
  /** Pythons that `nightly` boots it on. */
  python: z.array(z.enum(['3.11', '3.12', '3.13', '3.14'])).min(1).optional(),
  /** What a user would say on the command line. */
  run: z.strictObject({
    app: z.string(), factory: z.boolean(), cwd: z.string(), health: z.string(), port: z.number().int(),
    command: z.array(z.string()), env: z.record(z.string(), z.string()),
    /** `--database URL` */
    database: z.string(),
    policy: z.enum(['locked', 'newest']), manifest: z.string(),
    /** Seconds until a boot is given up, and until a healthy one is believed. */
    bootTimeout: z.number(), settle: z.number(),
  }).partial().default({}),
});
export type Layer = z.infer<typeof layerSchema>;

export interface Laid {
  /** Name as asked for. */
  readonly name: string;
  readonly what: string;
  /** Whole backend at the bottom. */
  readonly base: string;
  /** Folder of the case or overlay; of the backend itself when there is no layer. */
  readonly folder: string;
  /** Options of all layers, the uppermost wins; for `readSource`. */
  readonly options: RunOptions;
  readonly bootTimeout?: number;
  readonly settle?: number;
}

/** Copies the scenario into `into` (created when missing). Throws a plain Error when a name leads nowhere. */
export async function layCase(name: string, into: string): Promise<Laid> {
  await mkdir(into, { recursive: true });
  const { laid, steps } = await resolveCase(name);
  for (const step of steps) {
    for (const path of step.remove) await rm(join(into, path), { recursive: true });
    await copyOver(step.folder, into);
  }
  return laid;
}

/** Lays the scenario into a folder of its own below `folder`, and says what to pass to `boot-check` behind the tree. */
export async function layScenario(name: string, folder: string): Promise<{ readonly tree: string; readonly args: readonly string[] }> {
  const tree = join(folder, name.replaceAll('/', '-'));
  await layCase(name, tree);
  const { run } = await resolveCase(name);
  const values = {
    app: run.app, health: run.health, port: run.port, database: run.database, policy: run.policy, manifest: run.manifest,
    'boot-timeout': run.bootTimeout, settle: run.settle, command: run.command?.join(' '),
  };
  const args = Object.entries(values).flatMap(([option, value]) => (value === undefined ? [] : [`--${option}`, String(value)]));
  const env = Object.entries(run.env ?? {}).flatMap(([variable, value]) => ['--env', `${variable}=${value}`]);
  return { tree, args: [...args, ...(run.factory === true ? ['--factory'] : []), ...env] };
}

/** What a user would say on the command line about a scenario, and the Pythons it names: the uppermost layer that says so wins. */
export async function sayingsOf(name: string): Promise<{ readonly run: Layer['run']; readonly python: readonly string[] }> {
  const { run, python } = await resolveCase(name);
  return { run, python };
}

/** The scenario's files without a disk: path → text. Files that are not UTF-8 are left out. */
export async function caseFiles(name: string): Promise<{ readonly laid: Laid; readonly files: Readonly<Record<string, string>> }> {
  const { laid, steps } = await resolveCase(name);
  const files = new Map<string, string>();
  for (const step of steps) {
    for (const path of files.keys()) if (step.remove.some((gone) => path === gone || path.startsWith(`${gone}/`))) files.delete(path);
    for (const [path, text] of await textsBelow(step.folder)) files.set(path, text);
  }
  return { laid, files: Object.fromEntries(files) };
}

interface Resolved {
  readonly laid: Laid;
  readonly run: Layer['run'];
  readonly python: readonly string[];
  /** From the backend at the bottom to the uppermost layer: what goes, then what is laid over. */
  readonly steps: readonly { readonly remove: readonly string[]; readonly folder: string }[];
}

async function resolveCase(name: string, above: readonly string[] = []): Promise<Resolved> {
  if (above.includes(name)) throw new Error(`Scenario ${name} lies on itself: ${[...above, name].join(' on ')}.`);
  const folder = await folderOf(name);
  const layer = await readLayer(folder);
  if (layer === null) return { laid: { name, what: '', base: name, folder, options: {} }, run: {}, python: ['3.14'], steps: [{ remove: [], folder }] };
  const below = await resolveCase(layer.base, [...above, name]);
  const run = { ...below.run, ...layer.run };
  const { database, bootTimeout, settle, ...rest } = run;
  const laid: Laid = {
    name, what: layer.what, base: below.laid.base, folder,
    options: withoutUndefined({ ...rest, database: database === undefined ? undefined : identityOfUrl(database) }),
    ...withoutUndefined({ bootTimeout, settle }),
  };
  return { laid, run, python: layer.python ?? below.python, steps: [...below.steps, { remove: layer.remove, folder: join(folder, 'overlay') }] };
}

/** Layer facts of a folder; null for a whole backend. */
export async function readLayer(folder: string): Promise<Layer | null> {
  const text = await readFile(join(folder, 'layer.json'), 'utf8').catch(() => null);
  if (text !== null) return layerSchema.parse(JSON.parse(text));
  return (await isFolder(join(folder, 'overlay'))) ? layerSchema.parse({}) : null;
}

/** Folder of a compound: several faults at once over a healthy backend. */
export function compoundFolder(name: string): string {
  return join(scenariosFolder, 'compounds', name);
}

/** Folder of `KIND/CASE`. */
export function caseFolder(name: string): string {
  const [kind = '', scenario = ''] = name.split('/');
  return join(scenariosFolder, kind, 'cases', scenario);
}

async function folderOf(name: string): Promise<string> {
  const places = name.includes('/') ? [caseFolder(name)] : [join(scenariosFolder, 'overlays', name), join(scenariosFolder, 'compounds', name), join(scenariosFolder, 'bases', name)];
  for (const place of places) if (await isFolder(place)) return place;
  throw new Error(`There is no scenario ${name}: looked in ${places.join(' and ')}.`);
}

/** Backends of different make that start as they are. */
export const HEALTHY = [
  'auth-backend-healthy', 'sync-stack', 'no-database', 'starlette-only', 'litestar', 'alembic-stack', 'factory-nested', 'psycopg-pool', 'quart-asyncpg',
  'django-asgi', 'sqlite-aiosqlite', 'monorepo-compose',
] as const;

/** Names of all backends, all overlays, all compounds, and all cases as `KIND/CASE`, sorted. */
export async function listScenarios(): Promise<{ bases: string[]; overlays: string[]; compounds: string[]; cases: string[] }> {
  const bases = await foldersIn(join(scenariosFolder, 'bases'));
  const overlays = await foldersIn(join(scenariosFolder, 'overlays'));
  const cases: string[] = [];
  for (const kind of await foldersIn(scenariosFolder)) {
    for (const scenario of await foldersIn(join(scenariosFolder, kind, 'cases'))) cases.push(`${kind}/${scenario}`);
  }
  return { bases, overlays, compounds: await foldersIn(join(scenariosFolder, 'compounds')), cases };
}

async function foldersIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name).sort();
}

async function isFolder(path: string): Promise<boolean> {
  return stat(path).then((found) => found.isDirectory(), () => false);
}

/** Caches that a boot by hand may have left in the repository are no part of a scenario. */
function isOurs(path: string): boolean {
  return basename(path) !== '__pycache__' && !path.endsWith('.pyc');
}

async function copyOver(from: string, into: string): Promise<void> {
  if (await isFolder(from)) await cp(from, into, { recursive: true, filter: isOurs });
}

const read = new Map<string, Promise<ReadonlyMap<string, string>>>();

/** Bases lie below many cases: each is read once. */
function textsBelow(folder: string): Promise<ReadonlyMap<string, string>> {
  const known = read.get(folder);
  if (known !== undefined) return known;
  const texts = readTexts(folder);
  read.set(folder, texts);
  return texts;
}

async function readTexts(folder: string): Promise<ReadonlyMap<string, string>> {
  const entries = (await isFolder(folder)) ? await readdir(folder, { recursive: true, withFileTypes: true }) : [];
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name)).filter(isOurs).sort();
  const texts = new Map<string, string>();
  for (const path of paths) {
    const bytes = await readFile(path);
    if (isUtf8(bytes)) texts.set(relative(folder, path).replaceAll(sep, '/'), bytes.toString('utf8'));
  }
  return texts;
}

type Defined<T> = { [Key in keyof T]: Exclude<T[Key], undefined> };
function withoutUndefined<T extends object>(value: T): Partial<Defined<T>> {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as Partial<Defined<T>>;
}
