/** Which folder a file belongs to as a project: the nearest one above it that has a manifest. */
import { inferRoot, isAside } from './import-roots.ts';
import type { SourceFile } from './types.ts';

type Files = ReadonlyMap<string, SourceFile>;

const MANIFEST = /^(requirements[\w.-]*\.(txt|in)|pyproject\.toml|Pipfile|setup\.(py|cfg)|uv\.lock|poetry\.lock)$/i;

/** Nearest folder above a file that has a manifest; without any, the folder its imports start from. */
export function ownerOf(files: Files, file: string): string {
  for (let folder = parent(file); ; folder = parent(folder)) {
    if (hasManifest(files, folder)) return folder;
    if (folder === '.') break;
  }
  return inferRoot(files, file);
}

export function parent(path: string): string {
  const cut = path.lastIndexOf('/');
  return cut === -1 ? '.' : path.slice(0, cut);
}

export function hasManifest(files: Files, folder: string): boolean {
  const prefix = folder === '.' ? '' : `${folder}/`;
  for (const path of files.keys()) {
    if (!path.startsWith(prefix)) continue;
    const name = path.slice(prefix.length);
    if (MANIFEST.test(name) ? isOwner(files, path) : /^requirements\/[\w.-]+\.(txt|in)$/.test(name)) return true;
  }
  return false;
}

/** A pyproject that only configures tools owns nothing. */
function isOwner(files: Files, path: string): boolean {
  return !path.endsWith('pyproject.toml') || /^\[(project|tool\.poetry|dependency-groups)\b/m.test(files.get(path)?.text ?? '');
}

/** No target: the folder of the only manifest, or `.`. */
export function rootWithout(files: Files): string {
  const owners = [...files.keys()].filter((path) => MANIFEST.test(path.split('/').at(-1) ?? '') && !isAside(path)).map(parent);
  const shallow = [...new Set(owners)].toSorted((a, b) => a.split('/').length - b.split('/').length);
  return shallow.includes('.') ? '.' : shallow.find((each) => /backend|server|api/i.test(each)) ?? shallow[0] ?? '.';
}
