/** A run that is over → its bundle. */
import { isUtf8 } from 'node:buffer';
import { readFile } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import type { RuntimeFacts } from '../../agent/runtime.ts';
import type { Source } from '../../source/types.ts';
import { databasePlan, environmentOf } from '../boot-request.ts';
import type { RunOptions } from '../options.ts';
import type { AuditReport } from '../report/schema.ts';
import { packageVersion } from '../package-version.ts';
import { maskDeep } from '../report/masking.ts';
import { SEVERITIES } from '../report/severity.ts';
import { servicePlans } from '../services.ts';
import type { JournalEvent, KeptFix } from '../types.ts';
import type { Workspace } from '../workspace/workspace.ts';
import type { Bundle, BundleEntry, BundleFix } from './bundle.ts';
import { concealer } from './conceal.ts';

const MAX_FILE = 8 * 1024 * 1024;

export interface Finished {
  readonly options: RunOptions;
  readonly workspace: Workspace;
  readonly root: string;
  /** Of the untouched tree. */
  readonly source: Source;
  /** Of the tree with the kept fixes. */
  readonly healed: Source;
  readonly runtime: RuntimeFacts;
  readonly report: AuditReport;
  /** In fix order, as the loop gives them. */
  readonly kept: readonly KeptFix[];
  readonly journal: readonly JournalEvent[];
  readonly secrets: readonly string[];
  readonly initSql: string | undefined;
  /** `name==version` of what was installed; empty when it could not be asked. */
  readonly lock: readonly string[];
}

export async function gatherBundle(run: Finished): Promise<Bundle> {
  const { options, source, report, runtime } = run;
  const files = await filesOf(run.workspace);
  const { conceal, values } = concealer(run.secrets, [...files.flatMap(({ text }) => text ?? []), run.initSql ?? '', ...Object.values(options.env ?? {}), options.database ?? '']);
  const tree = files.flatMap((file): BundleEntry[] => {
    if (file.text !== undefined) return [{ ...file, text: conceal(file.text) }];
    // A file that is no text cannot be concealed in; one with a secret stays at home.
    const bytes = file.base64 === undefined ? '' : Buffer.from(file.base64, 'base64').toString('latin1');
    return values.some((value) => bytes.includes(value)) ? [] : [file];
  });
  const below = (path: string | null, from: string): string | null => (path === null ? null : relative(from, path) || null);
  const bundle: Bundle = {
    made_by: await packageVersion(), name: basename(options.dir) || 'tree', tree,
    options: {
      python: options.python as Bundle['options']['python'], policy: options.policy, root: below(options.root, options.dir), manifest: below(options.manifest, options.dir), app: options.app,
      factory: options.factory, health: options.health, port: options.port, command: options.command === null ? null : [...options.command], env: options.env === null ? null : { ...options.env },
      database: options.database, database_init: run.initSql ?? null, safe_only: options.safeOnly, tidy: options.tidy, minimise: options.minimise, max_boots: options.maxBoots,
      boot_timeout: options.bootTimeout, settle: options.settle,
    },
    facts: {
      app: source.run.app, factory: source.run.factory, health_path: source.run.healthPath, root: run.root, cwd: source.run.cwd, python_path: [...source.run.pythonPath],
      command: [...source.run.command], manifest: source.install.manifest, install: [...source.install.requirements], environment: environmentIn(source), environment_healed: environmentIn(run.healed), runtime: runtime.name,
      python: runtime.python, versions: { ...runtime.versions }, lock: run.lock.toSorted(), ...databasesOf(run),
      ...(source.install.project === undefined ? {} : { project: source.install.project }), redis: redisOf(run), install_files: [...new Set([...source.install.files, ...run.healed.install.files])],
    },
    outcome: {
      complete: !report.interrupted, verdict: report.verdict, boots: bootsOf(run.journal, report),
      kept: fixesOf(run),
      unresolved: report.unresolved.map(({ kind }) => kind),
    },
  };
  return { ...maskDeep({ ...bundle, tree: [] }, conceal), tree };
}

/** What the app asks for as it was found and as it is healed: a fix may change the address. */
function databasesOf({ source, healed, initSql }: Finished): Pick<Bundle['facts'], 'database' | 'databases' | 'init_scripts'> {
  const plans = [source, healed].map((tree) => databasePlan(tree, initSql));
  const all = plans.flatMap(({ identities }) => identities.map(({ host, port, user, password, database }) => ({ host, port, user, password, database })));
  const databases = [...new Map(all.map((one) => [JSON.stringify(one), one])).values()];
  return {
    database: source.run.stated ?? null, databases,
    init_scripts: (plans[0]?.initScripts ?? []).map(({ path, sql, user, database }) => ({ path, sql, user, database })),
  };
}

/** What a boot sets in the process: not what the app reads from its own `.env`, where a fix must count. */
function environmentIn(source: Source): Record<string, string> {
  return { ...environmentOf(source).env, ...source.run.env };
}

function redisOf({ source, healed }: Finished): { host: string; port: number }[] {
  const all = [source, healed].flatMap((tree) => servicePlans(tree).flatMap(({ addresses }) => addresses.map(({ host, port }) => ({ host, port }))));
  return [...new Map(all.map((one) => [`${one.host} ${one.port}`, one])).values()];
}

/** As the report has them. It sorts by severity what the loop gives, and says nothing of the boot that first had a fix in its tree. */
function fixesOf({ report, kept }: Finished): BundleFix[] {
  const since = kept.toSorted((a, b) => SEVERITIES.indexOf(a.finding.severity) - SEVERITIES.indexOf(b.finding.severity)).map((fix) => fix.since ?? fix.after);
  return report.issues.filter(({ applied }) => applied).map(({ kind, exact_fix, further_edits }, at) => ({ kind, edits: [exact_fix, ...further_edits], ...(since[at] === undefined ? {} : { since: since[at] }) }));
}

function bootsOf(journal: readonly JournalEvent[], report: AuditReport): Bundle['outcome']['boots'] {
  let tried: string | null = null;
  return journal.flatMap((event) => {
    if (event.type === 'try') tried = event.title;
    if (event.type !== 'boot') return [];
    const boot = { number: event.number, purpose: event.purpose, stage: event.stage, findings: [...event.findings], tried: event.purpose === 'attempt' ? tried : null };
    tried = null;
    return report.boots >= event.number ? [boot] : [];
  });
}

async function filesOf({ original, survey }: Workspace): Promise<readonly BundleEntry[]> {
  const entries = await Promise.all(survey.entries.map(async ({ kind, path, mode, bytes: size, target }): Promise<BundleEntry | null> => {
    if (kind === 'link') return target === undefined ? null : { path, link: target };
    // A bundle is to be sent around: models and dumps stay at home.
    if (kind !== 'file' || size > MAX_FILE) return null;
    const bytes = await readFile(join(original, path));
    const executable = (mode & 0o100) === 0 ? {} : { executable: true };
    return isUtf8(bytes) ? { path, text: bytes.toString('utf8'), ...executable } : { path, base64: bytes.toString('base64'), ...executable };
  }));
  return entries.filter((entry) => entry !== null).toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
