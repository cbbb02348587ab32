/** The container runtime: finds the engine, gets the images, sweeps what dead runs left, then opens places. */
import { environmentLimit, forgetEnvironments } from '../agent/environment-cache.ts';
import { HarnessError } from '../agent/errors.ts';
import type { Runtime } from '../agent/runtime.ts';
import { appAccount } from './account.ts';
import type { Engine } from './engine.ts';
import { findEngine } from './engine.ts';
import { onEngine } from './engine-errors.ts';
import { ensureImages } from './images.ts';
import { runLabels, thisOwner } from './labels.ts';
import { environmentsFolder } from './paths.ts';
import { openPlace } from './place.ts';
import { sweep } from './sweep.ts';

export interface DockerOptions {
  /** `3.14` */
  readonly python: string;
  /** Called with one line for each step that takes time: an image that is pulled or built. */
  readonly report?: (line: string) => void;
}

/** @throws HarnessError 3 when no engine answers or the images cannot be had. */
export async function dockerRuntime(options: DockerOptions, signal: AbortSignal): Promise<Runtime> {
  const search = await findEngine();
  if (!search.found) {
    throw new HarnessError({
      code: 'engine-missing', what: 'No container engine answers on this machine.', why: search.why,
      hint: 'Run `npm run setup`, start your engine, or use --runtime local.', exitCode: 3,
    });
  }
  const { engine } = search;
  refuseRemote(engine);
  const limit = environmentLimit();
  const [images, owner] = await onEngine(engine, 'get the images', () => Promise.all([
    ensureImages(engine, options, options.report ?? (() => undefined), signal), thisOwner(),
    // Left-overs cost nobody a run: one that cannot be removed now is tried again the next time.
    sweep(engine.docker).catch(() => undefined), forgetEnvironments(environmentsFolder(), limit).catch(() => undefined),
  ]));
  let places = 0;
  return {
    facts: {
      name: 'docker', python: images.python.version, isolation: 'container', notes: [],
      versions: {
        [engine.name]: engine.version, postgres: images.postgres.version,
        [images.python.tag]: images.python.id, [images.postgres.tag]: images.postgres.id,
      },
    },
    open: async (request, placeSignal) => openPlace({
      engine, image: images.python, labels: runLabels(owner, request.runId), user: appAccount(engine),
      // A run opens several places, and two runs may have been given the same id.
      name: `boot-check-${request.runId.replaceAll(/[^\w.-]/g, '-')}-${owner.pid}-${++places}`,
    }, images.postgres, request, placeSignal),
  };
}

/** Folders of this machine are mounted, so the engine has to see the same ones. */
function refuseRemote(engine: Engine): void {
  if (!engine.address.startsWith('tcp://') || /^tcp:\/\/(localhost|127\.|\[::1\])/.test(engine.address)) return;
  throw new HarnessError({
    code: 'engine-remote', what: 'The container engine is on another machine.', why: `${engine.address} cannot see the folders of this one.`,
    hint: 'Unset DOCKER_HOST to use a local engine, or use --runtime local.', exitCode: 3,
  });
}
