/**
 * One container with its standard streams in our hands. It is attached before it starts, so nothing it says is lost, and its input
 * ends when this process ends: that is how it learns that nobody needs it any more.
 */
import { PassThrough } from 'node:stream';
import type { Readable, Writable } from 'node:stream';

import type Dockerode from 'dockerode';

import type { Engine } from './engine.ts';
import { onEngine } from './engine-errors.ts';

export interface Attached extends AsyncDisposable {
  readonly container: Dockerode.Container;
  readonly input: Writable;
  readonly output: Readable;
  readonly errors: Readable;
  /** Kills and removes it; resolves when the engine has forgotten it. Never rejects. */
  [Symbol.asyncDispose](): Promise<void>;
}

/** More networks than the one in the options are joined before the start. */
export interface StartOptions extends Dockerode.ContainerCreateOptions {
  readonly join?: readonly string[];
}

/**
 * Creates, attaches and starts. An abort is looked at between the steps and not in them: a request that was cut off could leave
 * a container behind that nobody knows the id of.
 */
export async function startAttached(engine: Engine, what: string, options: StartOptions, signal: AbortSignal): Promise<Attached> {
  const { join = [], ...create } = options;
  return onEngine(engine, what, async () => {
    signal.throwIfAborted();
    const container = await engine.docker.createContainer({
      ...create, OpenStdin: true, StdinOnce: true, AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: false,
      HostConfig: { ...create.HostConfig, AutoRemove: true },
    });
    try {
      signal.throwIfAborted();
      const stream = await container.attach({ stream: true, stdin: true, stdout: true, stderr: true, hijack: true });
      const output = new PassThrough();
      const errors = new PassThrough();
      engine.docker.modem.demuxStream(stream, output, errors);
      const close = (): void => {
        output.end();
        errors.end();
      };
      for (const event of ['end', 'close', 'error']) stream.on(event, close);
      for (const network of join) await engine.docker.getNetwork(network).connect({ Container: container.id });
      signal.throwIfAborted();
      await container.start();
      signal.throwIfAborted();
      return { container, input: stream as unknown as Writable, output, errors, [Symbol.asyncDispose]: () => removeContainer(container) };
    } catch (error) {
      await removeContainer(container);
      throw error;
    }
  });
}

/** Resolves when the engine has forgotten the container, whoever removes it. Never rejects. */
export async function removeContainer(container: Dockerode.Container): Promise<void> {
  await container.remove({ force: true, v: true }).catch(async (error: { statusCode?: number }) => {
    // It ended by itself and the engine is already at it.
    if (error.statusCode === 409) await container.wait({ condition: 'removed' }).catch(() => undefined);
  });
}

/** The last lines of a stream, kept while it flows. */
export function tail(stream: Readable, lines = 20): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text = `${text}${chunk}`.slice(-8_000);
  });
  stream.on('error', () => undefined);
  return () => text.split('\n').slice(-lines).join('\n');
}
