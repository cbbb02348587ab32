/** Folders that the project's own files put on the import path, as far as the code needs them: `ENV PYTHONPATH=/srv/src`, `PYTHONPATH=src uvicorn …`. */
import { isAside } from './import-roots.ts';
import { importNodes } from './imports.ts';
import { fileOf } from './modules.ts';
import { isPython } from './syntax.ts';
import type { SourceFile } from './types.ts';

type Files = ReadonlyMap<string, SourceFile>;

const WITNESS = /(^|\/)(Dockerfile[\w.-]*|(docker-)?compose[\w.-]*\.ya?ml|Procfile|Makefile|justfile|README\.\w+|[\w.-]+\.sh|pyproject\.toml|pytest\.ini|\.env(\.example)?|\.github\/workflows\/[\w.-]+\.ya?ml)$/i;
// PYTHONPATH="${PYTHONPATH}:/srv/src" · PYTHONPATH: /code · pythonpath = ["src", "."]
const SETTING = /\bPYTHONPATH\b["']?(?:\s*[=:]\s*|[ \t]+)(?<paths>[^\s#[=:][^\s#]*)|^pythonpath\s*=\s*(?<list>[^\n]+)/gim;

/** @param cwd where the app is started; it is on the path already */
export function neededPaths(files: Files, cwd: string): readonly string[] {
  const stated = [...new Set([...files.values()].filter((file) => WITNESS.test(file.path)).flatMap((file) => pathsIn(files, file)))].filter((folder) => folder !== cwd);
  if (stated.length === 0) return [];
  const missing = unresolved(files, cwd);
  return stated.filter((folder) => missing.some((module) => fileOf(module, files, [folder]) !== undefined));
}

function pathsIn(files: Files, file: SourceFile): readonly string[] {
  if (!/pythonpath/i.test(file.text)) return [];
  const home = file.path.includes('/') ? file.path.slice(0, file.path.lastIndexOf('/')) : '';
  const written = [...file.text.matchAll(SETTING)].flatMap(({ groups = {} }) => (groups['paths'] ?? groups['list']?.replace(/[[\],]/g, ':') ?? '').split(':'));
  return written.map((each) => each.replace(/["'\s]/g, '').replace(/\$\{?PYTHONPATH[^}]*\}?|\$\(pwd\)|\$\{?(PWD|HOME|APP_HOME|WORKDIR)\}?|`pwd`/g, '')).flatMap((each) => folderOf(files, each, home));
}

/** A folder of the tree that a path, absolute in an image or relative, means: the longest end of it that is one. */
function folderOf(files: Files, path: string, home: string): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || (parts.length === 0 && !/^[./]/.test(path))) return [];
  for (let from = 0; from < parts.length; from += 1) {
    const end = parts.slice(from).join('/');
    const found = [home === '' ? end : `${home}/${end}`, end].find((folder) => [...files.keys()].some((each) => each.startsWith(`${folder}/`)));
    if (found !== undefined) return [found];
  }
  // `/srv` alone is where the image has the whole tree.
  return path.startsWith('/') || parts.length === 0 ? [home === '' ? '.' : home] : [];
}

/** Modules that absolute imports name and that are not below the working directory. */
function unresolved(files: Files, cwd: string): readonly string[] {
  const found = new Set<string>();
  for (const file of files.values()) {
    if (!isPython(file) || isAside(file.path)) continue;
    for (const statement of importNodes(file)) {
      for (const module of statement.from ? [statement.written] : statement.names.map((each) => each.name)) {
        if (module !== '' && !module.startsWith('.') && fileOf(module, files, [cwd]) === undefined) found.add(module);
      }
    }
  }
  return [...found];
}
