/** Start commands in the project's own files: Dockerfile, compose, Procfile, scripts, pyproject, README, and `uvicorn.run` in the code. */
import { parse as parseToml } from 'smol-toml';
import { callsOf } from './calls.ts';
import { isAside } from './import-roots.ts';
import { isPython, stringValue } from './syntax.ts';
import type { SourceFile } from './types.ts';

export interface LaunchTarget {
  /** `src.main`; empty when a file is named instead. */
  readonly module: string;
  readonly attribute?: string;
  /** `fastapi run src/main.py` */
  readonly file?: string;
  /** `python main.py`, `python -m app`: what the script starts is what is meant. */
  readonly script?: string;
  readonly factory: boolean;
  /** `Dockerfile:9` */
  readonly from: string;
  /** Folder of the file that says it, or what its command changes to. */
  readonly folder: string;
}

/** Files that hold start commands; the better witness first. */
const WITNESSES: readonly RegExp[] = [
  /(^|\/)Dockerfile(\.[\w-]+)?$/i, /(^|\/)(docker-)?compose[\w.-]*\.ya?ml$/, /(^|\/)Procfile$/, /(^|\/)pyproject\.toml$/,
  /(^|\/)[\w.-]*(start|run|entrypoint|serve|dev|init|boot)[\w.-]*\.(sh|bash)$/i, /(^|\/)(Makefile|justfile|package\.json|fly\.toml|railway\.(json|toml)|render\.yaml|nixpacks\.toml|app\.json|vercel\.json)$/i,
  /(^|\/)(\.github\/workflows\/[\w.-]+\.ya?ml|\.gitlab-ci\.yml|supervisord?\.conf|[\w.-]+\.service|Taskfile\.ya?ml|Procfile\.\w+)$/i, /(^|\/)README(\.\w+)?$/i,
];

export function launchTargets(files: ReadonlyMap<string, SourceFile>): readonly LaunchTarget[] {
  const inFiles = WITNESSES.flatMap((pattern, index) => [...files.values()].filter((file) => pattern.test(file.path) && !isAside(file.path))
    .toSorted((a, b) => a.path.split('/').length - b.path.split('/').length)
    .flatMap((file) => (index === 3 ? pyprojectTargets(file) : []).concat(commandsIn(file))));
  const inCode = codeCommands(files);
  // `python main.py` stands for what main.py starts.
  return [...inFiles.flatMap((each) => started(files, each, inCode)), ...inCode];
}

function started(files: ReadonlyMap<string, SourceFile>, launch: LaunchTarget, inCode: readonly LaunchTarget[]): readonly LaunchTarget[] {
  if (launch.script === undefined) return [launch];
  const path = [join(launch.folder, launch.script), launch.script, ...[...files.keys()].filter((each) => each.endsWith(`/${launch.script}`) && !isAside(each))].find((each) => files.has(each));
  const runs = inCode.filter((each) => path !== undefined && each.from.startsWith(`${path}:`));
  return runs.length > 0 ? runs.map((each) => ({ ...each, from: `${launch.from}, ${each.from}` })) : path === undefined ? [] : [{ ...launch, file: path, folder: '.' }];
}

// CMD ["uvicorn", "src.main:app", "--host", "0.0.0.0"]   ·   web: gunicorn -k uvicorn.workers.UvicornWorker app.main:app
const SERVER = /\b(?:uvicorn|gunicorn|hypercorn|granian|daphne|litestar)\b(?<rest>[^\n]*)/;
const TARGET = /^(?<module>[A-Za-z_][\w.]*):(?<attribute>[A-Za-z_]\w*)(?<call>\(\))?$/;
// fastapi run src/main.py --port 80
const FASTAPI = /\bfastapi\s+(?:run|dev)\b(?<rest>[^\n]*)/;
// python -u -m app.main · python3 src/main.py
const PYTHON = /\bpython3?(?:\.\d+)?\s+(?:-[uBOIEsS]+\s+)*(?:-m\s+(?<module>[A-Za-z_][\w.]*)|(?<script>[\w./-]+\.py))\b/;
// APP_MODULE=app.main:app
const NAMED = /\b(?:APP_MODULE|LITESTAR_APP|QUART_APP|UVICORN_APP|ASGI_APP)\s*[=:]\s*(?<target>[A-Za-z_][\w.]*:[A-Za-z_]\w*)/;

function commandsIn(file: SourceFile): LaunchTarget[] {
  const found: LaunchTarget[] = [];
  // Continued lines and exec-form lists read as one plain command; the count of lines stays.
  const text = file.text.replace(/\\\r?\n/g, (joint) => joint.replace(/[\\\r\n]/g, ' ')).replace(/["',[\]`]/g, ' ');
  let folder = file.path.includes('/') ? file.path.slice(0, file.path.lastIndexOf('/')) : '.';
  const home = folder;
  text.split('\n').forEach((line, index) => {
    if (/^\s*#/.test(line) && !/README/i.test(file.path)) return;
    const moved = /(?:^|&&|;|\s)cd\s+(?<to>[\w./-]+)/.exec(line)?.groups?.['to'];
    if (moved !== undefined && !moved.startsWith('/')) folder = join(home, moved);
    const from = `${file.path}:${index + 1}`;
    const server = SERVER.exec(line)?.groups?.['rest'];
    if (server !== undefined) found.push(...serverTarget(server, from, folder));
    const fastapi = FASTAPI.exec(line)?.groups?.['rest'];
    if (fastapi !== undefined) found.push(...fastapiTarget(fastapi, from, folder));
    const named = NAMED.exec(line)?.groups?.['target'];
    if (named !== undefined) found.push(...serverTarget(named, from, folder));
    const python = server === undefined && fastapi === undefined ? PYTHON.exec(line)?.groups : undefined;
    if (python) found.push(...scriptTargets(python, from, folder));
  });
  return found;
}

function serverTarget(rest: string, from: string, folder: string): readonly LaunchTarget[] {
  const words = rest.trim().split(/\s+/);
  const target = words.map((word) => TARGET.exec(word)?.groups).find((groups) => groups !== undefined && !/^(https?|sqlite)$/.test(groups['module'] ?? ''));
  if (!target) return [];
  const directory = words[words.indexOf('--app-dir') + 1];
  const inside = words.includes('--app-dir') && directory !== undefined ? join(folder, directory) : folder;
  return [{ module: target['module'] ?? '', attribute: target['attribute'] ?? '', factory: words.includes('--factory') || target['call'] !== undefined, from, folder: inside }];
}

/** Modules that run other programs are none of the tree's. */
function scriptTargets({ module, script }: { readonly module?: string; readonly script?: string }, from: string, folder: string): readonly LaunchTarget[] {
  const base = module?.replaceAll('.', '/');
  const files = script !== undefined ? [script.replace(/^\.?\//, '')] : base === undefined ? [] : [`${base}.py`, `${base}/__main__.py`];
  return files.map((each) => ({ module: '', script: each, factory: false, from, folder }));
}

/** What `fastapi run` looks for when no file is named. */
const FASTAPI_FILES = ['main.py', 'app.py', 'api.py', 'app/main.py', 'app/app.py', 'app/api.py'];

function fastapiTarget(rest: string, from: string, folder: string): readonly LaunchTarget[] {
  const words = rest.trim().split(/\s+/);
  const attribute = words.includes('--app') ? words[words.indexOf('--app') + 1] : undefined;
  const named = words.filter((word, index) => !word.startsWith('-') && !/^--(app|host|port|workers|root-path|proxy-headers|reload-dir|entrypoint|e)$/.test(words[index - 1] ?? ''))[0] ?? '';
  const found = (named === '' ? FASTAPI_FILES.map((file): LaunchTarget => ({ module: '', file, factory: false, from, folder })) : fastapiFile(named, from, folder));
  return attribute === undefined ? found : found.map((each) => ({ ...each, attribute }));
}

function fastapiFile(file: string, from: string, folder: string): readonly LaunchTarget[] {
  if (/\.py$/.test(file)) return [{ module: '', file, factory: false, from, folder }];
  // A folder is a package: its `__init__.py` or `main.py` holds the app.
  return /^[\w/]+$/.test(file) ? [`${file}/__init__.py`, `${file}/main.py`].map((each) => ({ module: '', file: each, factory: false, from, folder })) : [];
}

/** `a/b` + `../c` → `a/c` */
function join(folder: string, path: string): string {
  const parts: string[] = [];
  for (const part of `${folder}/${path}`.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/') || '.';
}

/** `[tool.fastapi] entrypoint = "app.main:app"` */
function pyprojectTargets(file: SourceFile): LaunchTarget[] {
  try {
    const tool = parseToml(file.text)['tool'];
    const fastapi = isTable(tool) ? tool['fastapi'] : undefined;
    const entry = isTable(fastapi) && typeof fastapi['entrypoint'] === 'string' ? TARGET.exec(fastapi['entrypoint'])?.groups : undefined;
    if (!entry) return [];
    const folder = file.path.includes('/') ? file.path.slice(0, file.path.lastIndexOf('/')) : '.';
    return [{ module: entry['module'] ?? '', attribute: entry['attribute'] ?? '', factory: false, from: `${file.path} [tool.fastapi]`, folder }];
  } catch {
    return [];
  }
}

function isTable(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `uvicorn.run("src.main:app", factory=True)`; with an app object the file itself is the witness. */
function codeCommands(files: ReadonlyMap<string, SourceFile>): readonly LaunchTarget[] {
  const candidates = [...files.values()].filter((file) => isPython(file) && /uvicorn/.test(file.text) && !isAside(file.path));
  return candidates.flatMap((file) => callsOf(file, ['uvicorn.run']).flatMap((call): readonly LaunchTarget[] => {
    const first = call.arguments.find((argument) => argument.name === 'app') ?? call.arguments.find((argument) => argument.name === undefined);
    if (!first) return [];
    const own = file.path.includes('/') ? file.path.slice(0, file.path.lastIndexOf('/')) : '.';
    const inside = stringValue(call.arguments.find((argument) => argument.name === 'app_dir')?.valueNode ?? null);
    const folder = inside === undefined ? own : join(own, inside);
    const from = `${file.path}:${call.line}`;
    const factory = call.arguments.some((argument) => argument.name === 'factory' && argument.value === 'True');
    const target = TARGET.exec(stringValue(first.valueNode) ?? '')?.groups;
    if (target) return [{ module: target['module'] ?? '', attribute: target['attribute'] ?? '', factory, from, folder }];
    return /^[A-Za-z_]\w*$/.test(first.value) ? [{ module: '', file: file.path, attribute: first.value, factory, from, folder: '.' }] : [];
  }));
}
