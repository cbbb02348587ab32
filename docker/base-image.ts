/**
 * Base images: pulled when an image registry answers, else built from the distribution's packages with mmdebstrap. What comes out is
 * used in the same way.
 */
import { createHash } from 'node:crypto';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { execa } from 'execa';

import { HarnessError } from '../agent/errors.ts';
import { follow } from './build.ts';
import type { Engine } from './engine.ts';
import { hostAptOptions, hostMirror } from './mirror.ts';

export interface Base {
  /** `Python 3.14` */
  readonly title: string;
  /** Name in an image registry. */
  readonly pulled: string;
  /** Name of the one built here. */
  readonly built: string;
  /** The distribution's suite that carries this version; absent when none does. */
  readonly suite?: string;
  readonly packages: readonly string[];
}

/** Debian's suites by the Python they carry. */
const SUITES: Readonly<Record<string, string>> = { '3.14': 'forky', '3.13': 'trixie', '3.11': 'bookworm' };

export function pythonBase(version: string): Base {
  const suite = SUITES[version];
  const packages = ['python3', 'python3-venv', 'python3-dev', 'gcc', 'g++', 'libc6-dev', 'libpq-dev', 'ca-certificates'];
  return {
    title: `Python ${version}`, pulled: `python:${version}-slim`, built: builtName('python', version, packages), packages,
    ...(suite === undefined ? {} : { suite }),
  };
}

/** Another list of packages is another image: one that was built before is not taken for it. */
function builtName(name: string, version: string, packages: readonly string[]): string {
  return `boot-check/base-${name}:${version}-${createHash('sha256').update(packages.join(' ')).digest('hex').slice(0, 8)}`;
}

export const postgresBase: Base = {
  title: 'Postgres 18', pulled: 'postgres:18', built: 'boot-check/base-postgres:18', suite: 'forky',
  packages: ['postgresql-18', 'openssl', 'util-linux'],
};

export type BaseDecision = 'use-pulled' | 'use-built' | 'pull' | 'build';

/** What to do for a base image. The network is asked only when neither kind is here. */
export async function decideBase(
  have: { readonly pulled: boolean; readonly built: boolean }, registryAnswers: () => Promise<boolean>,
): Promise<BaseDecision> {
  if (have.pulled) return 'use-pulled';
  if (have.built) return 'use-built';
  return await registryAnswers() ? 'pull' : 'build';
}

export interface BaseTools {
  /** Does an image registry answer for this name? */
  readonly registryAnswers: (engine: Engine, name: string, signal: AbortSignal) => Promise<boolean>;
}

/** The base image's name and id, obtained when it is not here. HarnessError 3 when it cannot be had. */
export async function ensureBase(
  engine: Engine, base: Base, report: (line: string) => void, signal: AbortSignal, tools: BaseTools = { registryAnswers },
): Promise<{ readonly name: string; readonly id: string }> {
  const [pulled, built] = await Promise.all([imageId(engine, base.pulled), imageId(engine, base.built)]);
  const decision = await decideBase(
    { pulled: pulled !== undefined, built: built !== undefined }, () => tools.registryAnswers(engine, base.pulled, signal),
  );
  if (decision === 'use-pulled') return { name: base.pulled, id: pulled! };
  if (decision === 'use-built') return { name: base.built, id: built! };
  if (decision === 'pull') {
    report(`${base.title}: pulling ${base.pulled}`);
    const problem = await pull(engine, base.pulled, signal).then(() => undefined, (error: unknown) => error);
    signal.throwIfAborted();
    const id = problem === undefined ? await imageId(engine, base.pulled) : undefined;
    if (id !== undefined) return { name: base.pulled, id };
    report(`${base.title}: could not be pulled (${(problem as Error | undefined)?.message ?? 'no image came'})`);
  }
  await buildBase(engine, base, report, signal);
  return { name: base.built, id: (await imageId(engine, base.built))! };
}

export async function imageId(engine: Engine, name: string): Promise<string | undefined> {
  return engine.docker.getImage(name).inspect().then(({ Id }) => Id, (error: { statusCode?: number }) => {
    if (error.statusCode === 404) return undefined;
    throw error;
  });
}

/** Asks through the engine, so that its own mirrors and proxies count. A registry that needs longer than this is no help. */
async function registryAnswers(engine: Engine, name: string, signal: AbortSignal): Promise<boolean> {
  const abortSignal = AbortSignal.any([signal, AbortSignal.timeout(8_000)]);
  return engine.docker.getImage(name).distribution({ abortSignal }).then(() => true, () => {
    signal.throwIfAborted();
    // Podman does not offer this question: there the pull itself is the question.
    return engine.name === 'Podman';
  });
}

async function pull(engine: Engine, name: string, signal: AbortSignal): Promise<void> {
  const [fromImage, tag] = name.split(':');
  await follow(engine, await engine.docker.createImage({ fromImage, tag, abortSignal: signal }), signal);
}

/** A root file system of packages, imported as an image. */
async function buildBase(engine: Engine, base: Base, report: (line: string) => void, signal: AbortSignal): Promise<void> {
  const mirror = await readyToBuild(base);
  report(`${base.title}: no image registry answers; building it from the packages of ${base.suite} (about half a minute)`);
  const folder = await mkdtemp(join(tmpdir(), 'boot-check-image-'));
  try {
    const archive = join(folder, 'base.tar');
    const settings = (await hostAptOptions()).map((line) => `--aptopt=${line.replace(/;$/, '')}`);
    const [program, ...before] = contained();
    const { failed, isCanceled, stderr } = await execa(program, [
      ...before, '--quiet', '--variant=minbase', '--aptopt=Acquire::Check-Valid-Until "false"', ...settings,
      `--include=${base.packages.join(',')}`, base.suite!, archive, mirror,
    ], { reject: false, cancelSignal: signal, killSignal: 'SIGKILL', killDescendants: true, stdin: 'ignore', env: { TMPDIR: folder } });
    if (isCanceled) signal.throwIfAborted();
    if (failed) throw cannot(base, `mmdebstrap failed: ${stderr.trim().split('\n').slice(-3).join(' ')}`, 'Check the disk and that the mirror of /etc/apt can be reached.');
    const [repo, tag] = base.built.split(':');
    const stream = await engine.docker.importImage(archive, { repo, tag, changes: ['CMD ["bash"]'] });
    await follow(engine, stream, signal);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * As root mmdebstrap mounts things below its folder, and when it is told to stop it waits for its children first. In namespaces of
 * its own one kill ends all of it at once, and its mounts are gone before the folder is removed. Without root it makes them itself.
 */
function contained(): [string, ...string[]] {
  const command = 'mmdebstrap';
  return process.getuid?.() === 0 ? ['unshare', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc', command] : [command];
}

/** The mirror to build from; HarnessError 3 where images cannot be built. */
async function readyToBuild(base: Base): Promise<string> {
  if (base.suite === undefined) {
    throw cannot(base, 'no suite of the distribution carries it', `Choose one of --python ${Object.keys(SUITES).join(', ')}, or make an image registry reachable.`);
  }
  const mirror = /^ID=debian$/m.test(await readFile('/etc/os-release', 'utf8').catch(() => '')) ? await hostMirror() : undefined;
  if (mirror === undefined) {
    throw cannot(base, 'images can only be built on Debian with a mirror in /etc/apt', `Load it by hand (docker load) as ${base.pulled}, or use --runtime local.`);
  }
  if (!await access('/usr/bin/mmdebstrap').then(() => true, () => false)) {
    throw cannot(base, 'mmdebstrap is not installed', 'Run `npm run setup` as root, or install mmdebstrap.');
  }
  return mirror;
}

function cannot(base: Base, why: string, hint: string): HarnessError {
  return new HarnessError({
    code: 'image-missing', what: `The image for ${base.title} is not here and no image registry answers.`,
    why: `It cannot be built either: ${why}.`, hint, exitCode: 3,
  });
}
