/** One real boot of a scenario, outside of the loop: what it printed, and what the rules say of it. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Place, Runtime } from '../../agent/runtime.ts';
import { beforeServer } from '../../harness/before.ts';
import { attemptRequest, databasePlan } from '../../harness/boot-request.ts';
import { servicePlans } from '../../harness/services.ts';
import { withVersions } from '../../harness/versions.ts';
import type { BootOutput } from '../../parsers/boot-output.ts';
import { parse } from '../../parsers/parse.ts';
import { foreignImports } from '../../scenarios/mechanisms/undeclared.ts';
import { wantedNames } from '../../scenarios/mechanisms/wanted.ts';
import { findBackend } from '../../source/find-root.ts';
import { readSource } from '../../source/read.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import { layCase } from './lay-case.ts';
import type { Laid } from './lay-case.ts';
import type { Recording } from './recording.ts';

const BOOT_TIMEOUT = 30;
const SETTLE = 1;

export interface LaidSource extends AsyncDisposable {
  readonly laid: Laid;
  readonly backend: Recording['backend'];
  /** The backend's root on disk. */
  readonly tree: string;
  readonly source: Source;
}

/** The scenario in a temporary folder, read as a run would read it. */
export async function layAndRead(name: string): Promise<LaidSource> {
  const tree = await mkdtemp(join(tmpdir(), 'boot-check-case-'));
  const dispose = (): Promise<void> => rm(tree, { recursive: true, force: true });
  try {
    const laid = await layCase(name, tree);
    const { root, options } = await findBackend(tree, laid.options);
    const backend = { root, options: { ...laid.options, ...options } };
    const source = await readSource(join(tree, root), backend.options);
    return { laid, backend, tree: join(tree, root), source, [Symbol.asyncDispose]: dispose };
  } catch (error) {
    await dispose();
    throw error;
  }
}

/** Boots a tree once. `index` answers the names that the evidence of this boot asks for. */
export async function bootOnce(
  runtime: Runtime, { laid, tree, source }: Pick<LaidSource, 'laid' | 'tree' | 'source'>, signal: AbortSignal,
): Promise<{ readonly output: BootOutput; readonly index: PackageIndex }> {
  await using place = await open(runtime, tree, source, signal);
  const output = await place.boot(
    { ...attemptRequest(source, { bootTimeout: laid.bootTimeout ?? BOOT_TIMEOUT }, laid.settle ?? SETTLE), before: beforeServer().commands(source, true) },
    () => undefined, signal,
  );
  const evidence = parse(output);
  const looked = await place.lookup({ install: source.install, names: wantedNames(evidence, source), imports: [...foreignImports(source).keys()] }, signal);
  const index = await withVersions(async () => place, { evidence, source, index: looked }, undefined, new Map(), signal);
  return { output, index };
}

function open(runtime: Runtime, tree: string, source: Source, signal: AbortSignal): Promise<Place> {
  return runtime.open({ tree, database: databasePlan(source, undefined), services: servicePlans(source), runId: 'record' }, signal);
}
