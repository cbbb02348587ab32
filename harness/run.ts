/**
 * The composition root: the only file that knows both a runtime and the loop. Reads the tree, picks the runtime, opens places to boot in,
 * lets the loop work, and writes what came of it. Everything it starts is on one stack and gone when it returns.
 */
import { randomBytes } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import type { Runtime } from '../agent/runtime.ts';
import { findBackend } from '../source/find-root.ts';
import type { Backend } from '../source/find-root.ts';
import { identityOfUrl } from '../source/database.ts';
import { readSource } from '../source/read.ts';
import type { RunOptions as SourceOptions } from '../source/read.ts';
import type { Source } from '../source/types.ts';
import { environmentOf, fillingsOf } from './boot-request.ts';
import { bootFailed, noBackend, severalBackends } from './errors.ts';
import { foundBy, foundLines } from './found.ts';
import { maskedUi } from './masked-ui.ts';
import { outsideFixer } from './fixer/propose.ts';
import { openJournal } from './journal.ts';
import { DEFAULT_LIMITS, heal } from './loop/loop.ts';
import { loopDeps } from './loop-deps.ts';
import type { LoopDepsFacts } from './loop-deps.ts';
import { answeringPath } from './report/checks.ts';
import { secretsOf } from './report/known-secrets.ts';
import { maskDeep, maskingFor } from './report/masking.ts';
import type { RunEnd, RunOptions, RunUi } from './options.ts';
import { pickRuntime } from './pick-runtime.ts';
import { fallbackAdvice, findFallback, withFallback } from './python-fallback.ts';
import { buildReport, changesOf } from './report/report.ts';
import type { ReportFacts } from './report/report.ts';
import type { AuditReport } from './report/schema.ts';
import { writeRunFiles } from './reporters/write.ts';
import { packBundle } from './reproduce/bundle.ts';
import type { Bundle } from './reproduce/bundle.ts';
import { gatherBundle } from './reproduce/gather.ts';
import { servicesNotThere } from './services.ts';
import { sweepRunFolders } from './workspace/temp.ts';
import type { JournalEvent, LoopDeps, LoopResult } from './types.ts';
import { lastChange } from './workspace/last-change.ts';
import { openWorkspace } from './workspace/workspace.ts';
import type { Workspace } from './workspace/workspace.ts';
import { prepareOut, refuseDirtyTree, writeBack } from './workspace/write-back.ts';

/** @throws HarnessError when the folder, the machine or we are broken; what was proven by then is in OUT all the same */
export async function run(options: RunOptions, ui: RunUi, signal: AbortSignal): Promise<RunEnd> {
  const began = performance.now();
  await sweepRunFolders();
  if (options.write && !options.allowDirty) await refuseDirtyTree(options.dir, signal);
  await prepareOut(options.out, options.dir);
  ui.step('reading the tree');
  await using workspace = await openWorkspace({ dir: options.dir, out: options.out }, signal);
  const backend = await locate(workspace, options);
  const source = await readSource(join(workspace.original, backend.root), backend.options);
  for (const left of workspace.leftOut) ui.note(`${left.path} was left out of the copy: ${left.why}`);
  const runtime = await pickRuntime(options, ui, signal);
  for (const note of [...runtime.facts.notes, ...servicesNotThere(source), ...fillingsOf(source)]) ui.note(note);
  announce(ui, backend, source, runtime, options.verbose);

  const initSql = options.databaseInit === null ? undefined : await readFile(options.databaseInit, 'utf8');
  const secrets = secretsOf(source, options.env ?? {});
  const events: JournalEvent[] = [];
  using journal = openJournal(join(options.out, 'journal.ndjson'));
  const masking = maskingFor(secrets);
  const shown = maskedUi(ui, masking);
  journal.write({ at: 0, type: 'run', tree: basename(options.dir), runtime: runtime.facts.name, python: runtime.facts.python });
  const place: Omit<LoopDepsFacts, 'runtime'> = {
    workspace, root: backend.root, source, options, ui: shown, initSql,
    lastChange: await lastChange(join(options.dir, backend.root), source.files.keys(), signal),
    runId: randomBytes(4).toString('hex'),
    ...(options.fixer === null ? {} : { propose: outsideFixer(options.fixer, shown, masking) }),
    journal: (event) => { events.push(event); journal.write(maskDeep(event, masking.text)); shown.journal(event); },
  };
  await using deps = await loopDeps({ ...place, runtime }, signal);
  const healed = await heal(deps, {
    signal, safeOnly: options.safeOnly, tidy: options.tidy, minimise: options.minimise, ...DEFAULT_LIMITS, maxBoots: options.maxBoots,
  });
  const asked = options.pythonFallback && healed.boots[0] !== undefined && healed.stageBefore !== 'healthy' && !['interrupted', 'broken'].includes(healed.outcome);
  const fallback = asked ? await findFallback(options.python, place, (python) => pickRuntime({ runtime: runtime.facts.name, python }, ui, signal), signal) : undefined;
  const result = fallback === undefined || healed.outcome === 'healed' ? healed : withFallback(healed, options.python, fallback);

  const facts: ReportFacts = {
    backend: {
      root: backend.root, app: source.run.app, factory: source.run.factory, healthPath: answeringPath(result.boots) ?? source.run.healthPath,
      python: result.boots.at(-1)?.output.python ?? runtime.facts.python, runtime: runtime.facts.name, policy: options.policy,
      command: source.run.command, cwd: source.run.cwd, pythonPath: source.run.pythonPath, manifest: result.source.install.manifest,
      foundBy: foundBy(backend, source), others: backend.others,
    },
    original: source.files, filesScanned: source.files.size + source.opaque.length, seconds: (performance.now() - began) / 1000,
    environment: environmentOf(result.source).rows.map((row) => ({ ...row, read_at: [...row.read_at] })),
    secrets, recommendations: fallback !== undefined && healed.outcome === 'healed' ? [fallbackAdvice(options.python, fallback)] : [],
  };
  const lock = ['interrupted', 'broken'].includes(result.outcome) ? [] : await lockOf(deps, result, signal);
  const bundle = (report: AuditReport) => gatherBundle({ options, workspace, root: backend.root, source, healed: result.source, runtime: runtime.facts, report, kept: result.kept, journal: events, secrets, initSql, lock });
  // Awaited here: the copies must outlive the writing of the results.
  return await finish(result, facts, { journal: events, bundle }, workspace, options);
}

/** What was installed, for the bundle; a place that cannot say it any more spoils nothing. */
async function lockOf(deps: LoopDeps, { source }: LoopResult, signal: AbortSignal): Promise<readonly string[]> {
  const index = await deps.lookup([], source, signal).catch(() => undefined);
  return (index?.distributions ?? []).map(({ name, version }) => `${name}==${version}`);
}

interface Told {
  readonly journal: readonly JournalEvent[];
  readonly bundle: (report: AuditReport) => Promise<Bundle>;
}

async function finish(result: LoopResult, facts: ReportFacts, { journal, bundle }: Told, workspace: Workspace, options: RunOptions): Promise<RunEnd> {
  const report = buildReport(result, facts);
  await workspace.materialise(join(options.out, 'healed'), result.texts, facts.backend.root);
  await writeRunFiles(options.out, {
    report, boots: result.boots, changes: changesOf(result, facts), journal, original: facts.original, secrets: facts.secrets,
  });
  await rm(join(options.out, 'bundle.bootcheck'), { force: true });
  if (result.boots.length > 0) await writeFile(join(options.out, 'bundle.bootcheck'), await packBundle(await bundle(report)));
  if (result.outcome === 'broken') throw bootFailed(result.cause, options.out, maskingFor(facts.secrets).text);
  if (options.write && result.outcome === 'healed') {
    await writeBack(workspace, result.texts, facts.backend.root);
  }
  return { report, exitCode: exitCodeOf(report) };
}

function exitCodeOf({ interrupted, verdict }: AuditReport): number {
  if (interrupted) return 130;
  return verdict === 'healthy' || verdict === 'healed' ? 0 : 1;
}

/** Where the backend lies in the folder, and how it is started: what the user says goes first, the tree says the rest. */
async function locate(workspace: Workspace, options: RunOptions): Promise<Backend> {
  const { app, health, command, env, database, manifest, root } = options;
  const asked: SourceOptions = {
    port: options.port, policy: options.policy, rootName: basename(root ?? options.dir),
    ...(app === null ? {} : { app, factory: options.factory }),
    ...(health === null ? {} : { health }),
    ...(command === null ? {} : { command }),
    ...(env === null ? {} : { env }),
    ...(manifest === null ? {} : { manifest: relative(root ?? options.dir, manifest) }),
  };
  const stated = database === null ? undefined : identityOfUrl(database);
  const backend = await findBackend(workspace.original, {
    ...asked, ...(stated === undefined ? {} : { database: stated }), ...(root === null ? {} : { root: relative(options.dir, root) || '.' }),
  });
  if (backend.options.app === undefined && backend.targets.length === 0) throw noBackend(options.dir);
  if (backend.tossed) throw severalBackends(options.dir, backend);
  return backend;
}

function announce(ui: RunUi, backend: Backend, source: Source, runtime: Runtime, verbose: boolean): void {
  const { app, factory, healthPath, command } = source.run;
  ui.backend({ root: backend.root, app, factory, healthPath, command, found: foundLines(backend, source, verbose), runtime: runtime.facts });
}
