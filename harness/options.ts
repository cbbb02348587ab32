/** What a run was asked to do, and what it tells the outside while it works. */
import type { Progress, RuntimeFacts } from '../agent/runtime.ts';
import type { AuditReport } from './report/schema.ts';
import type { BootPurpose, BootRecord, JournalEvent } from './types.ts';

/** Parsed and validated options of `boot-check [DIR]`. Paths are absolute; `null` means "not given: find it yourself". */
export interface RunOptions {
  /** The user's folder. Never written to unless `write`. */
  readonly dir: string;
  /** `dir` is the bundled broken backend, because the current folder holds none. */
  readonly bundled: boolean;
  readonly runtime: 'auto' | 'docker' | 'local';
  /** Wanted Python, major and minor: `3.14`. */
  readonly python: string;
  /** Where the wanted Python is the trouble: look for the newest older one that boots. */
  readonly pythonFallback: boolean;
  readonly policy: 'locked' | 'newest';
  /** Absolute, inside `dir`. */
  readonly manifest: string | null;
  /** Backend root: absolute, `dir` or a folder inside it. */
  readonly root: string | null;
  /** `src.main:app` */
  readonly app: string | null;
  readonly factory: boolean;
  /** Starts with `/`. */
  readonly health: string | null;
  readonly port: number;
  /** The user's own command, as words; null means the default of the final confirmation. */
  readonly command: readonly string[] | null;
  /** `--env` over `--env-file`; null when neither was given (an empty object would claim to be whole). */
  readonly env: Readonly<Record<string, string>> | null;
  /** A Postgres URL that states the real server. */
  readonly database: string | null;
  /** Absolute path of an existing SQL file. */
  readonly databaseInit: string | null;
  readonly safeOnly: boolean;
  readonly tidy: boolean;
  readonly maxBoots: number;
  /** Seconds. */
  readonly bootTimeout: number;
  /** Seconds the process must stay alive after the health answer. */
  readonly settle: number;
  readonly minimise: boolean;
  readonly write: boolean;
  readonly allowDirty: boolean;
  /** Outside program that is asked about what has no fix, as words, and the folder it was named in. */
  readonly fixer: { readonly words: readonly string[]; readonly cwd: string } | null;
  /** Absolute output folder. */
  readonly out: string;
  readonly verbose: boolean;
}

/** What the run found out before its first boot; shown once, above the ladder. */
export interface BackendFacts {
  /** Relative to DIR, `.` for DIR itself. */
  readonly root: string;
  readonly app: string;
  readonly factory: boolean;
  readonly healthPath: string;
  readonly command: readonly string[];
  /** Where it was found and what else was possible, in words. */
  readonly found: readonly string[];
  readonly runtime: RuntimeFacts;
}

/**
 * Called by the run while it works; the screen listens. Every method returns at once and never throws.
 * Order: `step`* `backend` ( `bootStarted` `progress`* `bootEnded` | `journal` | `step` | `note` )*
 */
export interface RunUi {
  /** What the run does or waits for outside of a boot: `building the Python 3.14 image`. Replaced by the next. */
  step(text: string): void;
  /** One sentence that stays on the screen: isolation is off, an older Python was taken. */
  note(text: string): void;
  backend(facts: BackendFacts): void;
  /** `why` names what this boot is to show: the fix's title, or the user's own command. */
  bootStarted(boot: { readonly number: number; readonly purpose: BootPurpose; readonly why: string }): void;
  progress(progress: Progress): void;
  bootEnded(record: BootRecord): void;
  journal(event: JournalEvent): void;
}

/** The composition root, as the command line calls it. */
export type Run = (options: RunOptions, ui: RunUi, signal: AbortSignal) => Promise<RunEnd>;

export interface RunEnd {
  readonly report: AuditReport;
  /** 0 healthy or healed, 1 not healthy, 130 interrupted. */
  readonly exitCode: number;
}
