/** Building on the engine: streams of news, and one Dockerfile from a folder of ours. */
import { cp, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';

import { HarnessError } from '../agent/errors.ts';
import type { Engine } from './engine.ts';

interface News {
  readonly stream?: string;
  readonly status?: string;
  readonly error?: string;
}

/** Waits for the end of a pull, import or build; rejects with the engine's own words. Resolves to what was printed. */
export async function follow(engine: Engine, stream: NodeJS.ReadableStream, signal: AbortSignal): Promise<string> {
  const done = Promise.withResolvers<readonly News[]>();
  const stop = (): void => {
    (stream as unknown as { destroy: () => void }).destroy();
    done.reject(signal.reason);
  };
  if (signal.aborted) stop();
  signal.addEventListener('abort', stop, { once: true });
  engine.docker.modem.followProgress(stream, (error: Error | null, output: readonly News[]) => {
    if (error === null) done.resolve(output);
    else done.reject(error);
  });
  const news = await done.promise.finally(() => signal.removeEventListener('abort', stop));
  const text = news.map((item) => item.stream ?? '').join('');
  const failure = news.find((item) => item.error !== undefined)?.error;
  if (failure !== undefined) throw new Error(lastWords(failure, text));
  return text;
}

/** What the failing program itself complained about, before the engine's own word on it, which repeats the whole command. */
function lastWords(failure: string, text: string): string {
  const lines = stripVTControlCharacters(text).trim().split('\n').slice(-30);
  const complaints = lines.filter((line) => /^(ERROR|error|E)\b:?|\bfatal\b|no space left/i.test(line));
  return complaints.length > 0 ? complaints.slice(-2).join(' ').slice(0, 600) : failure.slice(0, 600);
}

export interface BuildRequest {
  readonly tag: string;
  /** Folder with the Dockerfile and what it copies. */
  readonly folder: string;
  /** Files laid beside them: path on this machine, or text. */
  readonly extra?: Readonly<Record<string, { readonly path: string } | { readonly text: string }>>;
  readonly args?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** Builds and tags. HarnessError 3 with the last lines of the build when it fails. */
export async function buildImage(engine: Engine, request: BuildRequest, signal: AbortSignal): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), 'boot-check-build-'));
  try {
    await cp(request.folder, context, { recursive: true });
    for (const [name, from] of Object.entries(request.extra ?? {})) {
      if ('text' in from) await writeFile(join(context, name), from.text);
      else await cp(from.path, join(context, name), { dereference: true });
    }
    const stream = await engine.docker.buildImage({ context, src: await readdir(context) }, {
      t: request.tag, buildargs: { ...request.args }, labels: { ...request.labels }, forcerm: true, abortSignal: signal,
    });
    await follow(engine, stream, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw new HarnessError({
      code: 'image-build', what: `The image ${request.tag} could not be built.`, why: (error as Error).message,
      hint: 'Check the network and the disk (`boot-check doctor`), then run `npm run setup` again.', exitCode: 3, cause: error,
    });
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}
