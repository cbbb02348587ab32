/**
 * Boots scenarios both ways, forked and cold, and says where they differ. The process that is forked from has learnt from the healthy backend
 * below the scenario wherever that has the same packages and databases: it then has more imported than the broken tree would come to, which is
 * the harder test. Elsewhere it learns from the scenario's own first boot, as in a run.
 */
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { environmentKey } from '../../agent/environment-key.ts';
import type { BootRequest, Place, Runtime } from '../../agent/runtime.ts';
import { attemptRequest, databasePlan } from '../../harness/boot-request.ts';
import { servicePlans } from '../../harness/services.ts';
import type { BootOutput } from '../../parsers/boot-output.ts';
import type { Fault } from '../../parsers/evidence.ts';
import { parse } from '../../parsers/parse.ts';
import { findBackend } from '../../source/find-root.ts';
import { readSource } from '../../source/read.ts';
import type { Source } from '../../source/types.ts';
import { layCase, layerSchema } from './lay-case.ts';

/** Seconds; far more than any start needs, because a machine that is busy must not look like a difference. */
const BOOT_TIMEOUT = 60;
/** Of scenarios that hang: they must have come to where they do. */
const LEAST_TIMEOUT = 20;
const SETTLE = 0.2;

export interface Row {
  readonly name: string;
  readonly cold: BootOutput;
  /** The boot that might be forked; `forked.start` says whether it was. */
  readonly forked: BootOutput;
  /** One sentence for each difference of verdict, stage, end, evidence or routes. */
  readonly differences: readonly string[];
}

interface Laid {
  readonly source: Source;
  readonly root: string;
  readonly bootTimeout: number;
  /** Equal for trees that one place can boot, one after the other. */
  readonly place: string;
}

/** Rows in the order of the groups: scenarios that share packages and databases share a place. */
export async function* bothWays(runtime: Runtime, names: readonly string[], signal: AbortSignal): AsyncGenerator<Row> {
  const folder = await mkdtemp(join(tmpdir(), 'boot-check-twice-'));
  let open: { readonly place: Place; readonly key: string } | undefined;
  try {
    const listed = await Promise.all(names.map(async (name) => ({ name, base: await baseOf(name) })));
    for (const { name, base } of listed.toSorted((a, b) => a.base.localeCompare(b.base))) {
      signal.throwIfAborted();
      const ground = await lay(base, folder);
      const groundKey = ground.place;
      const laid = await lay(name, folder);
      if (open?.key !== laid.place) {
        await open?.place[Symbol.asyncDispose]();
        open = { place: await runtime.open(placeRequest(laid, folder), signal), key: laid.place };
        const teacher = groundKey === laid.place ? await lay(base, folder) : laid;
        await boot(open.place, teacher, 'now', signal);
        if (teacher !== laid) await lay(name, folder);
      }
      const forked = await boot(open.place, laid, 'now', signal);
      const cold = await boot(open.place, laid, 'later', signal);
      yield { name, cold, forked, differences: differences(cold, forked) };
    }
  } finally {
    await open?.place[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  }
}

async function baseOf(name: string): Promise<string> {
  const [kind = '', one] = name.split('/');
  if (one === undefined) return name;
  const file = join(import.meta.dirname, '../../scenarios', kind, 'cases', one, 'layer.json');
  return layerSchema.parse(JSON.parse(await readFile(file, 'utf8').catch(() => '{}'))).base;
}

/** The folder itself stays: a place has it mounted. */
async function lay(name: string, folder: string): Promise<Laid> {
  for (const entry of await readdir(folder)) await rm(join(folder, entry), { recursive: true });
  const laid = await layCase(name, folder);
  const { root, options } = await findBackend(folder, laid.options);
  const tree = join(folder, root);
  const source = await readSource(tree, { ...laid.options, ...options });
  const place = JSON.stringify([root, await environmentKey(source.install, tree, '', ''), databasePlan(source, undefined), servicePlans(source)]);
  return { source, root, bootTimeout: laid.bootTimeout === undefined ? BOOT_TIMEOUT : Math.max(laid.bootTimeout, LEAST_TIMEOUT), place };
}

function placeRequest({ source, root }: Laid, folder: string) {
  return { tree: join(folder, root), database: databasePlan(source, undefined), services: servicePlans(source), runId: 'twice' };
}

async function boot(place: Place, { source, bootTimeout }: Laid, fork: BootRequest['fork'] & string, signal: AbortSignal): Promise<BootOutput> {
  return place.boot({ ...attemptRequest(source, { bootTimeout }, SETTLE), fork }, () => undefined, signal);
}

function differences(cold: BootOutput, forked: BootOutput): readonly string[] {
  const sides = [seen(cold), seen(forked)] as const;
  return Object.keys(sides[0]).filter((part) => sides[0][part] !== sides[1][part])
    .map((part) => `${part}: cold ${firstDifference(sides[0][part] ?? '', sides[1][part] ?? '')}`);
}

/** Everything that a rule or a person may look at, without what differs from one cold start to the next. */
function seen(output: BootOutput): Readonly<Record<string, string>> {
  const { stage, faults } = parse(output);
  return {
    stage, exit: JSON.stringify(output.exit), evidence: steady(JSON.stringify(faults.map(withoutThreads), null, 1)),
    routes: unique(output.routes.map((route) => JSON.stringify(route))), tables: JSON.stringify(output.database.tables),
    engines: steady(JSON.stringify(output.database.engines)), // What other threads are just doing when it is looked at is no part of it.
    hang: unique(output.hang.flatMap(({ frames }) => frames.filter(({ file }) => file.startsWith(output.paths.tree)).map((frame) => JSON.stringify(frame)))),
    // Once each: how often a path is asked again hangs on the clock.
    probes: unique(output.probes.map(({ purpose, path, status, error, body }) => JSON.stringify([purpose, path, status, error, body]))),
    log: unique(output.lines.map(({ text }) => text)),
  };
}

/** The text of a hang lists all threads; what others than the user's are just doing when they are looked at is no part of it. */
function withoutThreads(fault: Fault): Fault {
  return fault.form === 'hang' ? { ...fault, text: fault.summary } : fault;
}

function unique(texts: readonly string[]): string {
  return [...new Set(texts.map(steady))].toSorted().join('\n');
}

/** Addresses of objects, process ids, ports of clients, times, random ids, the order of what was sorted by hashes. */
function steady(text: string): string {
  return text.replaceAll(/datetime\.datetime\([\d, ]+/g, 'time').replaceAll(/\[parameters: [^\n]*/g, '[parameters]').replaceAll(/(?<=No progress for )\d+/g, 'n').replaceAll(/0x[0-9a-f]{6,}/g, '0x…').replaceAll(/\[\d+\]/g, '[pid]').replaceAll(/(?<=127\.0\.0\.1:|\("127\.0\.0\.1", |\('127\.0\.0\.1', )\d{5}/g, 'port')
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d[.,\d]*(?:Z|[+-]\d\d:?\d\d)?/g, 'time').replaceAll(/\b\d+\.\d{3,}\b/g, 'number').replaceAll(/\d\d\/\w{3}\/\d{4}[: ]\d\d:\d\d:\d\d/g, 'time')
    .replaceAll(/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/g, 'uuid').replaceAll(/(?<=Task-|pid[ =:]+)\d+/g, 'n');
}

function firstDifference(cold: string, forked: string): string {
  const lines = forked.split('\n');
  const at = cold.split('\n').findIndex((line, index) => line !== lines[index]);
  const where = Math.max(at, 0);
  return `${(cold.split('\n')[where] ?? '(nothing)').slice(0, 160)} | forked ${(lines[where] ?? '(nothing)').slice(0, 160)}`;
}
