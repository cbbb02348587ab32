/** Reads a tree once; everything derived from it is computed on first use and kept. */
import { lstat, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { statedDatabase } from './compose.ts';
import { filledDotenv } from './dotenv.ts';
import { importRoots, importsOfTree } from './import-roots.ts';
import { readInstallPlan } from './manifest.ts';
import { firstHealthPath } from './routes.ts';
import { loadPython, sourceFile } from './syntax.ts';
import { appTargets } from './targets.ts';
import type { DatabaseIdentity, RunFacts, Source, SourceFile } from './types.ts';
import { variablesOf } from './variables.ts';

/** What the command line said, or what findBackend found out; absent parts are detected. */
export interface RunOptions {
  readonly app?: string;
  readonly factory?: boolean;
  readonly cwd?: string;
  readonly pythonPath?: readonly string[];
  readonly health?: string;
  readonly port?: number;
  readonly command?: readonly string[];
  /** `--env` and `--env-file`, merged. */
  readonly env?: Readonly<Record<string, string>>;
  readonly database?: DatabaseIdentity;
  readonly policy?: 'locked' | 'newest';
  readonly manifest?: string;
  /** Files above the root that findBackend found to matter: `../docker-compose.yml` → text. */
  readonly outside?: Readonly<Record<string, string>>;
  /** Name of our output folder below the root, never read. */
  readonly out?: string;
  /** Name of the root's own folder, where it lies in a larger tree. */
  readonly rootName?: string;
}

/** Larger files are data, not source. Bytes. */
const MAX_SIZE = 1_000_000;

const SKIPPED_FOLDERS = new Set([
  '.git', '.hg', '.svn', 'node_modules', '__pycache__', '.venv', 'venv', 'virtualenv', '.tox', '.nox', '.mypy_cache', '.ruff_cache', '.pytest_cache',
  '.cache', '.eggs', 'site-packages', '.idea', '.vscode', '.boot-check', '.next', '.uv', '.pdm-build', '__pypackages__',
]);

/** Reads all text files below `root` (an absolute path). Unreadable, large (over 1 MB) and non-UTF-8 files and links are `opaque`. */
export async function readSource(root: string, options: RunOptions = {}): Promise<Source> {
  await loadPython();
  const files = new Map<string, SourceFile>();
  const opaque: string[] = [];
  const foreign = new Map<string, string>();
  for (const path of await listFiles(root, '', options.out)) {
    const content = await readText(join(root, path));
    if (content.text !== undefined) files.set(path, sourceFile(path, content.text));
    else opaque.push(path);
    if (content.foreign !== undefined) foreign.set(path, content.foreign);
  }
  return derive({ files, opaque, foreign, options });
}

/** The same from memory: path → text. */
export async function sourceOf(files: Readonly<Record<string, string>>, options: RunOptions = {}): Promise<Source> {
  await loadPython();
  const all = new Map(Object.entries(files).map(([path, text]) => [path, sourceFile(path, text)]));
  return derive({ files: all, opaque: [], foreign: new Map(), options });
}

async function listFiles(root: string, folder: string, out: string | undefined): Promise<readonly string[]> {
  const entries = await readdir(join(root, folder), { withFileTypes: true }).catch((error: unknown) => {
    // A folder we may not read holds nothing that we could boot or edit; the root itself must be readable.
    if (folder === '') throw error;
    return [];
  });
  const found: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
    if (entry.isFile() || entry.isSymbolicLink()) found.push(path);
    if (!entry.isDirectory() || SKIPPED_FOLDERS.has(entry.name) || path === out || (await isEnvironment(join(root, path)))) continue;
    found.push(...(await listFiles(root, path, out)));
  }
  return found;
}

/** A virtual environment, whatever its name. */
async function isEnvironment(folder: string): Promise<boolean> {
  return stat(join(folder, 'pyvenv.cfg')).then((found) => found.isFile(), () => false);
}

/** `foreign` is the text of a UTF-16 file: readable, never edited. */
async function readText(path: string): Promise<{ text?: string; foreign?: string }> {
  try {
    const about = await lstat(path);
    // A link may lead out of the tree, and writing through it would change what it leads to.
    if (about.isSymbolicLink() || about.size > MAX_SIZE) return {};
    const bytes = await readFile(path);
    if (bytes[0] === 0xff && bytes[1] === 0xfe) return { foreign: new TextDecoder('utf-16le').decode(bytes) };
    if (bytes[0] === 0xfe && bytes[1] === 0xff) return { foreign: new TextDecoder('utf-16be').decode(bytes) };
    if (bytes.includes(0)) return {};
    // The byte order mark stays in the text, so that writing the text back gives the same bytes.
    return { text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    return {};
  }
}

/** The source after edits: path → new text (null removes the file). Only these files are parsed again. `run` overrides facts. */
export function withFiles(source: Source, changed: ReadonlyMap<string, string | null>, run?: Partial<RunFacts>): Source {
  // A copy made with `{...source}` has no base any more; what it holds is enough to go on.
  const base = bases.get(source) ?? { files: source.files, opaque: source.opaque, foreign: new Map(), options: { outside: textsOf(source.outside ?? new Map()), env: source.run.env, policy: source.install.policy, cwd: source.run.cwd, ...(source.rootName === undefined ? {} : { rootName: source.rootName }) } };
  const files = new Map(base.files);
  for (const [path, text] of changed) {
    if (text === null) files.delete(path);
    else files.set(path, sourceFile(path, text));
  }
  // The way the app is started was settled by the first reading: an edit must not silently boot something else.
  // So was whether the person gave an environment: a file that a fix makes for one variable does not claim to be the whole of it.
  return derive({ ...base, files, run: { ...source.run, ...run }, claimed: source.environmentClaimed });
}

interface Base {
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly opaque: readonly string[];
  /** Decoded text of UTF-16 files. */
  readonly foreign: ReadonlyMap<string, string>;
  readonly options: RunOptions;
  readonly run?: RunFacts;
  /** The first reading's `environmentClaimed`. */
  readonly claimed?: boolean;
}

const bases = new WeakMap<Source, Base>();

function derive(base: Base): Source {
  const { files, opaque, options } = base;
  const outside = new Map(Object.entries(options.outside ?? {}).map(([path, text]) => [path, sourceFile(path, text)]));
  const everything = new Map([...outside, ...files]);
  const run = once(() => base.run ?? runFacts(base, everything));
  const roots = once(() => importRoots(run()));
  const imports = once(() => importsOfTree(files, roots()));
  const targets = once(() => appTargets(files, base.run ? roots() : undefined));
  const variables = once(() => variablesOf(files));
  const dotenv = once(() => readDotenv(everything, options.cwd ?? '.'));
  const install = once(() => readInstallPlan(everything, { policy: options.policy ?? 'locked', ...(options.manifest === undefined ? {} : { manifest: options.manifest }) }, base.foreign));
  const source: Source = {
    files, outside, opaque, ...(options.rootName === undefined ? {} : { rootName: options.rootName }),
    get imports() { return imports(); },
    get targets() { return targets(); },
    get variables() { return variables(); },
    get dotenv() { return dotenv(); },
    get environmentClaimed() { return base.claimed ?? (dotenvPath(files, options.cwd ?? '.') !== undefined || Object.keys(options.env ?? {}).length > 0); },
    get install() { return install(); },
    get run() { return run(); },
  };
  bases.set(source, base);
  return source;
}

function once<T>(compute: () => T): () => T {
  let known: { readonly value: T } | undefined;
  return () => (known ??= { value: compute() }).value;
}

function textsOf(files: ReadonlyMap<string, SourceFile>): Readonly<Record<string, string>> {
  return Object.fromEntries([...files].map(([path, file]) => [path, file.text]));
}

/** The `.env` that the app would find: in its working directory, at the root, else above it. */
export function dotenvPath(files: ReadonlyMap<string, SourceFile>, cwd: string): string | undefined {
  return [cwd === '.' || cwd === '' ? '.env' : `${cwd}/.env`, '.env', '../.env', '../../.env'].find((path) => files.has(path));
}

function readDotenv(files: ReadonlyMap<string, SourceFile>, cwd: string): ReadonlyMap<string, string> {
  const file = files.get(dotenvPath(files, cwd) ?? '');
  return file ? filledDotenv(file) : new Map();
}

function runFacts({ files, options }: Base, everything: ReadonlyMap<string, SourceFile>): RunFacts {
  const target = options.app === undefined ? appTargets(files)[0] : undefined;
  const app = options.app ?? target?.target ?? 'src.main:app';
  const factory = options.factory ?? target?.factory ?? false;
  const cwd = options.cwd ?? target?.cwd ?? '.';
  const port = options.port ?? 8080;
  const stated = options.database ?? statedDatabase(everything);
  const healthPath = options.health ?? firstHealthPath(files, app, importRoots({ cwd, pythonPath: options.pythonPath ?? [] }));
  return {
    app, factory, cwd, port, healthPath,
    pythonPath: options.pythonPath ?? target?.pythonPath ?? [],
    healthNamed: options.health !== undefined,
    command: options.command ?? ['uvicorn', app, ...(factory ? ['--factory'] : []), '--reload', '--host', '0.0.0.0', '--port', String(port)],
    env: options.env ?? {},
    ...(stated === undefined ? {} : { stated }),
  };
}
