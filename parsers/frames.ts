/** Whose code a frame is, and its path as the reader knows it. */
import type { BootOutput } from './boot-output.ts';
import type { Frame } from './evidence.ts';

/** `name` is the frame's function; compiled modules show only there that they belong to a package. */
export type Place = (path: string, name?: string) => Pick<Frame, 'file' | 'owner'>;

/** Distributions that carry the app to the server; their frames say nothing about the app. */
const SERVERS = new Set(['uvicorn', 'click', 'typer', 'gunicorn', 'hypercorn', 'granian', 'uvloop', 'httptools', 'fastapi_cli', 'watchfiles', 'rich_toolkit']);
/** Standard library modules that only carry an import or a process: `importlib/__init__.py`, `multiprocessing/spawn.py`, `runpy.py` */
const CARRIERS = /^(?:importlib\/|multiprocessing\/|concurrent\/|runpy\.py|asyncio\/(?:runners|base_events|events)\.py)/;
/** `/usr/lib/python3.14/asyncio/runners.py`, `/root/.pyenv/versions/3.11.7/lib/python3.11/importlib/__init__.py` */
const STDLIB = /\/(?:lib(?:64)?\/python3(?:\.\d{1,2}t?)?|Lib)\/(?<rest>.*)$/;

/** Makes the function that places a printed path, for one boot. */
export function placeFor(paths: BootOutput['paths']): Place {
  const tree = folder(paths.tree);
  const environment = folder(paths.environment);
  return (printed, name = '') => {
    const path = printed.replaceAll('\\', '/').replace(/^file:\/\//, '');
    const site = /\/(?:site|dist)-packages\/(?<rest>.*)$/.exec(path)?.groups?.['rest'];
    if (site !== undefined) return { file: path, owner: SERVERS.has(topName(site)) ? 'server' : 'package' };
    if (path.startsWith('<')) return { file: path, owner: /^<frozen (?:importlib|runpy|zipimport)/.test(path) ? 'server' : frozenOwner(path) };
    if (environment !== '' && path.startsWith(environment)) return { file: path, owner: /\/(?:bin|Scripts)\//.test(path) ? 'server' : 'package' };
    if (tree !== '' && path.startsWith(tree)) return { file: normal(path.slice(tree.length)), owner: 'tree' };
    const stdlib = STDLIB.exec(path)?.groups?.['rest'];
    if (stdlib !== undefined) return { file: path, owner: CARRIERS.test(stdlib) ? 'server' : 'stdlib' };
    if (!path.startsWith('/') && !/^[A-Za-z]:\//.test(path)) return { file: normal(path), owner: isCompiled(path, name) ? 'package' : 'tree' };
    return { file: path, owner: /\/bin\/[\w.-]+$/.test(path) ? 'server' : 'package' };
  };
}

/** `<frozen os>` is the standard library; `<string>` and `<attrs generated init x>` belong to whatever package made them. */
function frozenOwner(path: string): Frame['owner'] {
  return path.startsWith('<frozen ') ? 'stdlib' : 'package';
}

/** `uvloop/loop.pyx`, and `pydantic/main.py` in `pydantic.main.BaseModel.__init__`: Cython prints paths of the machine that compiled it. */
function isCompiled(path: string, name: string): boolean {
  return /\.(?:pyx|pxi|pxd|rs|c)$/.test(path) || name.startsWith(`${path.replace(/\.py$/, '').replaceAll('/', '.')}.`);
}

function folder(path: string): string {
  return path === '' ? '' : `${path.replaceAll('\\', '/').replace(/\/+$/, '')}/`;
}

function normal(path: string): string {
  return path.split('/').filter((part) => part !== '.' && part !== '').join('/');
}

function topName(path: string): string {
  return /^[^/.]+/.exec(path)?.[0] ?? '';
}
