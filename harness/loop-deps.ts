/**
 * What the loop touches, for real: the copy on disk, a place to boot in, the parsers and the rules. The place is replaced when the app
 * asks for another database than the place answers as, and, while nobody stated the real server, a database or role that a boot
 * found missing is added and the boot repeated: the sandbox adapts to the app (R22).
 */
import { join } from 'node:path';
import type { DatabasePlan, Place, Runtime } from '../agent/runtime.ts';
import type { BootOutput } from '../parsers/boot-output.ts';
import { parse } from '../parsers/parse.ts';
import { detectAll, scanAll } from '../scenarios/load.ts';
import { foreignImports } from '../scenarios/mechanisms/undeclared.ts';
import { withFiles } from '../source/read.ts';
import { sourceFile, syntaxFaults } from '../source/syntax.ts';
import { tomlTree } from '../source/toml-tree.ts';
import type { DatabaseIdentity, Source } from '../source/types.ts';
import { beforeServer } from './before.ts';
import type { Before } from './before.ts';
import { SHORT_SETTLE, attemptRequest, confirmRequest, databasePlan } from './boot-request.ts';
import { refusesLifespan } from './lifespan.ts';
import type { Lifespan } from './lifespan.ts';
import { missingIdentity } from './missing-identity.ts';
import { servicePlans } from './services.ts';
import type { RunOptions, RunUi } from './options.ts';
import type { BootJob, Confirmation, JournalEvent, LoopDeps, Texts } from './types.ts';
import { lockAnew, withVersions } from './versions.ts';
import type { Answers } from './versions.ts';
import type { Workspace } from './workspace/workspace.ts';

export interface LoopDepsFacts {
  readonly workspace: Workspace;
  /** Backend root below the workspace's tree. */
  readonly root: string;
  readonly source: Source;
  readonly runtime: Runtime;
  readonly options: RunOptions;
  readonly ui: RunUi;
  readonly initSql: string | undefined;
  /** ISO time of the tree's last commit. */
  readonly lastChange: string | undefined;
  readonly runId: string;
  readonly propose?: LoopDeps['propose'];
  readonly journal: (event: JournalEvent) => void;
}

/** More than this many missing databases and roles in one run is no adapting any more. */
const MAX_ADAPTIONS = 5;

export async function loopDeps(facts: LoopDepsFacts, signal: AbortSignal): Promise<LoopDeps & AsyncDisposable> {
  const { workspace, root, source, runtime, options, ui } = facts;
  const extra: DatabaseIdentity[] = [];
  const places = new AsyncDisposableStack();
  let current: { readonly place: Place; readonly plan: string } | undefined;
  let why = 'as it is';
  // The baseline is watched in full, and so is everything after a boot that died late.
  let diedLate = false;
  let lifespan: Lifespan = 'on';
  let routes: readonly string[] = [];
  const before = beforeServer();
  const answers: Answers = new Map();

  const planFor = (tree: Source): DatabasePlan => {
    const plan = databasePlan(tree, facts.initSql);
    return plan.mode === 'stated' ? plan : { ...plan, identities: [...plan.identities, ...extra] };
  };
  const openAt = (tree: string, state: Source, openSignal: AbortSignal): Promise<Place> => runtime.open({
    tree: join(tree, root), database: planFor(state), services: servicePlans(state), users: workspace.survey.dir, runId: facts.runId,
  }, openSignal);
  const placeFor = async (tree: Source, callSignal: AbortSignal): Promise<Place> => {
    const key = JSON.stringify([planFor(tree), servicePlans(tree)]);
    if (current?.plan === key) return current.place;
    const old = current;
    current = undefined;
    await old?.place[Symbol.asyncDispose]();
    current = { place: await openAt(workspace.tree, tree, callSignal), plan: key };
    return current.place;
  };
  /** Repeats a boot that only lacked a database, role or table which a server of the app's own would have. */
  const adapting = async (boot: () => Promise<BootOutput>, tree: Source): Promise<BootOutput> => {
    const { mode, identities: known } = planFor(tree);
    for (;;) {
      const output = await boot();
      const learnt = before.learn(output, tree);
      if (learnt !== undefined) {
        ui.note(learnt);
        continue;
      }
      const missing = mode === 'adapts' && extra.length < MAX_ADAPTIONS ? missingIdentity(output, [...known, ...extra]) : undefined;
      if (missing === undefined) return output;
      extra.push(missing);
      ui.note(`The app asks for database ${missing.database} as ${missing.user}: the sandbox's Postgres now has it.`);
    }
  };
  const started = ({ number, purpose }: BootJob, what: string): void => ui.bootStarted({ number, purpose, why: what });

  places.defer(async () => { await current?.place[Symbol.asyncDispose](); });
  return {
    sourceWith: (texts) => (texts.size === 0 ? source : withFiles(source, texts)),
    write: (texts) => workspace.write(texts, root),
    boot: async (job, callSignal) => {
      started(job, job.purpose === 'minimise' ? 'is every fix needed?' : why);
      const settle = job.purpose === 'baseline' || diedLate ? options.settle : Math.min(options.settle, SHORT_SETTLE);
      // The first look at an app is cold, and so is the last word: only what lies between may be forked.
      const attempt = async (): Promise<BootOutput> => (await placeFor(job.source, callSignal)).boot({
        ...attemptRequest(job.source, options, settle, lifespan), before: before.commands(job.source, true), fork: job.purpose === 'baseline' ? 'later' : 'now',
      }, ui.progress, callSignal);
      const output = await adapting(attempt, job.source);
      if (lifespan === 'auto' || !refusesLifespan(output)) return output;
      lifespan = 'auto';
      ui.note('The framework does not speak the lifespan protocol: the server is started with --lifespan auto.');
      return adapting(attempt, job.source);
    },
    openConfirmation: async (state, callSignal) => openConfirmation(facts, { ...state, routes, before }, (tree) => openAt(tree, state.source, callSignal), started, signal),
    parse,
    lookup: async (names, tree, callSignal) => (await placeFor(tree, callSignal)).lookup({ install: tree.install, names, imports: [...foreignImports(tree).keys()] }, callSignal),
    versions: async (evidence, tree, index, callSignal) => {
      const asking = async (): Promise<Place> => {
        ui.step('asking the package index for versions that fit');
        return await placeFor(tree, callSignal);
      };
      return withVersions(asking, { evidence, source: tree, index }, facts.lastChange, answers, callSignal);
    },
    relock: async (tree, proven, callSignal) => {
      ui.step('writing uv.lock anew');
      return await lockAnew(await placeFor(tree, callSignal), tree, proven, callSignal);
    },
    detect: detectAll,
    scan: scanAll,
    ...(facts.propose ? { propose: facts.propose } : {}),
    syntaxProblem: (file, text) => newSyntaxProblem(source, file, text),
    clock: () => performance.now() / 1000,
    journal: (event) => {
      if (event.type === 'try') why = event.title;
      facts.journal(event);
    },
    recorded: (record) => {
      diedLate ||= record.evidence.stage === 'settle';
      const declared = record.output.routes.flatMap(({ path, methods }) => (methods.includes('GET') && !path.includes('{') ? [path] : []));
      if (declared.length > 0) routes = declared;
      ui.bootEnded(record);
    },
    [Symbol.asyncDispose]: () => places.disposeAsync(),
  };
}

/** Only what was not there before counts: a tree may use newer syntax than our grammar knows, or be broken already. */
function newSyntaxProblem(original: Source, file: string, text: string): string | null {
  const before = original.files.get(file);
  if (file.endsWith('.toml')) return tomlTree(text) === undefined && (before === undefined || tomlTree(before.text) !== undefined) ? 'it is no TOML any more' : null;
  const faults = syntaxFaults(sourceFile(file, text));
  const first = faults[0];
  if (first === undefined || faults.length <= (before === undefined ? 0 : syntaxFaults(before).length)) return null;
  return `line ${first.line} does not parse: ${first.text}`;
}

/** A fresh tree, network, database and container; the restart keeps all of them. */
async function openConfirmation(
  { workspace, root, options, ui }: LoopDepsFacts, state: { readonly source: Source; readonly texts: Texts; readonly routes: readonly string[]; readonly before: Before },
  openAt: (tree: string) => Promise<Place>, started: (job: BootJob, what: string) => void, signal: AbortSignal,
): Promise<Confirmation> {
  const tree = join(workspace.folder, 'confirm');
  await workspace.materialise(tree, state.texts, root);
  signal.throwIfAborted();
  const place = await openAt(tree);
  return {
    boot: (job, callSignal) => {
      started(job, job.purpose === 'restart' ? 'again, on the same database' : state.source.run.command.join(' '));
      const again = job.purpose === 'restart';
      return place.boot({ ...confirmRequest(state.source, options, again, state.routes), before: state.before.commands(state.source, !again) }, ui.progress, callSignal);
    },
    [Symbol.asyncDispose]: () => place[Symbol.asyncDispose](),
  };
}
