/** Modules that were not found: whose they are, and what the tree has that looks like them. */
import type { Evidence } from '../../parsers/evidence.ts';
import { importRoots } from '../../source/import-roots.ts';
import { replaceImportedModule } from '../../source/edits.ts';
import { definitionsOf, moduleOf } from '../../source/python.ts';
import type { Edit, ImportStatement, Source, SourceFile } from '../../source/types.ts';
import { declared } from './distributions.ts';
import { isType, ownFrameOf, raised } from './faults.ts';
import type { Seen } from './faults.ts';
import { lookAlikes, slipsOf, topLevel } from './names.ts';

export interface MissingModule {
  readonly seen: Seen;
  /** As Python names it: the first part that is missing, `src.core.databse`. */
  readonly module: string;
  /** Last frame in the user's code: who asked for it. */
  readonly file?: string;
  readonly line?: number;
  /** The file that executed the import lies in an installed package. */
  readonly askedByPackage: boolean;
}

/** `No module named 'src.db'; 'src' is not a package` */
const NO_MODULE = /^No module named '?(?<module>[\w.]+)'?/;

/** Missing modules that ended the start; one that a program only tried, and then went on without, is none. */
export function missingModules(evidence: Evidence): readonly MissingModule[] {
  return raised(evidence, ['ModuleNotFoundError'], NO_MODULE).flatMap((seen) => {
    const last = seen.fault.chain.at(-1);
    const ended = last === seen.exception || (last !== undefined && isType(last, 'ImportError', 'RuntimeError'));
    const module = seen.match?.groups?.['module'];
    if (!ended || module === undefined) return [];
    const own = ownFrameOf(seen);
    return [{
      seen, module, askedByPackage: seen.exception.frames.findLast((frame) => frame.owner === 'tree' || frame.owner === 'package')?.owner === 'package',
      ...(own === undefined ? {} : { file: own.file, line: own.line }),
    }];
  });
}

const known = new WeakMap<Source, ReadonlySet<string>>();
/** Asked for every import of a tree. */
const asked = new WeakMap<Source, Map<string, boolean>>();

/** All modules and packages of the tree that the server can import, by dotted name. */
export function treeModules(source: Source): ReadonlySet<string> {
  const before = known.get(source);
  if (before !== undefined) return before;
  const modules = new Set<string>();
  for (const path of source.files.keys()) {
    if (!path.endsWith('.py')) continue;
    const module = moduleOf(path, importRoots(source.run));
    if (module === undefined || module === '') continue;
    const parts = module.split('.');
    parts.forEach((_, at) => modules.add(parts.slice(0, at + 1).join('.')));
  }
  known.set(source, modules);
  return modules;
}

/** The tree itself is meant: it has the module in the import path, or elsewhere with what the imports ask of it, or below a folder too many, or under nearly that name. */
export function isTreeModule(module: string, source: Source): boolean {
  const top = topLevel(module);
  const own = asked.get(source) ?? new Map<string, boolean>();
  asked.set(source, own);
  const before = own.get(top);
  if (before !== undefined) return before;
  const answer = treeModules(source).has(top) || (declared(source, top) === undefined && (isElsewhere(top, source) || withoutPrefix(top, source).length > 0 || isMisspelt(top, source)));
  own.set(top, answer);
  return answer;
}

/** A file below another folder only counts when it has what is imported: `src/clients/redis.py` is not what `import redis` asks for. */
function isElsewhere(top: string, source: Source): boolean {
  return source.imports.some((statement) => {
    if (topLevel(statement.module) !== top || statement.written?.startsWith('.') === true) return false;
    const files = filesEndingIn(statement.module, source);
    if (files.length === 0) return statement.module !== top && [...source.files.keys()].some((path) => path.endsWith('.py') && path.includes(`/${top}/`));
    const used = namesUsed(statement, source);
    return files.some((file) => used.length === 0 ? file.path !== statement.file : definitionsOf(file).some(({ name }) => used.includes(name)));
  });
}

/** `from cnofig import CONNINFO` beside a `config.py` that defines CONNINFO: the spelling alone would not do, a package may well be called that. */
function isMisspelt(top: string, source: Source): boolean {
  const statements = source.imports.filter((statement) => statement.module === top && statement.written?.startsWith('.') !== true);
  const wanted = statements.flatMap(({ names }) => names.map(({ name }) => name));
  if (wanted.length === 0 || wanted.includes('*')) return false;
  const folders = new Set([...statements.map(({ file }) => folderOf(file)), ...importRoots(source.run).map((root) => (root === '.' ? '' : root))]);
  const files = [...source.files.values()].filter(({ path }) => path.endsWith('.py') && folders.has(folderOf(path)));
  return files.some((file) => {
    const name = file.path.slice(file.path.lastIndexOf('/') + 1, -'.py'.length);
    if (slipsOf(top, [name]).length === 0) return false;
    const defined = new Set(definitionsOf(file).filter(({ kind }) => kind !== 'import').map((definition) => definition.name));
    return wanted.every((each) => defined.has(each));
  });
}

function folderOf(path: string): string {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

function filesEndingIn(module: string, source: Source): readonly SourceFile[] {
  const tail = `/${module.replaceAll('.', '/')}`;
  return [...source.files.values()].filter(({ path }) => path.endsWith(`${tail}.py`) || path.endsWith(`${tail}/__init__.py`));
}

function namesUsed(statement: ImportStatement, source: Source): readonly string[] {
  if (statement.names.length > 0) return statement.names.map(({ name }) => name);
  const file = source.files.get(statement.file);
  const local = (statement.alias ?? statement.module).replaceAll('.', '\\.');
  return file === undefined ? [] : [...file.text.matchAll(new RegExp(`(?<![\\w.])${local}\\.(?<name>[A-Za-z_]\\w*)`, 'g'))].map((match) => match.groups?.['name'] ?? '');
}

/** `backend.app.db` in a tree whose root is the folder `backend` → `app.db`: all imports below `top`, with the module they mean. */
export function withoutPrefix(top: string, source: Source): readonly { readonly statement: ImportStatement; readonly meant: string }[] {
  const own = treeModules(source);
  const below = source.imports.filter((statement) => statement.module.startsWith(`${top}.`) && statement.written?.startsWith('.') !== true);
  const found = below.map((statement) => ({ statement, meant: statement.module.slice(top.length + 1) })).filter(({ meant }) => own.has(meant));
  return found.length > 0 && found.length === below.length ? found : [];
}

/** Modules of the tree that a wrong module name may have meant, the likeliest first. */
export function meantModules(module: string, source: Source): readonly string[] {
  const own = [...treeModules(source)];
  const last = module.slice(module.lastIndexOf('.') + 1);
  const parent = module.slice(0, Math.max(0, module.lastIndexOf('.')));
  const below = own.filter((candidate) => candidate.endsWith(`.${module}`));
  const moved = own.filter((candidate) => candidate === last || candidate.endsWith(`.${last}`));
  const siblings = own.filter((candidate) => candidate.slice(0, Math.max(0, candidate.lastIndexOf('.'))) === parent);
  const slips = lookAlikes(last, siblings.map((sibling) => sibling.slice(sibling.lastIndexOf('.') + 1))).map((name) => (parent === '' ? name : `${parent}.${name}`));
  return [...new Set([...below, ...(parent === '' ? [...slips, ...moved] : [...moved, ...slips])])].filter((candidate) => candidate !== module).slice(0, 3);
}

/** Every import of `module`, or of anything below it that the tree has below `meant`, led to `meant`. */
export function redirectImports(source: Source, module: string, meant: string): readonly Edit[] {
  const own = treeModules(source);
  return source.imports.filter((statement) => leadsTo(statement, module)).flatMap((statement) => {
    const file = source.files.get(statement.file);
    const target = `${meant}${statement.module.slice(module.length)}`;
    return file === undefined || !own.has(target) ? [] : replaceImportedModule(file, statement.line, statement.module, asWritten(statement, target, source));
  });
}

/** The module in the way the statement names its own: with dots where that has dots, and both lie in one package. */
export function asWritten({ file, written }: ImportStatement, module: string, source: Source): string {
  const own = (moduleOf(file, importRoots(source.run)) ?? '').split('.').slice(0, file.endsWith('/__init__.py') ? undefined : -1);
  const parts = module.split('.');
  const shared = parts.findIndex((part, at) => part !== own[at]);
  const common = shared === -1 ? parts.length : shared;
  return written?.startsWith('.') !== true || common === 0 ? module : `${'.'.repeat(own.length - common + 1)}${parts.slice(common).join('.')}`;
}

function leadsTo(statement: ImportStatement, module: string): boolean {
  return statement.module === module || statement.module.startsWith(`${module}.`);
}
