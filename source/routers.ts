/** Routers of the code, what includes what, and under which prefixes each answers. */
import { callsOf, definitionsOf, nameUses } from './calls.ts';
import type { Call } from './calls.ts';
import { isAside } from './import-roots.ts';
import { importNodes, importedNames, originOf } from './imports.ts';
import { passesAround } from './loop-values.ts';
import { staticText, treeFile } from './static-values.ts';
import { ancestors, isPython } from './syntax.ts';
import type { Source, SourceFile } from './types.ts';

export type Files = ReadonlyMap<string, SourceFile>;

/** A router or app object: where it is made. */
export type Key = string;

export interface Include {
  readonly parent: Key;
  readonly child: Key;
  readonly prefix: string;
  /** A condition, a handler or an unknown loop decides whether it happens. */
  readonly conditional: boolean;
}

const ROUTER = /(^|\.)(APIRouter|\w*Router|Blueprint)$/;

/** Routers made in a file with their own prefix. */
export function routersOf(files: Files, file: SourceFile): readonly (readonly [Key, string])[] {
  return callsOf(file).flatMap((call) => {
    if (call.assignedTo === undefined || !ROUTER.test(call.callee)) return [];
    return [[keyOf(file.path, call.assignedTo), keyword(files, file, call, ['prefix', 'url_prefix', 'path']) ?? ''] as const];
  });
}

export function keyOf(path: string, name: string): Key {
  return `${path}#${(name.split(':')[0] ?? name).trim()}`;
}

function keyword(files: Files, file: SourceFile, call: Call, names: readonly string[]): string | undefined {
  const argument = call.arguments.find((each) => each.name !== undefined && names.includes(each.name));
  return argument ? staticText(files, file, argument.valueNode) : undefined;
}

/** `app.include_router(users.router, prefix="/api")`, `app.mount("/v1", api)`, also in a loop over a list of the tree. */
export function includesOf(files: Files, file: SourceFile, routers: ReadonlyMap<Key, string>): readonly Include[] {
  return callsOf(file, ['include_router', 'mount', 'register_blueprint']).flatMap((call) => {
    const mount = /mount$/.test(call.written);
    const argument = call.arguments.find((each) => each.name === 'router') ?? call.arguments.filter((each) => each.name === undefined)[mount ? 1 : 0];
    if (!argument) return [];
    const receiver = call.written.slice(0, call.written.lastIndexOf('.'));
    const own = keyOf(file.path, receiver);
    const stated = mount ? call.arguments[0] : call.arguments.find((each) => each.name === 'prefix' || each.name === 'url_prefix');
    return passesAround(files, file, call.node).flatMap((pass) => {
      const prefix = stated === undefined ? '' : staticText(files, pass.file, pass.values.get(stated.value) ?? stated.valueNode);
      const [head = '', ...rest] = argument.value.split('.');
      const value = pass.values.get(head);
      const child = value === undefined ? resolve(files, file, argument.value, routers) : resolve(files, pass.file, [value.text, ...rest].join('.'), routers);
      return prefix === undefined ? [] : [{ parent: routers.has(own) ? own : 'app', child, prefix, conditional: isConditional(call.node) }];
    });
  });
}

export function isConditional(node: Call['node']): boolean {
  return [...ancestors(node)].some((up) => /^(if|try|match|for|while)_statement$/.test(up.type));
}

/** The router an expression means: a name of this file, one that it imports, or `module.router`. */
function resolve(files: Files, file: SourceFile, written: string, routers: ReadonlyMap<Key, string>): Key {
  const own = keyOf(file.path, written);
  if (routers.has(own)) return own;
  return followed(files, originOf(file, written), routers, 0) ?? own;
}

function followed(files: Files, origin: string, routers: ReadonlyMap<Key, string>, depth: number): Key | undefined {
  const cut = origin.lastIndexOf('.');
  if (cut === -1 || depth > 4) return undefined;
  const target = treeFile(files, origin.slice(0, cut));
  const name = origin.slice(cut + 1);
  if (!target) return undefined;
  const key = keyOf(target.path, name);
  if (routers.has(key)) return key;
  // Handed on: `from .users import router as users_router` in a package's __init__.
  const next = originOf(target, name);
  return next === name ? undefined : followed(files, next, routers, depth + 1);
}

/** Prefixes under which each router answers. */
export function spread(routers: ReadonlyMap<Key, string>, includes: readonly Include[], start: string | undefined): ReadonlyMap<Key, readonly string[]> {
  const found = new Map<Key, string[]>();
  const visit = (key: Key, prefix: string, path: readonly Key[]): void => {
    if (path.includes(key)) return;
    const own = prefix + (routers.get(key) ?? '');
    found.set(key, [...(found.get(key) ?? []), own]);
    for (const include of includes) if (include.parent === key) visit(include.child, own + include.prefix, [...path, key]);
  };
  visit('app', '', []);
  // A router in the app's own file that stands for the app (Starlette's Router, a bare APIRouter app).
  if (start !== undefined && includes.length === 0) for (const key of routers.keys()) if (key.startsWith(`${start}#`) && !found.has(key)) visit(key, '', []);
  return found;
}

/** Every inclusion in the given files. */
export function includesIn(files: Files): readonly Include[] {
  const python = [...files.values()].filter((file) => isPython(file) && !isAside(file.path));
  const routers = new Map(python.flatMap((file) => routersOf(files, file)));
  return python.filter(({ text }) => /include_router|mount\(|register_blueprint/.test(text)).flatMap((file) => includesOf(files, file, routers));
}

/** Routers made at module level that nothing includes: defined and never reachable. */
export function unusedRouters(source: Pick<Source, 'files' | 'run'>): readonly { readonly file: string; readonly line: number; readonly name: string }[] {
  const python = [...source.files.values()].filter((file) => isPython(file) && !isAside(file.path) && /Router\(/.test(file.text));
  const routers = new Map(python.flatMap((file) => routersOf(source.files, file)));
  const included = new Set([...source.files.values()].filter((file) => isPython(file) && /include_router|mount\(/.test(file.text)).flatMap((file) => includesOf(source.files, file, routers).map((each) => each.child)));
  return python.flatMap((file) => definitionsOf(file).filter((each) => routers.has(keyOf(file.path, each.name)) && !included.has(keyOf(file.path, each.name)) && !isHandedOn(file, each.name, source.files))
    .map((each) => ({ file: file.path, line: each.line, name: each.name })));
}

/** Given to something other than its own decorators, here or where it is imported: whoever takes it may include it. */
function isHandedOn(file: SourceFile, name: string, files: Files): boolean {
  if (nameUses(file, name).some(({ start, end }) => file.text[end] !== '.' && !isBinding(file.text, start, end))) return true;
  const dotted = new RegExp(`[\\w.]+\\.${name}\\b`, 'g');
  return [...files.values()].some((other) => other !== file && isPython(other) && !isAside(other.path) && other.text.includes(name) && (
    bringsAll(other, file)
    || [...importedNames(other).values(), ...[...other.text.matchAll(dotted)].map(([written]) => originOf(other, written))].some((origin) => means(files, origin, name, file))));
}

/** `from .auth import *` */
function bringsAll(other: SourceFile, file: SourceFile): boolean {
  const module = file.path.replace(/(?:\/__init__)?\.py$/, '').split('/').at(-1) ?? '';
  return importNodes(other).some((node) => node.wildcard && node.written.split('.').at(-1) === module);
}

function means(files: Files, origin: string, name: string, file: SourceFile): boolean {
  return origin.endsWith(`.${name}`) && treeFile(files, origin.slice(0, -name.length - 1)) === file;
}

/** `router = APIRouter()`, `router: APIRouter = …` */
function isBinding(text: string, start: number, end: number): boolean {
  return /^\s*(?::[^=\n]*)?=(?!=)/.test(text.slice(end, end + 200)) && /(?:^|\n)[ \t]*$/.test(text.slice(Math.max(0, start - 100), start));
}
