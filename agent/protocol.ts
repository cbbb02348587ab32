/**
 * What the harness and the agent (`agent.py`) say to each other: one JSON value a line, requests on the agent's stdin, events on
 * its stdout. Every request with an `id` is answered by exactly one `result` or `error` with that id; `line`, `stage` and
 * `outside` may come before it. `ping` and `stop` have no answer. The agent ends, and everything it started with it, when its
 * stdin ends or no request came for {@link SILENCE_SECONDS}.
 *
 * All paths are as the *agent* sees them. All times are seconds.
 */
import type { BootOutput, Exit, LogLine, Probe, Stage } from '../parsers/boot-output.ts';
import type { InstallPlan, PackageIndex, Resolution, VersionQuestion } from '../source/types.ts';
import type { BeforeCommand, DatabasePlan } from './runtime.ts';

/** Raised when an old agent could misunderstand a new harness. */
export const PROTOCOL = 1;
/** The harness says something at least this often. */
export const PING_SECONDS = 3;
/** The agent ends after this long without a word. */
export const SILENCE_SECONDS = 12;

/** The account that untrusted code runs under; only usable when the agent is root. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Creates an environment and installs the plan into it; costs nothing when it is already complete. */
export interface PrepareRequest {
  /** uv's program file. */
  readonly uv: string;
  /** Interpreter to make the environment with. */
  readonly python: string;
  /** Folder of the environment: may exist, may be a mount point. State is kept below `.boot-check/` in it. */
  readonly environment: string;
  readonly tree: string;
  readonly plan: InstallPlan;
  /** A complete environment of a plan that is much the same: what differs is exchanged in a copy of it. */
  readonly seed?: Seed;
  /** uv's cache folder. */
  readonly cache: string;
  /** Installs as this account, which must be able to write `environment` and `cache`. */
  readonly user?: User;
  /** Added for the installer: mirrors, certificates. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface Seed {
  /** Where it lies, as the installer sees it. */
  readonly folder: string;
  /** Path that it was made for; its scripts name it. */
  readonly madeAs: string;
}

export interface PrepareResult {
  /** The environment is complete. False is data: `lines` and `exit` say why. */
  readonly ok: boolean;
  readonly exit: Exit | null;
  readonly lines: readonly LogLine[];
  readonly dropped: number;
  /** The installer's command line that decided. */
  readonly command: readonly string[];
  /** Nothing had to be installed. */
  readonly cached: boolean;
  /** `missing`: no manifest brings uvicorn; it was installed beside the app's packages so that the app can be started. */
  readonly uvicorn: 'declared' | 'missing';
  readonly packages: readonly { readonly name: string; readonly version: string }[];
  /** `3.14.2` */
  readonly python: string;
  readonly seconds: number;
}

/** Asks uv for other versions; installs nothing. `environment` is where its Python and our scratch folder are. */
export interface ResolveCommand extends Omit<PrepareRequest, 'plan' | 'seed'> {
  readonly question: VersionQuestion;
}

export interface ResolveResult {
  readonly resolutions: readonly Resolution[];
  /** Calls of uv, and seconds. */
  readonly calls: number;
  readonly seconds: number;
}

export interface LookupCommand {
  readonly environment: string;
  readonly tree: string;
  readonly names: readonly string[];
  /** First names of modules; only `known` and `lookAlikes` answer for these. */
  readonly imports: readonly string[];
  /** ruff's program file; without it `unusedImports` stays empty. */
  readonly ruff?: string;
  /** The `mapping` file of pipreqs (`import:distribution` lines); without it `known` has only what installed packages require. */
  readonly mapping?: string;
}

/** Where the sandbox's Postgres listens, and the superuser the agent works as. */
export interface DatabaseServer {
  /** `tcp:HOST:PORT` or `unix:/folder/.s.PGSQL.5432` */
  readonly address: string;
  readonly user: string;
  /** Sent when the server asks for a clear-text password. */
  readonly password?: string;
}

/** Where a TCP or unix socket is: `tcp:HOST:PORT` or `unix:/path`. */
export type Address = string;

export interface BootCommand {
  readonly tree: string;
  readonly environment: string;
  /** First word is looked up in the environment's `bin`; `python` is the environment's. */
  readonly command: readonly string[];
  readonly cwd: string;
  readonly pythonPath: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly before?: readonly BeforeCommand[];
  readonly port: number;
  readonly healthPaths: readonly string[];
  /** `findHealth` of BootRequest. */
  readonly findHealth?: boolean;
  readonly instrument: boolean;
  /** `fork` of BootRequest. */
  readonly fork?: 'later' | 'now';
  readonly routes: readonly string[];
  readonly bootTimeout: number;
  readonly settle: number;
  /** Send `outside` once the app is healthy and wait for `answer` with the probes before going on. */
  readonly outside: boolean;
  readonly user?: User;
  /** HOME and temporary folder of the app; must be writable for `user`. */
  readonly home: string;
  readonly database?: {
    readonly server: DatabaseServer;
    readonly plan: DatabasePlan;
    readonly fresh: boolean;
    /** Relays to the server, opened for this boot: `tcp:127.0.0.1:5432`. Default: one on 127.0.0.1 for each port of the plan. */
    readonly listen?: readonly Address[];
    /** Opened too where nobody else has them: the app's own addresses on a machine that is shared. */
    readonly listenIfFree?: readonly Address[];
  };
  /** Opened for this boot, and emptied before it when its database is fresh. */
  readonly services?: readonly ServiceDoor[];
}

/** A Redis of the sandbox, and the addresses under which the app finds it; any login is right there. */
export interface ServiceDoor {
  readonly server: Address;
  readonly listen: readonly Address[];
}

/** Forwards every connection on `listen` to `to`, until the agent ends. */
export interface RelayCommand {
  /** Port 0 lets the system choose. An existing socket file is replaced. */
  readonly listen: Address;
  readonly to: Address;
}

export interface RelayResult {
  readonly listen: Address;
}

/** Prepares the namespaces the agent was started in (`unshare --net --mount --pid`): loopback, hosts file, hidden folders. */
export interface IsolateCommand {
  /** `own`: the loopback is brought up and the hosts file replaced; `host`: the network is the host's and stays as it is. */
  readonly network: 'own' | 'host';
  /** Names that must lead to `address`. `localhost` is always 127.0.0.1. */
  readonly hosts: readonly string[];
  readonly address: string;
  /** IPv4 addresses that the loopback gets besides its own: databases that the app asks for by number. */
  readonly addresses: readonly string[];
  /** Folders replaced by an empty one. */
  readonly hide: readonly string[];
  /** Paths bound back, to `at` (default: where they were), read-only unless `write`. */
  readonly keep: readonly { readonly path: string; readonly at?: string; readonly write: boolean }[];
}

export interface IsolateResult {
  readonly loopback: boolean;
  readonly hosts: boolean;
  readonly hidden: boolean;
  /** One sentence for each thing that could not be done. */
  readonly notes: readonly string[];
}

/** Runs a trusted helper process (the embedded Postgres) that ends with the agent. */
export interface ServeCommand {
  readonly command: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user?: User;
  /** Result comes as soon as this address accepts a connection. */
  readonly ready: Address;
  readonly timeout: number;
}

export interface ServeResult {
  readonly ok: boolean;
  /** Last lines it printed, when it did not get ready. */
  readonly lines: readonly string[];
}

export interface Hello {
  readonly protocol: number;
  /** Version of the interpreter that runs the agent. */
  readonly python: string;
  readonly pid: number;
  readonly uid: number;
}

/** Request and result of each command. */
export interface Commands {
  readonly prepare: { readonly request: PrepareRequest; readonly result: PrepareResult };
  readonly resolve: { readonly request: ResolveCommand; readonly result: ResolveResult };
  readonly lookup: { readonly request: LookupCommand; readonly result: PackageIndex };
  readonly boot: { readonly request: BootCommand; readonly result: BootOutput };
  readonly relay: { readonly request: RelayCommand; readonly result: RelayResult };
  readonly isolate: { readonly request: IsolateCommand; readonly result: IsolateResult };
  /** After `isolate`: one folder below those that are kept read-only may be written from now on. */
  readonly writable: { readonly request: { readonly path: string }; readonly result: null };
  readonly serve: { readonly request: ServeCommand; readonly result: ServeResult };
}
export type CommandName = keyof Commands;

export type AgentRequest =
  | { readonly [Name in CommandName]: { readonly type: Name; readonly id: number } & Commands[Name]['request'] }[CommandName]
  /** Ends the command with that id at once; its answer is an `error` with code `cancelled`. */
  | { readonly type: 'cancel'; readonly id: number }
  /** Answer to `outside`. */
  | { readonly type: 'answer'; readonly id: number; readonly probes: readonly Probe[] }
  | { readonly type: 'ping' }
  | { readonly type: 'stop' };

export type AgentEvent =
  | ({ readonly type: 'hello' } & Hello)
  | { readonly type: 'line'; readonly id: number; readonly line: LogLine }
  | { readonly type: 'stage'; readonly id: number; readonly stage: Stage; readonly what: string }
  /** Please ask from outside now: the app is healthy on `port`, `path` answered. */
  | { readonly type: 'outside'; readonly id: number; readonly port: number; readonly path: string }
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | { readonly type: 'error'; readonly id: number; readonly code: string; readonly message: string };
