/** Files and folders that are not where the code looks: what the tree has instead, and the edits that make both agree. */
import { posix } from 'node:path';
import { importName, inSequence } from '../../source/edits.ts';
import { importedNames } from '../../source/python.ts';
import { newFile } from '../../source/splice.ts';
import { nodesOf, stringValue } from '../../source/syntax.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';
import type { Fix } from '../types.ts';
import { fixOf } from './words.ts';

/** The path as the code writes it: the string of the failing line, or of any line, that the reported path ends with. */
export function writtenPath(file: SourceFile | undefined, reported: string, line: number): { readonly text: string; readonly start: number; readonly end: number } | undefined {
  if (file === undefined) return undefined;
  const strings = nodesOf(file, 'string').flatMap((node) => {
    const text = stringValue(node);
    const same = text !== undefined && text !== '' && (reported === text || reported.endsWith(`/${posix.normalize(text).replace(/^\.\//, '')}`));
    return same ? [{ text, start: node.startIndex, end: node.endIndex, away: Math.abs(node.startPosition.row + 1 - line) }] : [];
  });
  return strings.toSorted((a, b) => a.away - b.away)[0];
}

/** Where the code's own path leads, relative to the backend's root; undefined outside of it. */
export function fromWorkingFolder(source: Source, path: string): string | undefined {
  if (path.startsWith('/') || path === '') return undefined;
  const joined = posix.normalize(posix.join(source.run.cwd === '' ? '.' : source.run.cwd, path));
  return joined.startsWith('..') ? undefined : joined.replace(/\/$/, '');
}

function paths(source: Source): readonly string[] {
  return [...source.files.keys(), ...source.opaque];
}

/** The tree has something below this folder. */
export function hasFolder(source: Source, folder: string): boolean {
  return paths(source).some((each) => each.startsWith(`${folder}/`));
}

/** The folder above `file` from which `path` leads to something of the tree. */
export function homeOf(source: Source, file: SourceFile, path: string): string | undefined {
  const clean = posix.normalize(path).replace(/\/$/, '');
  for (let folder = posix.dirname(file.path); ; folder = posix.dirname(folder)) {
    const there = posix.normalize(posix.join(folder, clean));
    if (paths(source).some((each) => each === there || each.startsWith(`${there}/`))) return folder;
    if (folder === '.' || folder === '/') return undefined;
  }
}

/** Files, or folders, of the tree that this path ends with; the longest ending that anything has decides: `/srv/app/templates` → `templates`. */
export function namesakes(source: Source, path: string, folder: boolean): readonly string[] {
  const parts = posix.normalize(path).split('/').filter((part) => part !== '' && part !== '.' && part !== '..');
  const known = folder ? new Set(paths(source).flatMap((each) => each.split('/').slice(0, -1).map((_, at, all) => all.slice(0, at + 1).join('/')))) : new Set(paths(source));
  for (let from = 0; from < parts.length; from += 1) {
    const ending = parts.slice(from).join('/');
    const found = [...known].filter((each) => each === ending || each.endsWith(`/${ending}`));
    if (found.length > 0) return found;
  }
  return [];
}

/** Writes, in the place of an expression, the path of `target` (relative to the root) as counted from the module. */
export function fromModule(file: SourceFile, span: { readonly start: number; readonly end: number }, target: string): readonly Edit[] {
  const up = posix.relative(posix.dirname(file.path), target).split('/');
  const ups = up.filter((part) => part === '..').length;
  const text = `Path(__file__).resolve().${ups === 0 ? 'parent' : `parents[${String(ups)}]`} / ${JSON.stringify(up.slice(ups).join('/'))}`;
  return inSequence(
    file,
    (now) => [{ file: now.path, old: now.text.slice(span.start, span.end), new: text, at: span.start }],
    (now) => importName(now, 'pathlib', 'Path'),
  );
}

/** Looks beside the module instead of in the folder where the server happens to start. */
export function besideModule(source: Source, file: SourceFile, written: { readonly text: string; readonly start: number; readonly end: number }): readonly Fix[] {
  const home = /__file__/.test(file.text.slice(Math.max(0, written.start - 80), written.start)) ? undefined : homeOf(source, file, written.text);
  const here = fromWorkingFolder(source, written.text);
  if (home === undefined || (here !== undefined && posix.normalize(posix.join(home, written.text)) === here)) return [];
  const ups = posix.dirname(file.path) === home ? 0 : posix.relative(home, posix.dirname(file.path)).split('/').length;
  const start = ups === 0 ? 'Path(__file__).parent' : `Path(__file__).parents[${ups}]`;
  const text = `${start} / ${JSON.stringify(posix.normalize(written.text))}`;
  const edits = inSequence(
    file,
    (now) => [{ file: now.path, old: now.text.slice(written.start, written.end), new: text, at: written.start }],
    (now) => (importedNames(now).get('Path') === 'pathlib.Path' ? [] : importName(now, 'pathlib', 'Path')),
  );
  return fixOf({
    title: `Find ${written.text} from the place of ${file.path}`, safety: 'safe', edits,
    explanation: `${posix.join(home, written.text)} is part of the tree. A path that begins at the module leads there wherever the server is started.`,
  });
}

/** A folder of its own in the tree, so that it is there on every machine. */
export function makeFolder(source: Source, folder: string | undefined): readonly Fix[] {
  if (folder === undefined || folder === '.' || hasFolder(source, folder)) return [];
  return fixOf({
    title: `Create the folder ${folder}`, safety: 'safe', edits: [newFile(`${folder}/.gitkeep`, '# Keeps the folder in version control.\n')],
    explanation: 'The folder becomes part of the tree, with a file that keeps it in version control, so that it is there wherever the server starts.',
  });
}

/** `config.example.json` for `config.json`: its text is the start of the real file. */
export function fromExample(source: Source, path: string | undefined): readonly Fix[] {
  if (path === undefined || source.files.has(path)) return [];
  const { dir, name, ext } = posix.parse(path);
  const marks = ['example', 'sample', 'template', 'dist', 'default'];
  const names = marks.flatMap((mark) => [`${name}.${mark}${ext}`, `${name}${ext}.${mark}`, `${name}-${mark}${ext}`, `${name}_${mark}${ext}`, `${mark}.${name}${ext}`]);
  const example = names.map((each) => source.files.get(posix.join(dir, each))).find((file) => file !== undefined);
  return example === undefined ? [] : fixOf({
    title: `Create ${path} from ${example.path}`, safety: 'likely', edits: [newFile(path, example.text)],
    explanation: `The tree shows what the file looks like in ${example.path}; the copy lets the server start. Put your own values into it before you deploy.`,
  });
}
