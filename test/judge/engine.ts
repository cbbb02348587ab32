/** Containers of the judge, through the `docker` command: nothing here knows how boot-check drives an engine. */
import { randomBytes } from 'node:crypto';
import { execa } from 'execa';

export interface Pod extends AsyncDisposable {
  /** Runs one container to its end, or leaves it running with `detach`. */
  run(options: RunOrder): Promise<{ readonly code: number; readonly text: string }>;
  /** Words of a program inside a running container of this pod. */
  exec(name: string, words: readonly string[]): Promise<{ readonly code: number; readonly text: string }>;
  logs(name: string): Promise<string>;
  running(name: string): Promise<boolean>;
  remove(name: string): Promise<void>;
  /** Docker's name of a container of this pod. */
  named(name: string): string;
  readonly network: string;
}

export interface RunOrder {
  readonly name: string;
  readonly image: string;
  readonly words: readonly string[];
  readonly options: readonly string[];
  readonly detach: boolean;
}

/** An internal network and the containers on it, all removed at the end. */
export async function openPod(signal: AbortSignal): Promise<Pod> {
  const id = `boot-check-judge-${randomBytes(4).toString('hex')}`;
  const made: string[] = [];
  await docker(['network', 'create', '--internal', id], signal);
  const named = (name: string): string => `${id}-${name}`;
  const remove = async (name: string): Promise<void> => {
    await execa('docker', ['rm', '--force', '--volumes', named(name)], { reject: false });
  };
  return {
    network: id, named, remove,
    async run({ name, image, words, options, detach }) {
      made.push(name);
      return docker(['run', ...(detach ? ['--detach'] : []), '--name', named(name), ...options, image, ...words], signal, false);
    },
    exec: (name, words) => docker(['exec', named(name), ...words], signal, false),
    logs: async (name) => (await docker(['logs', named(name)], signal, false)).text,
    running: async (name) => (await docker(['inspect', '--format', '{{.State.Running}}', named(name)], signal, false)).text.trim() === 'true',
    async [Symbol.asyncDispose]() {
      for (const name of made.reverse()) await remove(name);
      await execa('docker', ['network', 'rm', id], { reject: false });
    },
  };
}

async function docker(words: readonly string[], signal: AbortSignal, demanded = true): Promise<{ readonly code: number; readonly text: string }> {
  const { exitCode, all } = await execa('docker', words, { reject: false, all: true, cancelSignal: signal, maxBuffer: 50_000_000 });
  if (demanded && exitCode !== 0) throw new Error(`docker ${words.slice(0, 3).join(' ')}: ${all}`);
  return { code: exitCode ?? -1, text: String(all) };
}

/** The newest image of a name. @throws Error when there is none: `npm run setup` makes it */
export async function newestImage(name: string, tag: RegExp, signal: AbortSignal): Promise<string> {
  const { text } = await docker(['image', 'ls', '--format', '{{.Repository}}:{{.Tag}}', name], signal);
  const found = text.split('\n').find((line) => tag.test(line));
  if (found === undefined) throw new Error(`There is no image ${name}: npm run setup`);
  return found;
}
