/** The Postgres of one run: a cluster in memory, ended by its entry point when this process is gone. */
import { randomBytes } from 'node:crypto';
import type { Readable } from 'node:stream';

import { HarnessError } from '../agent/errors.ts';
import { PING_SECONDS, SILENCE_SECONDS } from '../agent/protocol.ts';
import type { DatabaseServer } from '../agent/protocol.ts';
import { startAttached, tail } from './container.ts';
import type { Engine } from './engine.ts';
import type { Image } from './images.ts';
import type { PrivateNetwork } from './network.ts';

export interface Postgres extends AsyncDisposable {
  /** How the agent reaches it from the same network. */
  readonly server: DatabaseServer;
}

export interface PostgresOptions {
  readonly name: string;
  readonly image: Image;
  readonly network: PrivateNetwork;
  readonly labels: Record<string, string>;
  /** `trust`: any password is right. `scram-sha-256`: the password counts. */
  readonly auth: 'trust' | 'scram-sha-256';
}

/** Resolves when it accepts connections. */
export async function startPostgres(engine: Engine, options: PostgresOptions, signal: AbortSignal): Promise<Postgres> {
  const password = randomBytes(18).toString('base64url');
  const attached = await startAttached(engine, 'start Postgres', {
    name: options.name, Image: options.image.id, Labels: options.labels, Hostname: 'postgres',
    Env: [`BOOT_CHECK_AUTH=${options.auth}`, `BOOT_CHECK_ADMIN_PASSWORD=${password}`, `BOOT_CHECK_SILENCE=${SILENCE_SECONDS}`],
    HostConfig: {
      NetworkMode: options.network.name, ReadonlyRootfs: true, CapDrop: ['ALL'], SecurityOpt: ['no-new-privileges'],
      // The second is where the official image declares a volume; a mount there keeps the engine from making one.
      Tmpfs: { '/data': 'rw,nosuid,nodev,noexec,mode=1777,size=2g', '/var/lib/postgresql': 'rw,nosuid,nodev,size=1m', '/tmp': 'rw,nosuid,nodev,mode=1777,size=64m' },
      PidsLimit: 512, Memory: 1024 ** 3, MemorySwap: 1024 ** 3,
    },
  }, signal);
  try {
    const said = tail(attached.errors);
    attached.output.resume();
    attached.input.on('error', () => undefined);
    const beats = setInterval(() => attached.input.writable && attached.input.write('\n'), PING_SECONDS * 1000);
    beats.unref();
    attached.errors.on('close', () => clearInterval(beats));
    await ready(attached.errors, said, signal);
    const address = Object.values((await attached.container.inspect()).NetworkSettings.Networks)[0]?.IPAddress;
    return {
      server: { address: `tcp:${address}:5432`, user: 'boot_check_admin', password },
      async [Symbol.asyncDispose]() {
        clearInterval(beats);
        await attached[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await attached[Symbol.asyncDispose]();
    throw error;
  }
}

/** Postgres says itself when it is ready; a container that ends before is broken. */
async function ready(errors: Readable, said: () => string, signal: AbortSignal): Promise<void> {
  const done = Promise.withResolvers<void>();
  const look = (): void => {
    if (said().includes('database system is ready to accept connections')) done.resolve();
  };
  const abort = (): void => done.reject(signal.reason);
  const end = (): void => done.reject(new HarnessError({
    code: 'postgres-start', what: 'The Postgres of the sandbox ended before it was ready.', why: said().trim() || 'It said nothing.',
    hint: 'Run `boot-check doctor`; `npm run setup` makes its image anew when it is gone.', exitCode: 3,
  }));
  if (signal.aborted) abort();
  signal.addEventListener('abort', abort, { once: true });
  errors.on('data', look).on('end', end);
  await done.promise.finally(() => {
    errors.off('data', look).off('end', end);
    signal.removeEventListener('abort', abort);
  });
}
