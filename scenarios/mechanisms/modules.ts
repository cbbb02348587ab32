/** Modules that were not found: whose they are, and what the tree has that looks like them. */
import type { Evidence } from '../../parsers/evidence.ts';
import { importRoots } from '../../source/import-roots.ts';
import { replaceImportedModule } from '../../source/edits.ts';
import { moduleOf } from '../../source/python.ts';
import type { Edit, ImportStatement, Source } from '../../source/types.ts';
import { declared } from './distributions.ts';
import { isType, ownFrameOf, raised } from './faults.ts';
import type { Seen } from './faults.ts';
import { lookAlikes, topLevel } from './names.ts';

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

/** All modules and packages of the tree that the server can import, by dotted name. */
export function treeModules(source: Source): ReadonlySet<string> {
  const modules = new Set<string>();
  for (const path of source.files.keys()) {
    if (!path.endsWith('.py')) continue;
    const module = moduleOf(path, importRoots(source.run));
    if (module === undefined || module === '') continue;
    const parts = module.split('.');
    parts.forEach((_, at) => modules.add(parts.slice(0, at + 1).join('.')));
  }
  return modules;
}

/** The tree itself has something of that name, in the import path or anywhere else. A declared distribution of the same name is not it. */
export function isTreeModule(module: string, source: Source): boolean {
  const top = topLevel(module);
  const modules = treeModules(source);
  if (modules.has(top)) return true;
  const elsewhere = [...source.files.keys()].some((path) => path.endsWith('.py') && path.slice(0, -'.py'.length).split('/').includes(top));
  return elsewhere && declared(source, top) === undefined;
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
    return file === undefined || !own.has(target) ? [] : replaceImportedModule(file, statement.line, statement.module, target);
  });
}

function leadsTo(statement: ImportStatement, module: string): boolean {
  return statement.module === module || statement.module.startsWith(`${module}.`);
}
