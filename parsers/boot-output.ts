/**
 * What happened in one boot: the plain value that both runtimes produce and everything above them reads.
 * It can be saved as JSON and replayed. A sick app is data here, never an exception.
 */

/** How far a boot came, in order. `healthy` is the only success. */
export const STAGES = [
  'image', 'install', 'syntax', 'import', 'config', 'connect', 'lifespan', 'bind', 'health', 'settle', 'healthy',
] as const;
export type Stage = (typeof STAGES)[number];

/** Position on the ladder; larger is further. */
export function stageRank(stage: Stage): number {
  return STAGES.indexOf(stage);
}

export type Stream = 'stdout' | 'stderr';

/** One line as the server printed it, without its newline. `at` is seconds since the boot began. */
export interface LogLine {
  readonly at: number;
  readonly stream: Stream;
  readonly text: string;
}

/** One HTTP request made inside the sandbox (`from: 'inside'`) or from the host (`'outside'`). */
export interface Probe {
  readonly from: 'inside' | 'outside';
  readonly purpose: 'health' | 'route' | 'openapi';
  readonly method: 'GET';
  readonly path: string;
  /** HTTP status; absent when no answer came. */
  readonly status?: number;
  /** Why no answer came: `refused`, `timeout`, `reset` … */
  readonly error?: string;
  /** First 2,000 characters of the body. */
  readonly body?: string;
  readonly at: number;
  readonly seconds: number;
}

/** A route as the loaded app declares it. */
export interface DeclaredRoute {
  readonly path: string;
  readonly methods: readonly string[];
}

/** What was seen of the database during the boot. */
export interface DatabaseSeen {
  /** Sessions that Postgres accepted from the app, by database name. */
  readonly sessions: number;
  /** TCP connections the app opened to a database address, accepted or not. */
  readonly connections: number;
  /** `SELECT 1` through each engine or pool the app itself built. */
  readonly engines: readonly { readonly url: string; readonly ok: boolean; readonly error?: string }[];
  /** Table names registered with the app's ORM metadata. */
  readonly tables: readonly string[];
}

/** How the process ended. Absent parts were not observed. `null` exit in BootOutput: it was still alive. */
export interface Exit {
  readonly code?: number;
  readonly signal?: string;
  readonly oom?: boolean;
}

/** A stack captured from inside a process that did not get further in time. Innermost frame last. */
export interface HangDump {
  readonly kind: 'thread' | 'task';
  readonly name: string;
  readonly frames: readonly { readonly file: string; readonly line: number; readonly function: string }[];
}

/** Seconds per step of one boot. */
export interface Timings {
  readonly install?: number;
  /** Process start to the app being loaded. */
  readonly import?: number;
  readonly lifespan?: number;
  readonly health?: number;
  readonly total: number;
}

/** Where the start's time went, as looked at every few milliseconds: seconds, the longest first. */
export interface StartSamples {
  /** Imports, by the first name of the module. */
  readonly imports: readonly { readonly name: string; readonly seconds: number }[];
  /** Lines outside of packages that computed, blocked, or were awaited for long. */
  readonly lines: readonly { readonly file: string; readonly line: number; readonly seconds: number }[];
  readonly connect?: number;
  readonly migrations?: number;
}

/** One command that the project itself runs before its server, as it ended. */
export interface BeforeRun {
  readonly command: readonly string[];
  /** `Dockerfile:12` */
  readonly from: string;
  /** The project's own start ends with its failure. */
  readonly required: boolean;
  readonly code?: number;
  readonly signal?: string;
  readonly timedOut?: boolean;
}

export interface BootOutput {
  /** Coarse, from markers alone (install, import, lifespan, bind, health, settle, healthy); parsers refine it. */
  readonly stage: Stage;
  /** null while the process was still alive when the boot was ended by us. */
  readonly exit: Exit | null;
  /** Bounded: head and tail are kept, `dropped` lines in between. The first fatal block is always kept. */
  readonly lines: readonly LogLine[];
  readonly dropped: number;
  readonly markers: {
    /** Log line `Waiting for application startup.` */
    readonly waiting: boolean;
    /** Log line `Application startup complete.` */
    readonly complete: boolean;
    /** Something listened on the port. */
    readonly listening: boolean;
    /** The boot was ended because the time-out passed. */
    readonly timedOut: boolean;
  };
  readonly probes: readonly Probe[];
  readonly routes: readonly DeclaredRoute[];
  readonly database: DatabaseSeen;
  /** What ran before the server; absent in older recordings. */
  readonly before?: readonly BeforeRun[];
  readonly hang: readonly HangDump[];
  readonly timings: Timings;
  /** Absent in older recordings, and where nobody looked. */
  readonly samples?: StartSamples;
  /** Interpreter version such as `3.14.0`, as the sandbox reports it. */
  readonly python: string;
  /** Command line as run. */
  readonly command: readonly string[];
  /** Where the server saw the tree and its environment: `/app` and `/env` in a container, host paths elsewhere. */
  readonly paths: { readonly tree: string; readonly environment: string };
  /** Said of boots that might be forked: whether this one was, and why it was started cold. */
  readonly start?: { readonly how: 'fork' | 'cold'; readonly why?: string };
  /** False: no manifest brings uvicorn; the agent installed it beside the app's packages so that the app can be started. */
  readonly uvicornDeclared?: boolean;
}
