/** A patient that exists only on paper: its boot is a function of the tree's content, so the loop can be driven without a server. */
import { HarnessError } from '../../agent/errors.ts';
import { DEFAULT_LIMITS, heal } from '../../harness/loop/loop.ts';
import type { BootPurpose, JournalEvent, LoopDeps, LoopOptions, LoopResult } from '../../harness/types.ts';
import type { BootOutput, Stage } from '../../parsers/boot-output.ts';
import type { Evidence, ExceptionInfo } from '../../parsers/evidence.ts';
import type { Finding, Fix, Safety, Severity } from '../../scenarios/types.ts';
import { loadPython, sourceFile, syntaxFaults } from '../../source/python.ts';
import type { Edit, PackageIndex, Source } from '../../source/types.ts';

export type Files = Readonly<Record<string, string>>;

/** One illness: the boot stops at its stage as long as the tree shows it. */
export interface Ill {
  readonly name: string;
  readonly stage: Stage;
  readonly shows: (files: Files, purpose: BootPurpose) => boolean;
  readonly fixes: (source: Source) => readonly Fix[];
  readonly file?: string;
  /** Line of main.py at which the traceback ends; no traceback without it. */
  readonly raisedAt?: number;
  /** Whose code that line is; the tree's unless said. */
  readonly raisedIn?: 'tree' | 'package';
  /** The file that line of main.py imports, in which the traceback really ends. */
  readonly below?: string;
  /** Line that the finding names. */
  readonly lineOf?: (source: Source) => number;
  readonly severity?: Severity;
  readonly ladder?: Stage;
}

export interface Script {
  readonly files: Files;
  readonly ills: readonly Ill[];
  /** Paths that are there but are no text. */
  readonly opaque?: readonly string[];
  readonly routes?: (files: Files) => readonly string[];
  readonly options?: Partial<LoopOptions>;
  readonly deps?: (deps: LoopDeps) => Partial<LoopDeps>;
}

export interface Told extends LoopResult {
  readonly journal: readonly JournalEvent[];
  readonly files: Files;
  /** What lies on disk at the end. */
  readonly disk: Files;
  readonly purposes: string;
}

/** A fix that swaps one text for another, at its first place. */
export function swap(source: Source, file: string, old: string, replacement: string, safety: Safety = 'safe'): Fix {
  const at = Math.max(0, source.files.get(file)?.text.indexOf(old) ?? 0);
  return fix([{ file, old, new: replacement, at }], `${file}: ${old} → ${replacement}`, safety);
}

export function fix(edits: readonly Edit[], title: string, safety: Safety = 'safe'): Fix {
  return { title, safety, edits, explanation: 'It is what the script wants.' };
}

export function brokenPlace(): HarnessError {
  return new HarnessError({ code: 'engine-died', what: 'The engine died.', why: 'It was told to.', hint: 'Start it.', exitCode: 3 });
}

const INDEX: PackageIndex = { python: '3.14.0', distributions: [], stdlib: [], names: {}, known: {}, unusedImports: [] };

function chainOf(ill: Ill | undefined): readonly ExceptionInfo[] {
  if (ill?.raisedAt === undefined) return [];
  const frame = { file: 'main.py', line: ill.raisedAt, function: '<module>', owner: ill.raisedIn ?? 'tree' } as const;
  return [{ type: 'ImportError', message: ill.name, notes: [], frames: [frame, ...(ill.below === undefined ? [] : [{ ...frame, file: ill.below, line: 1 }])] }];
}

/** Only what the loop itself reads: the files. */
function sourceFrom(files: Files, opaque: readonly string[] = []): Source {
  return {
    files: new Map(Object.entries(files).map(([path, text]) => [path, sourceFile(path, text)])), opaque, imports: [], targets: [], variables: [], dotenv: new Map(), environmentClaimed: false,
    install: { kind: 'none', manifest: '', files: [], policy: 'locked', requirements: [], groups: [], extras: [] },
    run: { app: 'main:app', factory: false, cwd: '.', pythonPath: ['.'], healthPath: '/health', healthNamed: false, port: 8080, command: [], env: {} },
  };
}

export async function play({ files, ills, opaque, routes, options, deps }: Script): Promise<Told> {
  await loadPython();
  const journal: JournalEvent[] = [];
  let disk: Files = files;
  let now = 0;
  const boot: LoopDeps['boot'] = async ({ purpose }) => {
    const ill = ills.find((one) => one.shows(disk, purpose));
    return output(ill?.stage ?? 'healthy', ill?.name, routes?.(disk) ?? []);
  };
  const scripted: LoopDeps = {
    sourceWith: (texts) => sourceFrom({ ...files, ...Object.fromEntries(texts) }, opaque),
    write: async (texts) => { disk = { ...files, ...Object.fromEntries(texts) }; },
    boot,
    openConfirmation: async (state) => ({
      boot: async (job, signal) => {
        disk = { ...files, ...Object.fromEntries(state.texts) };
        return boot(job, signal);
      },
      [Symbol.asyncDispose]: async () => undefined,
    }),
    parse: (seen): Evidence => ({ stage: seen.stage, names: [], faults: seen.lines.map((line) => ({ form: 'log', during: 'start', chain: chainOf(ills.find((ill) => ill.name === line.text)), validation: [], summary: line.text, text: line.text, from: 0, to: 1 })) }),
    lookup: async () => INDEX,
    detect: (evidence, source) => ({ crashes: [], findings: ills.filter((ill) => evidence.faults.some((fault) => fault.summary === ill.name)).map((ill) => findingOf(ill, source)) }),
    syntaxProblem: (file, text) => syntaxFaults(sourceFile(file, text))[0]?.text ?? null,
    clock: () => (now += 1),
    journal: (event) => journal.push(event),
  };
  const result = await heal({ ...scripted, ...deps?.(scripted) }, {
    ...DEFAULT_LIMITS, signal: new AbortController().signal, safeOnly: false, tidy: false, minimise: false, ...options,
  });
  return { ...result, journal, disk, files: { ...files, ...Object.fromEntries(result.texts) }, purposes: result.boots.map((one) => one.purpose[0]).join('') };
}

export function findingOf(ill: Ill, source: Source): Finding {
  return {
    kind: ill.name, stage: ill.ladder ?? ill.stage, severity: ill.severity ?? 'CRITICAL', category: 'IMPORT', file: ill.file ?? 'main.py', facts: {},
    ...(ill.lineOf === undefined ? {} : { line: ill.lineOf(source) }),
    what: `${ill.name} stops the server.`, why: 'The script says so.', todo: 'Rewrite the script.', candidates: ill.fixes(source),
  };
}

export function output(stage: Stage, said: string | undefined, routes: readonly string[]): BootOutput {
  const loaded = ['lifespan', 'bind', 'health', 'settle', 'healthy'].includes(stage);
  return {
    stage, exit: stage === 'healthy' ? null : { code: 1 }, dropped: 0, probes: [], hang: [], timings: { total: 1 }, python: '3.14.0', command: ['uvicorn', 'main:app'],
    lines: said === undefined ? [] : [{ at: 0, stream: 'stderr', text: said }],
    markers: { waiting: loaded, complete: stage === 'healthy', listening: stage === 'healthy', timedOut: false },
    routes: loaded ? routes.map((path) => ({ path, methods: ['GET'] })) : [],
    database: { sessions: 0, connections: 0, engines: [], tables: [] },
    paths: { tree: '/app', environment: '/env' },
  };
}
