/**
 * A bundle: one file that holds a failure, so that another machine can replay it. Gzip of a first line with the checksum and one JSON
 * document with sorted names, so that the same run gives the same bytes. Opening trusts nothing: size, checksum, shape and every path are
 * checked before anything is written.
 */
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { z } from 'zod';
import { HarnessError } from '../../agent/errors.ts';
import { STAGES } from '../../parsers/boot-output.ts';
import { codeFix } from '../report/schema.ts';

const FORMAT = 'boot-check bundle 1';
const MAX_BYTES = 256 * 1024 * 1024;

const path = z.string().min(1).max(1000).refine(isInside, 'leaves its folder');
const entry = z.strictObject({
  path,
  text: z.string().optional(),
  /** Of a file that is no UTF-8. */
  base64: z.base64().optional(),
  /** Target of a link, relative to the link's own folder. */
  link: z.string().max(1000).optional(),
  executable: z.boolean().optional(),
}).refine(({ text, base64, link }) => [text, base64, link].filter((one) => one !== undefined).length === 1, 'must be one of text, base64 and link')
  .refine(({ path: at, link }) => link === undefined || (!link.startsWith('/') && isInside(joined(at, link))), 'is a link that leaves its folder');

const identity = z.strictObject({ host: z.string(), port: z.int().min(1).max(65_535), user: z.string(), password: z.string(), database: z.string() });

export const bundleSchema = z.strictObject({
  made_by: z.string(),
  /** Of the folder. */
  name: path.refine((name) => !name.includes('/'), 'is no name of a folder'),
  tree: z.array(entry).max(50_000).refine(areSeparate, 'has a path twice, or one below a file or link'),
  /** What was said on the command line, by the names of the library's options. */
  options: z.strictObject({
    python: z.enum(['3.11', '3.12', '3.13', '3.14']), policy: z.enum(['locked', 'newest']), root: path.nullable(), manifest: path.nullable(), app: z.string().nullable(),
    factory: z.boolean(), health: z.string().startsWith('/').nullable(), port: z.int().min(1).max(65_535), command: z.array(z.string()).nullable(),
    env: z.record(z.string(), z.string()).nullable(), database: z.string().nullable(), database_init: z.string().nullable(),
    safe_only: z.boolean(), tidy: z.boolean(), minimise: z.boolean(), max_boots: z.int().min(1).max(1000), boot_timeout: z.number().min(1).max(3600), settle: z.number().min(0).max(600),
  }),
  /** What was found out: enough to do it by hand. */
  facts: z.strictObject({
    app: z.string(), factory: z.boolean(), health_path: z.string(), root: z.string(), cwd: z.string(), python_path: z.array(z.string()), command: z.array(z.string()),
    manifest: z.string(), install: z.array(z.string()), environment: z.record(z.string(), z.string()), runtime: z.enum(['docker', 'local']), python: z.string(),
    versions: z.record(z.string(), z.string()), lock: z.array(z.string()),
    database: identity.nullable(),
    /** The same for the tree with all fixes: one of them may change a `.env` that nothing but the process's environment brings to the app. */
    environment_healed: z.record(z.string(), z.string()).optional(),
    /** Every address, account and database that the app asks for, the most certain first; absent in bundles of earlier versions, like the one before and the three after it. */
    databases: z.array(identity).optional(),
    /** What fills the databases, besides `database_init`. */
    init_scripts: z.array(z.strictObject({ path: z.string(), sql: z.string(), user: z.string(), database: z.string() })).optional(),
    /** Addresses at which the app looks for Redis. */
    redis: z.array(z.strictObject({ host: z.string(), port: z.int().min(1).max(65_535) })).optional(),
    /** Files that decide what is installed, relative to the root. */
    install_files: z.array(z.string()).optional(),
    /** Folder of the project that is installed itself, relative to the root. */
    project: z.string().optional(),
  }),
  /** What happened. */
  outcome: z.strictObject({
    /** False: the run was interrupted, and only its boots can be held against a replay. */
    complete: z.boolean(),
    verdict: z.enum(['healthy', 'healed', 'not_healthy', 'not_booted']),
    boots: z.array(z.strictObject({ number: z.int().min(1), purpose: z.enum(['baseline', 'attempt', 'minimise', 'confirm', 'restart']), stage: z.enum(STAGES), findings: z.array(z.string()), tried: z.string().nullable() })),
    kept: z.array(z.strictObject({
      kind: z.string(), edits: z.array(codeFix),
      /** The first boot with it in the tree. Bundles of earlier versions do not say it. */
      since: z.int().min(1).optional(),
    })),
    unresolved: z.array(z.string()),
  }),
});
export type Bundle = z.infer<typeof bundleSchema>;
export type BundleEntry = Bundle['tree'][number];
export type BundleFix = Bundle['outcome']['kept'][number];

/** Equal bundles give equal bytes. */
export async function packBundle(bundle: Bundle): Promise<Buffer> {
  const payload = JSON.stringify(sorted(bundle));
  const packed = await promisify(gzip)(`${FORMAT} ${sha256(payload)}\n${payload}`, { level: 9 });
  // The one byte of gzip's head that says which system wrote it.
  packed[9] = 255;
  return packed;
}

/** @throws HarnessError (usage) in one sentence, for whatever is no whole bundle */
export async function openBundle(bytes: Buffer, name: string): Promise<Bundle> {
  const text = await promisify(gunzip)(bytes, { maxOutputLength: MAX_BYTES }).then((whole) => whole.toString('utf8'), () => null);
  if (text === null) throw refused(name, 'It is no gzip file, is cut off, or unpacks to more than 256 MB.');
  const end = text.indexOf('\n');
  const head = text.slice(0, end);
  if (!head.startsWith(`${FORMAT} `)) throw refused(name, /^boot-check bundle \d/.test(head) ? 'It was made by another version of boot-check.' : 'Nothing in it says that boot-check made it.');
  const payload = text.slice(end + 1);
  if (head.slice(FORMAT.length + 1) !== sha256(payload)) throw refused(name, 'Its checksum is wrong: it was damaged or changed.');
  const parsed = bundleSchema.safeParse(tried(payload));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw refused(name, `${issue?.path.join('.') ?? 'It'} ${issue?.message ?? 'is not as it must be'}.`);
}

function refused(name: string, why: string): HarnessError {
  return new HarnessError({ code: 'bundle', what: `${name} is no bundle that can be opened.`, why, hint: 'Ask for the file again; a run leaves it in its output folder as bundle.bootcheck.', exitCode: 2 });
}

/** Relative, with `/`, and never upwards. */
function isInside(way: string): boolean {
  return !way.includes('\0') && !way.includes('\\') && !/^[A-Za-z]:/.test(way) && way.split('/').every((part) => part !== '' && part !== '..' && part !== '.' && part !== '.git');
}

/** A link's target as a path from the top; upward steps beyond the top stay and are refused. */
function joined(at: string, link: string): string {
  const parts = at.split('/').slice(0, -1);
  for (const part of link.split('/')) {
    if (part === '..') { if (parts.length === 0) return '..'; parts.pop(); } else if (part !== '.' && part !== '') parts.push(part);
  }
  return parts.join('/') || 'top';
}

function areSeparate(entries: readonly { readonly path: string }[]): boolean {
  const paths = new Set(entries.map(({ path: one }) => one));
  if (paths.size !== entries.length) return false;
  return entries.every(({ path: one }) => one.split('/').every((_, depth, parts) => depth === 0 || !paths.has(parts.slice(0, depth).join('/'))));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

function tried(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The same value with every object's names in order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, one]) => [name, sorted(one)]));
}
