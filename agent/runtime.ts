/** What a place to boot in gives the loop. `docker/` and `local/` implement it; nothing above knows which one it has. */
import type { BootOutput, LogLine, Stage } from '../parsers/boot-output.ts';
import type { DatabaseIdentity, InitScript, InstallPlan, PackageIndex, Resolution, VersionQuestion } from '../source/types.ts';

export interface RuntimeFacts {
  readonly name: 'docker' | 'local';
  /** `3.14.2` */
  readonly python: string;
  readonly isolation: 'container' | 'namespace' | 'none';
  /** One sentence each, shown to the user: a Python that is not the wanted one, isolation that is off … */
  readonly notes: readonly string[];
  /** Image digests or tool versions, for the report and bundles. */
  readonly versions: Readonly<Record<string, string>>;
}

/** How Postgres answers in this place (R22). */
export interface DatabasePlan {
  /** `adapts`: any password is accepted, all identities exist. `stated`: exactly one identity answers, checked by password. */
  readonly mode: 'adapts' | 'stated';
  /** Host names and ports the app may use; each answers as Postgres on the sandbox's loopback. */
  readonly identities: readonly DatabaseIdentity[];
  /** Users whose URL demands `channel_binding=require`: their passwords count, because that needs a login with one. */
  readonly channelBinding?: readonly string[];
  /** SQL run in the identity's database after it is created, before the app starts. */
  readonly initSql?: string;
  /** What the project's own Postgres is filled with: run after that, in order, with the rights of the app's role, when databases were made. */
  readonly initScripts?: readonly InitScript[];
}

/** A service of the sandbox besides Postgres, and the host names and ports under which the app finds it. */
export interface ServicePlan {
  readonly service: 'redis';
  readonly addresses: readonly { readonly host: string; readonly port: number }[];
}

export interface PlaceRequest {
  /** Absolute path of the copy on the host. The app sees its own path for it. */
  readonly tree: string;
  readonly database: DatabasePlan;
  readonly services?: readonly ServicePlan[];
  /** The user's own folder, absolute: where the app could reach it, it is hidden from it. */
  readonly users?: string;
  /** Shown on labels and in temp folder names. */
  readonly runId: string;
}

/** What the project itself runs before its server: migrations, seeds. */
export interface BeforeCommand {
  /** First word is looked up in the environment; `python` is the environment's. */
  readonly words: readonly string[];
  /** Relative to the tree. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** `Dockerfile:12` */
  readonly from: string;
  /** The project's own start ends here when it fails. */
  readonly required: boolean;
}

export interface BootRequest {
  /** What to install first; content decides the environment, so equal content costs no install. */
  readonly install: InstallPlan;
  /** Either the instrumented attempt (python -m uvicorn …) or the user's own command. First word is looked up in the environment. */
  readonly command: readonly string[];
  /** Relative to the tree. */
  readonly cwd: string;
  readonly pythonPath: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Run in this order before the server, on the database of this boot. */
  readonly before?: readonly BeforeCommand[];
  readonly port: number;
  /** Tried in order until one answers 2xx; the first is the wanted one. */
  readonly healthPaths: readonly string[];
  /** When none of them answers: the GET routes that the running app really has, and `routes`; what describes its interface comes last. */
  readonly findHealth?: boolean;
  /** Load the watch module: routes, tables, engines, hang dumps. Off for the confirmation. */
  readonly instrument: boolean;
  /**
   * `now`: may be forked from a process that has imported the app's packages already, where that gives what a cold start gives. `later`: is
   * cold, and readies what later boots in this place are forked from. Without it a boot is cold and readies nothing. Instrumented boots only.
   */
  readonly fork?: 'later' | 'now';
  /** Empty the database before the boot. Off for the restart on the same database. */
  readonly freshDatabase: boolean;
  /** Ask from the host as well, through a relay. */
  readonly outside: boolean;
  /** Extra GET paths to probe after health (declared routes without parameters); with `instrument` they are found by the agent itself. */
  readonly routes: readonly string[];
  /** Seconds. */
  readonly bootTimeout: number;
  readonly settle: number;
}

/** Live news of a boot, for the screen. */
export type Progress =
  | { readonly type: 'stage'; readonly stage: Stage; readonly what: string }
  | { readonly type: 'line'; readonly line: LogLine };

export interface LookupRequest {
  readonly install: InstallPlan;
  readonly names: readonly string[];
  /** Modules of others that the server imports when it starts: of those that nothing installed has, who is known to provide them. */
  readonly imports: readonly string[];
}

export interface ResolveRequest {
  /** What the question is about; its environment may be incomplete. */
  readonly install: InstallPlan;
  readonly question: VersionQuestion;
}

export interface Place extends AsyncDisposable {
  /** Installs when the content is new, then boots. Never throws for a sick app; throws HarnessError when the place itself breaks. */
  boot(request: BootRequest, onProgress: (progress: Progress) => void, signal: AbortSignal): Promise<BootOutput>;
  /** Reads the installed packages without importing them. */
  lookup(request: LookupRequest, signal: AbortSignal): Promise<PackageIndex>;
  /** Asks the resolver, with the network open and nothing of the app running. */
  resolve(request: ResolveRequest, signal: AbortSignal): Promise<readonly Resolution[]>;
}

export interface Runtime {
  readonly facts: RuntimeFacts;
  open(request: PlaceRequest, signal: AbortSignal): Promise<Place>;
}
