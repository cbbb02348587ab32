/** Makes this machine ready for containers: an engine that runs, and both images. Quick and harmless when it is ready already. */
import { access, readFile } from 'node:fs/promises';

import { execa } from 'execa';

import { HarnessError } from '../agent/errors.ts';
import { findDockerd, startDockerd } from './dockerd.ts';
import type { Engine } from './engine.ts';
import { findEngine } from './engine.ts';
import { ensureImages } from './images.ts';

/** The engine, what it needs for its networks, and what base images are built with when no registry answers. */
const PACKAGES = ['docker.io', 'iptables', 'mmdebstrap'] as const;

/**
 * Starts an installed engine, installs one on Debian-like systems as root, then gets the images.
 * @param report called with one line for each step that takes time
 * @throws HarnessError 3 that says what to do, where it cannot be done
 */
export async function setupMachine(
  report: (line: string) => void, signal: AbortSignal, options: { readonly python: string } = { python: '3.14' },
): Promise<void> {
  const engine = await ensureEngine(report, signal);
  report(`Engine: ${engine.name} ${engine.version} at ${engine.address}`);
  await ensureMmdebstrap(report, signal);
  const images = await ensureImages(engine, options, report, signal);
  report(`Images: ${images.python.tag} (Python ${images.python.version}), ${images.postgres.tag} (Postgres ${images.postgres.version})`);
}

async function ensureEngine(report: (line: string) => void, signal: AbortSignal): Promise<Engine> {
  const search = await findEngine();
  if (search.found) return search.engine;
  signal.throwIfAborted();
  const isRoot = process.getuid?.() === 0;
  let dockerd = await findDockerd();
  if (!isRoot) throw notReady(search.why, dockerd === undefined);
  if (dockerd === undefined) {
    if (!await isDebianLike()) throw notReady(search.why, true);
    await install(PACKAGES, report, signal);
    // The package may have started it already.
    const after = await findEngine();
    if (after.found) return after.engine;
    dockerd = await findDockerd();
  }
  if (dockerd === undefined) throw notReady('The package docker.io was installed, yet there is no dockerd.', true);
  report('Starting the Docker engine');
  return startDockerd(dockerd, signal);
}

/** Images can only be built with it; where a registry answers it is not needed, so a machine without apt is left alone. */
async function ensureMmdebstrap(report: (line: string) => void, signal: AbortSignal): Promise<void> {
  const there = await access('/usr/bin/mmdebstrap').then(() => true, () => false);
  if (!there && process.getuid?.() === 0 && await isDebianLike()) await install(['mmdebstrap'], report, signal);
}

async function install(packages: readonly string[], report: (line: string) => void, signal: AbortSignal): Promise<void> {
  report(`Installing ${packages.join(', ')} with apt`);
  // Packages start their services on installation; without systemd that fails or leaves a half-started one behind.
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const run = (args: readonly string[]) => execa('apt-get', args, { reject: false, cancelSignal: signal, stdin: 'ignore', env });
  await run(['update', '-qq']);
  signal.throwIfAborted();
  const { failed, stderr } = await run(['install', '-y', '-qq', '--no-install-recommends', ...packages]);
  signal.throwIfAborted();
  if (failed) {
    throw new HarnessError({
      code: 'setup-install', what: `apt could not install ${packages.join(', ')}.`, why: stderr.trim().split('\n').slice(-3).join(' '),
      hint: 'Check the network and /etc/apt, then run `npm run setup` again.', exitCode: 3,
    });
  }
}

async function isDebianLike(): Promise<boolean> {
  const release = await readFile('/etc/os-release', 'utf8').catch(() => '');
  return /^ID(_LIKE)?=.*\bdebian\b/m.test(release) && await access('/usr/bin/apt-get').then(() => true, () => false);
}

function notReady(why: string, missing: boolean): HarnessError {
  const where: Partial<Record<NodeJS.Platform, string>> = {
    darwin: 'Start Docker Desktop, OrbStack, Colima or Podman, then run `npm run setup` again.',
    win32: 'Start Docker Desktop or Podman, then run `npm run setup` again.',
  };
  const linux = missing
    ? 'Install and start Docker or Podman (on Debian and its relatives `npm run setup` as root does it), then run `npm run setup` again.'
    : 'Start the engine as root (`sudo systemctl start docker` or `sudo npm run setup`), then run `npm run setup` again.';
  return new HarnessError({
    code: 'engine-missing', what: 'No container engine answers on this machine.', why,
    hint: `${where[process.platform] ?? linux} Without an engine, --runtime local works too.`, exitCode: 3,
  });
}
