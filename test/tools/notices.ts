/**
 * The notices of what comes with an installation: every package that boot-check needs at run time, directly or through another, with its
 * licence and the licence's own words. Nothing of it is in the package itself: npm installs it beside.
 */
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';

interface Locked {
  readonly version?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly optional?: boolean;
}

interface Notice {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** null: the package has no such file, or is for another platform and not here. */
  readonly text: string | null;
}

/** @param root folder with package-lock.json and node_modules @throws Error when a package that must be installed is not, or names no licence */
export async function notices(root: string): Promise<string> {
  const found = await Promise.all((await runtimePackages(root)).map(([path, locked]) => noticeOf(root, path, locked)));
  const all = [...new Map(found.map((one) => [`${one.name} ${one.version}`, one])).values()].toSorted((a, b) => (`${a.name} ${a.version}` < `${b.name} ${b.version}` ? -1 : 1));
  const texts = Map.groupBy(all.filter(({ text }) => text !== null), ({ text }) => text ?? '');
  return `# Third-party notices

boot-check uses these packages. None of them is part of it: npm installs each with its own files.

| Package | Version | Licence |
|---|---|---|
${all.map(({ name, version, license }) => `| ${name} | ${version} | ${license} |`).join('\n')}

${[...texts].map(([text, users]) => `## ${users.map(({ name, version }) => `${name} ${version}`).join(', ')}\n\n${fenced(text)}\n`).join('\n')}`;
}

/** What `npm install boot-check` may bring, on whichever platform: paths below the root with what the lock file says of each. */
async function runtimePackages(root: string): Promise<readonly (readonly [string, Locked])[]> {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as { readonly packages: Readonly<Record<string, Locked>> };
  return Object.entries(packages).filter(([path, { dev }]) => path !== '' && dev !== true);
}

async function noticeOf(root: string, path: string, { version = '', license, optional }: Locked): Promise<Notice> {
  const folder = join(root, path);
  const name = path.split('node_modules/').at(-1) ?? path;
  const files = await readdir(folder).catch(() => null);
  if (files === null && optional !== true) throw new Error(`${path} is not installed: run npm ci.`);
  const said = license ?? (files === null ? undefined : saidBy(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8'))));
  if (said === undefined) throw new Error(`${path} names no licence.`);
  const own = (files ?? []).filter((file) => /^(?:licen[cs]e|copying|notice)(?:[.-].*)?$/i.test(file) && !/\.(?:c?js|ts|json)$/.test(file)).toSorted();
  const texts = await Promise.all(own.map(async (file) => (await readFile(join(folder, file), 'utf8')).replaceAll('\r\n', '\n').trim()));
  return { name, version, license: said, text: texts.length === 0 ? null : texts.join('\n\n') };
}

/** As old packages say it: `licenses`, a list. */
function saidBy({ license, licenses }: { readonly license?: unknown; readonly licenses?: unknown }): string | undefined {
  if (typeof license === 'string') return license;
  const types = (Array.isArray(licenses) ? licenses : [licenses]).flatMap((one: unknown) => (typeof one === 'object' && one !== null && 'type' in one && typeof one.type === 'string' ? [one.type] : []));
  return types.length === 0 ? undefined : types.join(' OR ');
}

/** Longer than any fence in it. */
function fenced(text: string): string {
  const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length + 1)));
  return `${fence}text\n${text}\n${fence}`;
}
