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
  readonly notes: readonly string[];
  /** Outermost first, innermost (where it was raised) last. */
  readonly frames: readonly Frame[];
  /** How it is linked to the next exception of the chain. */
  readonly link?: 'cause' | 'context';
  /** SyntaxError family only: where the file is broken. */
  readonly syntax?: { readonly file: string; readonly line: number; readonly column?: number; readonly source?: string };
  /** Members of an ExceptionGroup. */
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
  /** Oldest (root) first, last raised last. Empty unless `form` is `exception`. */
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
  readonly http?: { readonly path: string; readonly status?: number; readonly error?: string; readonly purpose: 'health' | 'route' | 'openapi' };
}

export interface Evidence {
  /** Refined: `syntax`, `import`, `config`, `connect`, `lifespan`, `bind`, `health`, `settle`, `healthy`, `install`. */
  readonly stage: Stage;
  /** The fault that stopped the boot first, then the rest in printed order. Empty only when healthy. */
  readonly faults: readonly Fault[];
  /** Module names, symbols and distributions named by the faults: what to look up in the package index. */
  readonly names: readonly string[];
}
