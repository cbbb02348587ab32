/** The tree as data. */
import type { Tree } from 'web-tree-sitter';
import type { Checks } from './checks.ts';

/** One text file of the tree. Paths use `/` and are relative to the backend root. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
  /** Parsed Python; absent for other files. Parsed on first access. */
  readonly syntax?: Tree;
}

/** A replacement in one file: exact text in, exact text out. A new file has `old: ''` and no file before. */
export interface Edit {
  readonly file: string;
  readonly old: string;
  readonly new: string;
  /** Offset (UTF-16 code units) of `old` in the file the edit was computed from. */
  readonly at: number;
}

export interface ImportStatement {
  readonly file: string;
  readonly line: number;
  /** Absolute dotted module after resolving relative dots: `src.core.database`. */
  readonly module: string;
  /** `from module import name as alias`; empty for `import module`. */
  readonly names: readonly { readonly name: string; readonly alias?: string }[];
  /** At module level and not below TYPE_CHECKING: executed when the module loads. */
  readonly eager: boolean;
  /** Inside try/except ImportError. */
  readonly guarded: boolean;
  /** No condition and no exception handler around it: it runs whenever its module (or function) does. */
  readonly certain: boolean;
  /** The module as written after `from`: `.database`, `..models.user`. Absent for `import module`. */
  readonly written?: string;
  /** `import module as alias` */
  readonly alias?: string;
}

/** One way in: an ASGI app object, or a factory that returns one. */
export interface AppTarget {
  /** `src.main:app` */
  readonly target: string;
  readonly factory: boolean;
  /** Where it was found: `code src/main.py:12`, `Dockerfile:9` … */
  readonly from: string;
}

/** One environment variable that the code reads. */
export interface VariableRead {
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly required: boolean;
  readonly default: string | null;
  /** Python type as annotated or implied: `str`, `int`, `bool`, `list[str]`, `PostgresDsn` … */
  readonly type: string;
  /** What else the code demands of the value. */
  readonly checks?: Checks;
  readonly reader: 'pydantic-settings' | 'environ' | 'getenv' | 'decouple' | 'environs' | 'dotenv';
}

/** Which files say what is to be installed, and how. */
export interface InstallPlan {
  readonly kind: 'requirements' | 'pyproject' | 'poetry' | 'uv-lock' | 'pipfile' | 'setup' | 'none';
  /** The file a fix would edit: `requirements.txt`, `pyproject.toml`. Empty for `none`. */
  readonly manifest: string;
  /** All files whose content decides the environment, relative to the root. */
  readonly files: readonly string[];
  readonly policy: 'locked' | 'newest';
  /** Requirement lines to install as they are (PEP 508), already read from the files; used by kinds without a file uv reads itself. */
  readonly requirements: readonly string[];
  /** Install the project itself too (`pip install .`), from this folder relative to the root. */
  readonly project?: string;
  /** Groups and extras to include (`uv sync --group`, `.[extra]`). */
  readonly groups: readonly string[];
  readonly extras: readonly string[];
}

/** Where one name can be imported from, found without importing anything. */
export interface NameLocation {
  readonly name: string;
  /** `sqlalchemy.ext.asyncio` */
  readonly module: string;
  readonly kind: 'class' | 'function' | 'value' | 'import' | 'module';
  /** Distribution that owns the module; absent when it is the tree's own or the standard library. */
  readonly distribution?: string;
  readonly origin: 'tree' | 'package' | 'stdlib';
}

export interface Distribution {
  readonly name: string;
  readonly version: string;
  /** Top-level import names. */
  readonly modules: readonly string[];
  /** Requires-Dist lines, extras included. */
  readonly requires: readonly string[];
}

/** A requirement with an upper bound: an exact pin, or a range. */
export interface BoundRequirement {
  /** Normalised. */
  readonly name: string;
  /** PEP 508, as declared or locked: `asyncpg==0.29.0`. */
  readonly written: string;
  /** Its lower bound alone, `asyncpg>=0.29.0`, and without any, `asyncpg`; extras and marker are kept. */
  readonly loose: string;
  readonly bare: string;
  /** The pinned version. */
  readonly exact?: string;
  /** The tree itself imports it. */
  readonly used: boolean;
  /** Stands in a constraints file: it limits what others bring, and brings nothing itself. */
  readonly constraint?: boolean;
}

/** What the resolver is asked: which bounds must move so that all of it installs, or which other versions of the suspects there are. */
export interface VersionQuestion {
  readonly goal: 'install' | 'run' | 'exist' | 'lock';
  readonly bounds: readonly BoundRequirement[];
  /** Requirements without an upper bound, PEP 508. */
  readonly free: readonly string[];
  readonly constraints: readonly string[];
  /** Installed packages that the crash went through, the innermost first. */
  readonly suspects: readonly { readonly name: string; readonly version: string }[];
  /** `install`: packages whose source the installer could not build, in the version that is written. */
  readonly failed?: readonly string[];
  /** `exist`: distributions of which nothing but the name is known · `lock`: versions that a boot proved, `cffi==2.0.0`. */
  readonly names?: readonly string[];
  /** `2024-06-13T10:00:00Z`: what a fresh installation would have given then. */
  readonly before?: string;
}

/**
 * One answer of the resolver: declared requirements and the versions they must move to.
 * - `install`: so that everything installs · `raise`: so that `about` comes in the newer `version` · `lower`: so that `about` stays below `cap`
 * - `dated`: not a change; the versions of everything as they were on the day asked for
 * - `exist`: not a change; `about` is on the package index (with `version`, as a wheel for this Python) and was on the day asked for, or is not
 * - `lock`: not a change of the manifest; `text` is the lock file that fits it
 */
export interface Resolution {
  readonly goal: 'install' | 'raise' | 'lower' | 'dated' | 'exist' | 'lock';
  readonly step: 'lowest' | 'same-minor' | 'same-major' | 'older-major' | 'newest' | 'whole';
  readonly moves: readonly { readonly name: string; readonly to: string }[];
  /** `install`: requirements that build in no version, and that the other moves make needless. */
  readonly drops?: readonly string[];
  readonly about?: string;
  readonly version?: string;
  readonly cap?: string;
  readonly text?: string;
  /** Why there is no answer: the resolver's own words. */
  readonly problem?: string;
}

/** What is installed, and where the names asked for live. */
export interface PackageIndex {
  readonly python: string;
  readonly distributions: readonly Distribution[];
  readonly stdlib: readonly string[];
  /** By name; every name asked for has an entry, possibly empty. */
  readonly names: Readonly<Record<string, readonly NameLocation[]>>;
  /**
   * What the modules asked for offer, submodules included; a module that is not there is answered by its nearest package.
   * `open`: only running it would tell all. Absent in recordings older than the field.
   */
  readonly exports?: Readonly<Record<string, { readonly names: readonly string[]; readonly open: boolean }>>;
  /** What objects of the classes asked for have, inherited things included. */
  readonly members?: readonly { readonly name: string; readonly module: string; readonly names: readonly string[]; readonly open: boolean }[];
  /** What the callables asked for take (`create_engine`, `Client.__init__`), without `self`; `open`: any keyword too. */
  readonly parameters?: readonly { readonly name: string; readonly module: string; readonly parameters: readonly string[]; readonly open: boolean }[];
  /** Import name → distribution for well-known packages that are not installed; a looked-up answer, never a guess. */
  readonly known: Readonly<Record<string, string>>;
  /** Import name → the distribution that is usually meant by it, where another one is installed. Absent in older recordings. */
  readonly usual?: Readonly<Record<string, string>>;
  /** Names asked for that nobody knows, and well-known packages that they may be a slip of. Absent in older recordings. */
  readonly lookAlikes?: Readonly<Record<string, readonly string[]>>;
  /**
   * Nothing is installed, and `distributions` is what an installation is expected to bring. `unknown`: distributions of which it is not known
   * which modules they have. `closed`: no distribution can come that is not listed.
   */
  readonly foreseen?: { readonly unknown: readonly string[]; readonly closed: boolean };
  /** Foreseen only: required versions that no wheel exists of for this Python, and whose source does not build on it. */
  readonly unbuildable?: readonly { readonly name: string; readonly version: string; readonly part?: string }[];
  /** Unused imports that ruff found: file, line, name as written. */
  readonly unusedImports: readonly { readonly file: string; readonly line: number; readonly name: string }[];
  /** Names that ruff found to be used and never defined, in the same form; `names` says where they live. Absent in older recordings. */
  readonly undefinedNames?: readonly { readonly file: string; readonly line: number; readonly name: string }[];
  /** What the resolver answered, in the order to try; present when the boot stopped at its packages. */
  readonly resolutions?: readonly Resolution[];
}

/** The tree and everything read from it once; rules get this and never touch a disk. */
export interface Source {
  /** All text files, keyed by path. */
  readonly files: ReadonlyMap<string, SourceFile>;
  /** Files above the root that say how it is run (`../docker-compose.yml`, `../.env`, `../uv.lock`): read, never edited. */
  readonly outside?: ReadonlyMap<string, SourceFile>;
  /** Name of the root's own folder in a larger tree: `backend`, which code may import from above. Empty when the root is the tree's top. */
  readonly rootName?: string;
  /** Paths that exist but are not text (or too large): never edited, still names of the tree. */
  readonly opaque: readonly string[];
  readonly imports: readonly ImportStatement[];
  readonly targets: readonly AppTarget[];
  readonly variables: readonly VariableRead[];
  /** Parsed `.env`; empty when there is none. */
  readonly dotenv: ReadonlyMap<string, string>;
  /** True when a `.env` or `--env`/`--env-file` claims to be whole (R21). */
  readonly environmentClaimed: boolean;
  readonly install: InstallPlan;
  /** What the run was told: target, health path, port, stated database. */
  readonly run: RunFacts;
}

export interface RunFacts {
  readonly app: string;
  readonly factory: boolean;
  /** Folder the app is started in, relative to the root. */
  readonly cwd: string;
  /** Import path entries relative to the root, first wins. */
  readonly pythonPath: readonly string[];
  readonly healthPath: string;
  /** `--health` named it. */
  readonly healthNamed: boolean;
  readonly port: number;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** `--database` or the tree's compose file states the real server. */
  readonly stated?: DatabaseIdentity;
}

export interface DatabaseIdentity {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** A script that fills the project's own Postgres, as SQL for psql. */
export interface InitScript {
  readonly path: string;
  readonly sql: string;
  /** The account and database in which it begins. */
  readonly user: string;
  readonly password: string;
  readonly database: string;
}

/** One address at which the app may look for a service besides Postgres. */
export interface ServiceNeed {
  /** `Redis`, `RabbitMQ` */
  readonly service: string;
  readonly host: string;
  readonly port: number;
  /** Variable, compose service, or place in the code that says so. */
  readonly from: string;
}
