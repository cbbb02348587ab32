/** What was said in a boot: BootOutput turned into records that rules can match on. */
import type { Stage } from './boot-output.ts';

export interface Frame {
  /** Path as printed, made relative to the tree root (`src/main.py`) when it lies in the tree. */
  readonly file: string;
  readonly line: number;
  readonly function: string;
  /** The source line printed below the frame, trimmed. */
  readonly source?: string;
  /** `tree`: the user's; `package`: below site-packages; `stdlib`; `server`: uvicorn, click and the like. */
  readonly owner: 'tree' | 'package' | 'stdlib' | 'server';
}

/** One exception of a chain. */
export interface ExceptionInfo {
  /** As printed: `ModuleNotFoundError`, `sqlalchemy.exc.InvalidRequestError`. */
  readonly type: string;
  /** Whole message, may have several lines. */
  readonly message: string;
  /** Lines after the first that may be notes (PEP 678). They are in `message` too: the text cannot tell them apart. */
  readonly notes: readonly string[];
  /** Outermost first, innermost (where it was raised) last. */
  readonly frames: readonly Frame[];
  /** How it is linked to the next exception of the chain. */
  readonly link?: 'cause' | 'context';
  /** The stable name that a PydanticUserError ends with: `class-not-fully-defined`. */
  readonly code?: string;
  /** SyntaxError family only: where the file is broken. */
  readonly syntax?: {
    readonly file: string; readonly line: number;
    /** 1-based, counted in `source` (which is printed without its indent). */
    readonly column?: number; readonly source?: string;
  };
  /** Members of an ExceptionGroup; a member's own causes stand before it, linked. */
  readonly members?: readonly ExceptionInfo[];
}

/** One location of a pydantic ValidationError. */
export interface ValidationItem {
  readonly model: string;
  /** `DATABASE_URL` or `db.port` as printed. */
  readonly location: string;
  /** `missing`, `int_parsing`, `extra_forbidden` … */
  readonly type: string;
  readonly message: string;
}

/** One thing that went wrong, in the order it was printed. */
export interface Fault {
  /**
   * - `exception`: a traceback
   * - `server`: a one-line error of uvicorn or click (no traceback)
   * - `log`: an ERROR or CRITICAL record without traceback
   * - `install`: an installer or build error
   * - `exit`: the process ended by signal, OOM, or silently
   * - `hang`: no progress until the time-out
   * - `http`: an answer that is no health (404, 500, no answer)
   * - `database`: the app's own database access did not work though nothing was printed
   */
  readonly form: 'exception' | 'server' | 'log' | 'install' | 'exit' | 'hang' | 'http' | 'database';
  /** `start`: before the server was up; `request`: while answering; `shutdown`; `background`: the process lived on. */
  readonly during: 'install' | 'start' | 'request' | 'shutdown' | 'background';
  /**
   * Oldest (root) first, last raised last. Empty unless `form` is `exception`.
   * A group makes one fault per member: the group itself comes first, then the member's chain, so that the last is always the real fault.
   */
  readonly chain: readonly ExceptionInfo[];
  readonly validation: readonly ValidationItem[];
  /** One line that says it: `Type: message` or the line itself, secrets masked. */
  readonly summary: string;
  /** Full text of the block, secrets masked. */
  readonly text: string;
  /** Index range into BootOutput.lines; `to` is exclusive. -1 when it comes from no line. */
  readonly from: number;
  readonly to: number;
  /** Set for `http`: the failing probe. */
  /** Set for `server`: what the line says, taken apart. */
  readonly server?: ServerFacts;
  /** Set for `install`: what the installer said, taken apart. */
  readonly install?: InstallFacts;
  /** Set for `http`, and for an exception that answered a probe: the failing probe. */
  readonly http?: { readonly path: string; readonly status?: number; readonly error?: string; readonly purpose: 'health' | 'route' | 'openapi' };
}

/** A one-line error taken apart; which parts are there depends on the problem. */
export interface ServerFacts {
  readonly problem:
    | 'module-missing' | 'attribute-missing' | 'target-format' | 'factory-failed' | 'factory-detected' | 'needs-import-string'
    | 'bind' | 'usage' | 'command-missing' | 'alembic';
  readonly module?: string;
  readonly attribute?: string;
  readonly target?: string;
  readonly errno?: string;
  /** As printed between the brackets: `'0.0.0.0', 8080`. */
  readonly address?: string;
  readonly command?: string;
  readonly file?: string;
  readonly reason?: string;
}

/** An installer's error taken apart. */
export interface InstallFacts {
  /**
   * - `no-version`: the index has no such version, or no such package
   * - `conflict`: requirements exclude each other
   * - `no-wheel`: there are only wheels for other Pythons or platforms
   * - `requires-python`: the package does not want this Python
   * - `build`: a source build failed
   * - `invalid-requirement`: a line of the manifest cannot be read
   * - `missing-file`: a file the manifest names is not there
   * - `lock-outdated`: the lock file does not fit the manifest
   */
  readonly problem:
    | 'no-version' | 'conflict' | 'no-wheel' | 'requires-python' | 'build' | 'invalid-requirement' | 'missing-file' | 'hash'
    | 'lock-outdated' | 'disk' | 'unreachable' | 'other';
  readonly package?: string;
  /** The package below it that is the trouble, where that is known. */
  readonly part?: string;
  readonly version?: string;
  /** The innermost reason, one line, secrets masked. */
  readonly reason: string;
}

/** A start of more than five seconds: on what the time went. Files are relative to the tree, the longest first. */
export interface SlowStart {
  readonly importSeconds: number;
  readonly lifespanSeconds: number;
  readonly lines: readonly { readonly file: string; readonly line: number; readonly seconds: number }[];
  /** By the first name of the package: those that take far longer than the framework itself. */
  readonly imports: readonly { readonly name: string; readonly seconds: number }[];
}

export interface Evidence {
  /** Refined: `syntax`, `import`, `config`, `connect`, `lifespan`, `bind`, `health`, `settle`, `healthy`, `install`. */
  readonly stage: Stage;
  /** The fault that stopped the boot first, then the rest in printed order. Empty only when healthy. */
  readonly faults: readonly Fault[];
  /** Module names, symbols and distributions named by the faults: what to look up in the package index. */
  readonly names: readonly string[];
  /** Of a boot that came up, and took long for it. */
  readonly slow?: SlowStart;
}
