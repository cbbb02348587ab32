/** Reads an environment as files: which distributions lie in it, and which names their modules have. Nothing is imported or run. */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isOpenEnded } from '../../source/import-order.ts';
import { definitionsOf, importsOf, loadPython, sourceFile } from '../../source/python.ts';
import type { Distribution, PackageIndex } from '../../source/types.ts';

/** `ENV/lib/python3.14/site-packages`; undefined for a folder that is no environment. */
export async function sitePackages(environment: string): Promise<string | undefined> {
  const pythons = (await readdir(join(environment, 'lib')).catch(() => [])).filter((name) => /^python3\.\d+$/.test(name));
  return pythons[0] === undefined ? undefined : join(environment, 'lib', pythons[0], 'site-packages');
}

export async function installedDistributions(site: string): Promise<readonly Distribution[]> {
  const folders = (await readdir(site)).filter((name) => name.endsWith('.dist-info')).sort();
  return Promise.all(folders.map((folder) => readDistribution(site, folder)));
}

async function readDistribution(site: string, folder: string): Promise<Distribution> {
  const text = async (name: string): Promise<string> => readFile(join(site, folder, name), 'utf8').catch(() => '');
  const [metadata, record] = await Promise.all([text('METADATA'), text('RECORD')]);
  const head = metadata.split(/\r?\n\r?\n/)[0] ?? '';
  const field = (name: string): readonly string[] => [...head.matchAll(new RegExp(`^${name}: (?<value>.*)$`, 'gm'))].map((match) => match.groups?.['value']?.trim() ?? '');
  const [name = '', version = ''] = folder.replace(/\.dist-info$/, '').split('-');
  const modules = new Set(record.split('\n').flatMap((line) => topModule(line.split(',')[0] ?? '')));
  return { name: field('Name')[0] ?? name, version: field('Version')[0] ?? version, modules: [...modules].sort(), requires: field('Requires-Dist') };
}

/** `fastapi/routing.py` → `fastapi`, `six.py` → `six`, `_cffi_backend.cpython-314-….so` → `_cffi_backend` */
function topModule(path: string): readonly string[] {
  const [first = '', ...rest] = path.split('/');
  if (rest.length === 0) return /^[A-Za-z_]\w*(?:\.[\w-]+)*\.(?:py|so|pyd)$/.test(first) ? [first.split('.')[0] ?? ''] : [];
  return /^[A-Za-z_]\w*$/.test(first) && first !== '__pycache__' && /\.(?:pyi?|so|pyd)$/.test(path) ? [first] : [];
}

/** Names of each module that can be known without running it. @param modules dotted names that the tree imports names from */
export async function exportsIn(site: string, modules: readonly string[]): Promise<NonNullable<PackageIndex['exports']>> {
  await loadPython();
  const known = new Map<string, Promise<readonly string[] | undefined>>();
  const read = (module: string): Promise<readonly string[] | undefined> => {
    const asked = known.get(module) ?? namesOf(site, module, read);
    known.set(module, asked);
    return asked;
  };
  const found = await Promise.all(modules.map(async (module) => [module, await read(module)] as const));
  return Object.fromEntries(found.flatMap(([module, names]) => (names === undefined ? [] : [[module, { names, open: false }]])));
}

type Read = (module: string) => Promise<readonly string[] | undefined>;

async function namesOf(site: string, module: string, read: Read): Promise<readonly string[] | undefined> {
  const base = join(site, ...module.split('.'));
  const inside = await readdir(base).catch(() => undefined);
  const isPackage = inside?.includes('__init__.py') === true;
  const text = await readFile(isPackage ? join(base, '__init__.py') : `${base}.py`, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  const file = sourceFile(isPackage ? `${module.replaceAll('.', '/')}/__init__.py` : `${module.replaceAll('.', '/')}.py`, text);
  // Star imports are followed; anything else that is only known at run time makes the module unknowable.
  const stars = importsOf(file).filter((statement) => statement.names.some(({ name }) => name === '*'));
  if (isOpenEnded(sourceFile(file.path, text.replace(/\bimport \*/g, 'import all_')))) return undefined;
  const below = await Promise.all(stars.filter((statement) => statement.module !== module).map((statement) => read(statement.module)));
  if (below.some((names) => names === undefined)) return undefined;
  const submodules = (isPackage ? inside ?? [] : []).flatMap((name) => /^(?<stem>[A-Za-z_]\w*)(?:\.[\w.-]+)?$/.exec(name)?.groups?.['stem'] ?? []);
  return [...new Set([...definitionsOf(file).map(({ name }) => name), ...below.flatMap((names) => names ?? []), ...submodules])];
}
