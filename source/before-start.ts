/**
 * What the project itself runs before its server: migrations, waits, first data. Read from where its start is written down; followed through
 * the scripts it names; only what the tree or its own packages can run is taken.
 */
import { join } from 'node:path/posix';
import { parse as parseToml } from 'smol-toml';
import { simpleCommands } from './shell.ts';
import type { SimpleCommand } from './shell.ts';
import { composeScripts, dockerScripts, namedScripts, platformScripts } from './start-scripts.ts';
import type { Script } from './start-scripts.ts';
import type { Source, SourceFile } from './types.ts';

export interface BeforeStart {
  readonly words: readonly string[];
  /** Relative to the root. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** `Dockerfile:12` */
  readonly from: string;
  /** The project's own start ends when it fails. */
  readonly required: boolean;
}

export interface BeforeStarts {
  /** Part of the start itself: always run. */
  readonly always: readonly BeforeStart[];
  /** The project has migrations that its start does not run: somebody runs them by hand. */
  readonly byHand: readonly BeforeStart[];
}

interface Reading {
  readonly source: Source;
  readonly files: ReadonlyMap<string, SourceFile>;
  readonly found: BeforeStart[];
  readonly entered: Set<string>;
  cwd: string;
  env: Record<string, string>;
  server: boolean;
}

/** The commands before the server. Pure: nothing is run, what cannot be understood is left out. */
export function beforeStart(source: Source): BeforeStarts {
  const files = new Map([...(source.outside ?? []), ...source.files]);
  const always = [composeScripts(files), dockerScripts(files), platformScripts(files), namedScripts(files, /(^|\/)(entrypoint|start|run|docker-entrypoint)(\.sh)?$/)]
    .map((scripts) => readAll(source, files, scripts)).find((commands) => commands.some(isMigration)) ?? [];
  if (always.length > 0) return { always, byHand: [] };
  const scripted = readAll(source, files, namedScripts(files, /(^|\/)(pre_?start|init|migrate|setup_?db)(\.sh)?$/));
  const byHand = scripted.some(isMigration) ? scripted : plainMigration(source);
  return { always: [], byHand: byHand.map((command) => ({ ...command, required: false })) };
}

function readAll(source: Source, files: ReadonlyMap<string, SourceFile>, scripts: readonly Script[]): readonly BeforeStart[] {
  const reading: Reading = { source, files, found: [], entered: new Set(), cwd: source.run.cwd, env: {}, server: false };
  for (const script of scripts) {
    reading.server = false;
    read(reading, script, false);
  }
  const seen = new Set<string>();
  return reading.found.filter((each) => !seen.has(JSON.stringify(each.words)) && seen.add(JSON.stringify(each.words)) !== undefined);
}

/** Walks through one script until the server starts. */
function read(reading: Reading, script: Script, loose: boolean): void {
  if (reading.entered.size > 20 || reading.entered.has(script.text)) return;
  reading.entered.add(script.text);
  const start = { cwd: reading.cwd, env: reading.env };
  const commands = simpleCommands(script.text).filter(({ loop }) => !loop);
  for (const command of commands) {
    const from = script.file.includes('(') ? script.file : `${script.file}:${script.line + command.line}`;
    // The last one's end is the script's own.
    const optional = loose || command.conditional || !(command.ends || command === commands.at(-1));
    step(reading, { ...command, words: withoutRunner(command.words) }, from, optional);
    if (reading.server) break;
  }
  // What comes behind it begins where this one did.
  Object.assign(reading, start);
}

// poetry run · uv run --no-dev · exec · env
const RUNNERS = new Set(['exec', 'time', 'env', 'nice', 'eval', 'command', 'sudo']);

function withoutRunner(words: readonly string[]): readonly string[] {
  const [first = '', second = ''] = words;
  if (RUNNERS.has(first)) return withoutRunner(words.slice(1));
  if (['poetry', 'uv', 'pipenv', 'pdm', 'hatch', 'rye'].includes(first) && second === 'run') {
    const rest = words.slice(2);
    const at = rest.findIndex((word) => !word.startsWith('-'));
    return at === -1 ? [] : withoutRunner(rest.slice(at));
  }
  return words;
}

const SHELL = /(^|\/)((ba|da|z)?sh|source|\.)$/;
const SERVER = /^(uvicorn|gunicorn|hypercorn|granian|daphne|fastapi)$/;
/** Programs whose only work is to change a schema. */
const MIGRATORS = new Set(['alembic', 'aerich', 'piccolo', 'yoyo', 'litestar', 'tortoise']);

function step(reading: Reading, command: SimpleCommand, from: string, loose: boolean): void {
  const [first = '', ...rest] = command.words;
  const program = first.slice(first.lastIndexOf('/') + 1);
  if (program === 'cd') reading.cwd = folderOf(reading, rest[0] ?? '.');
  else if (program === 'export') reading.env = { ...reading.env, ...assignments(rest) };
  else if (SERVER.test(program) || (/^python/.test(program) && rest.some((word) => SERVER.test(word)))) reading.server = true;
  else if (SHELL.test(first) && /^-\w*c$/.test(rest[0] ?? '')) read(reading, { text: rest[1] ?? '', file: from.replace(/:\d+$/, ''), line: Number(/:(\d+)$/.exec(from)?.[1] ?? 1) - 1 }, loose);
  else if (isMigrator(command.words) || isOwnProgram(reading, command.words)) {
    reading.found.push({ words: [program, ...rest], cwd: cwdFor(reading, program, rest), env: { ...reading.env, ...command.env }, from, required: !loose });
  } else {
    const script = scriptOf(reading, SHELL.test(first) ? rest.find((word) => !word.startsWith('-')) ?? '' : first);
    if (script !== undefined) read(reading, { text: script.text, file: script.path, line: 0 }, loose && !/\bset -\w*e/.test(script.text));
  }
}

function isMigrator(words: readonly string[]): boolean {
  const named = words[1] === '-m' && /^python/.test(words[0]?.split('/').at(-1) ?? '') ? words.slice(2) : words;
  const [program = '', ...rest] = named;
  const last = program.split('/').at(-1) ?? '';
  return MIGRATORS.has(last) && rest.some((word) => /^(upgrade|forwards?|apply|migrate|init-db)$/.test(word)) && !words.some((word) => word.includes('$'));
}

function isMigration(command: BeforeStart): boolean {
  return isMigrator(command.words) || command.words.some((word) => /migrat/i.test(word));
}

/** `python app/seed.py`, `python -m app.seed`: a file of the tree that does not serve. */
function isOwnProgram(reading: Reading, words: readonly string[]): boolean {
  const [first = '', ...rest] = words;
  if (!/(^|\/)python[\d.]*$/.test(first) || rest.some((word) => word.includes('$'))) return false;
  const at = rest.findIndex((word) => !word.startsWith('-') || word === '-m');
  const path = rest[at] === '-m' ? (rest[at + 1] ?? '').replaceAll('.', '/') : (rest[at] ?? '');
  const file = [path, `${path}.py`, `${path}/__main__.py`].map((each) => reading.files.get(join(reading.cwd, each))).find((each) => each !== undefined);
  if (file === undefined) return false;
  if (/\buvicorn\b|\bgunicorn\b|\.run\(/.test(file.text) && /uvicorn\.run|hypercorn|granian|app\.run\(/.test(file.text)) {
    reading.server = true;
    return false;
  }
  return true;
}

/** A migrator reads its own settings file from where it is started. */
function cwdFor(reading: Reading, program: string, rest: readonly string[]): string {
  if (program !== 'alembic' || rest.includes('-c') || rest.includes('--config')) return reading.cwd;
  return alembicFolder(reading.files, [reading.cwd, reading.source.run.cwd, '.']) ?? reading.cwd;
}

function alembicFolder(files: ReadonlyMap<string, SourceFile>, preferred: readonly string[]): string | undefined {
  const own = [...files.values()].filter((file) => !file.path.startsWith('..') && isAlembicSettings(file)).map(({ path }) => (path.includes('/') ? path.slice(0, path.lastIndexOf('/')) : '.'));
  return preferred.find((folder) => own.includes(folder)) ?? own[0];
}

function isAlembicSettings({ path, text }: SourceFile): boolean {
  if (/(^|\/)alembic\.ini$/.test(path)) return true;
  if (!/(^|\/)pyproject\.toml$/.test(path) || !text.includes('[tool.alembic')) return false;
  try {
    return 'alembic' in (parseToml(text)['tool'] as Record<string, unknown>);
  } catch {
    return false;
  }
}

/** Alembic with at least one revision, or Django with at least one migration. */
function plainMigration(source: Source): readonly BeforeStart[] {
  return [...alembicMigration(source), ...djangoMigration(source)];
}

function djangoMigration({ files }: Source): readonly BeforeStart[] {
  const manage = [...files.values()].find(({ path, text }) => /(^|\/)manage\.py$/.test(path) && text.includes('execute_from_command_line'));
  const first = [...files.values()].find(({ path, text }) => /\/migrations\/\d+\w*\.py$/.test(path) && text.includes('migrations.Migration'));
  if (manage === undefined || first === undefined) return [];
  const cwd = manage.path.includes('/') ? manage.path.slice(0, manage.path.lastIndexOf('/')) : '.';
  return [{ words: ['python', 'manage.py', 'migrate', '--noinput'], cwd, env: {}, from: first.path.slice(0, first.path.lastIndexOf('/')), required: false }];
}

function alembicMigration(source: Source): readonly BeforeStart[] {
  const folder = alembicFolder(source.files, [source.run.cwd, '.']);
  const revision = [...source.files.values()].find(({ path, text }) => /\/versions\/[^/]+\.py$/.test(path) && /^(down_revision|revision)\b/m.test(text));
  if (folder === undefined || revision === undefined) return [];
  return [{ words: ['alembic', 'upgrade', 'head'], cwd: folder, env: {}, from: revision.path.slice(0, revision.path.lastIndexOf('/')), required: false }];
}

function assignments(words: readonly string[]): Record<string, string> {
  return Object.fromEntries(words.flatMap((word) => {
    const cut = word.indexOf('=');
    return cut <= 0 || word.includes('$') ? [] : [[word.slice(0, cut), word.slice(cut + 1)]];
  }));
}

/** `cd app`; `/code/app` in an image is `app` in the tree. */
function folderOf({ files, cwd }: Reading, path: string): string {
  const exists = (folder: string): boolean => folder === '.' || [...files.keys()].some((file) => file.startsWith(`${folder}/`));
  if (!path.startsWith('/')) return exists(join(cwd, path)) ? join(cwd, path) : cwd;
  const parts = path.split('/').filter(Boolean);
  return parts.map((_, index) => parts.slice(index).join('/')).find(exists) ?? '.';
}

/** `./start.sh`, `/app/scripts/start.sh`, `/start`: the file of the tree that this is. */
function scriptOf({ files, cwd }: Reading, path: string): SourceFile | undefined {
  if (path === '' || path.includes('$') || /\.(py|ini|toml|ya?ml|json)$/.test(path)) return undefined;
  const direct = files.get(join(cwd, path)) ?? files.get(path.replace(/^\.?\//, ''));
  const isScript = (file: SourceFile | undefined): boolean => file !== undefined && (file.path.endsWith('.sh') || file.text.startsWith('#!'));
  if (isScript(direct)) return direct;
  const name = path.split('/').at(-1) ?? '';
  return path.includes('/') ? [...files.values()].find((file) => (file.path === name || file.path.endsWith(`/${name}`)) && isScript(file)) : undefined;
}
