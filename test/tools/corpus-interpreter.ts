/** The Pythons that recordings run on: one on this machine, or one in a container image with packages beside it. */
import { execFileSync, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { dirname, join } from 'node:path';

export interface Interpreter {
  readonly env: Readonly<Record<string, string>>;
  /** Where its packages lie, as the program sees it. */
  readonly environment: string;
  /** Folders of this machine and what they are called in a recording. */
  readonly folders: readonly (readonly [string, string])[];
  command(tree: string, words: readonly string[], env: Readonly<Record<string, string>>): { file: string; args: string[] };
  /** Where the program sees the tree. */
  tree(tree: string): string;
  kill(child: ChildProcess): void;
  version(): string;
  versions(): Readonly<Record<string, string>>;
}

const FACTS = 'import sys, json, importlib.metadata as m; print(json.dumps(["%d.%d.%d" % sys.version_info[:3], sys.base_prefix, {d.name: d.version for d in m.distributions()}]))';
const TOLD = ['uvicorn', 'fastapi', 'starlette', 'pydantic', 'pydantic-settings', 'sqlalchemy', 'sqlmodel', 'asyncpg', 'psycopg', 'psycopg2-binary', 'loguru', 'rich', 'structlog', 'gunicorn', 'alembic', 'click'];

/** Reads CORPUS_PYTHON_3_11 and the like; null when it is not set. */
export function interpreterFor(python: string): Interpreter | null {
  const setting = process.env[`CORPUS_PYTHON_${python.replaceAll(/\W/g, '_')}`];
  if (setting === undefined) return null;
  return setting.startsWith('docker:') ? inContainer(setting) : onMachine(setting);
}

function ask(file: string, args: readonly string[]): { version: string; base: string; versions: Record<string, string> } {
  const [version, base, all] = JSON.parse(execFileSync(file, args, { encoding: 'utf8' })) as [string, string, Record<string, string>];
  const versions = Object.fromEntries(Object.entries(all).filter(([name]) => TOLD.includes(name.toLowerCase())).map(([name, value]) => [name.toLowerCase(), value]));
  return { version, base, versions };
}

function onMachine(python: string): Interpreter {
  const bin = dirname(python);
  const environment = dirname(bin);
  const facts = ask(python, ['-c', FACTS]);
  return {
    env: { PATH: `${bin}:${process.env['PATH'] ?? ''}`, VIRTUAL_ENV: environment }, environment, folders: [[environment, '/env'], [facts.base, '/usr/local']],
    command: (_tree, [first = 'python', ...rest]) => ({ file: first === 'python' ? python : first.startsWith('/') ? first : first === 'uv' ? 'uv' : join(bin, first), args: rest }),
    tree: (tree) => tree,
    kill: (child) => { if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL'); },
    version: () => facts.version, versions: () => facts.versions,
  };
}

/** `docker:IMAGE:/folder/with/installed/packages` */
function inContainer(setting: string): Interpreter {
  const [, image, tag, packages] = /^docker:([^:]+):([^:]+):(.+)$/.exec(setting) ?? [];
  const site = '/env/lib/python3.14/site-packages';
  const name = `corpus-${process.pid}`;
  const base = ['run', '--rm', '--name', name, '--init', '--label', 'boot-check=corpus', '--network', 'host', '-v', `${packages}:${site}`, '-e', `PYTHONPATH=${site}`, '-e', `PATH=${site}/bin:/usr/local/bin:/usr/bin:/bin`];
  const facts = ask('docker', [...base, '--entrypoint', 'python3', `${image}:${tag}`, '-c', FACTS]);
  return {
    env: {}, environment: '/env', folders: [],
    command: (tree, [first = 'python', ...rest], env) => ({
      file: 'docker',
      args: [...base, ...Object.entries(env).flatMap(([key, value]) => ['-e', `${key}=${value}`]), '-v', `${tree}:/app`, '-w', '/app', '--entrypoint', first === 'python' ? 'python3' : `${site}/bin/${first}`, `${image}:${tag}`, ...rest],
    }),
    tree: () => '/app',
    // It may have ended by itself a moment ago; then there is nothing to kill.
    kill: () => { spawnSync('docker', ['kill', name], { stdio: 'ignore' }); },
    version: () => facts.version, versions: () => facts.versions,
  };
}
