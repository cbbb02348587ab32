/** One place to boot small trees in, without the loop: for what a single boot shows. */
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { BootRequest, Place, Runtime } from '../../agent/runtime.ts';
import { dockerRuntime } from '../../docker/runtime.ts';
import { beforeServer } from '../../harness/before.ts';
import { attemptRequest, databasePlan } from '../../harness/boot-request.ts';
import { servicePlans } from '../../harness/services.ts';
import { localRuntime } from '../../local/runtime.ts';
import type { BootOutput } from '../../parsers/boot-output.ts';
import { readSource } from '../../source/read.ts';

const never = new AbortController().signal;

export async function openRuntime(name: 'docker' | 'local'): Promise<Runtime> {
  return name === 'docker' ? dockerRuntime({ python: '3.14' }, never) : localRuntime({}, never);
}

export interface Laid extends AsyncDisposable {
  readonly tree: string;
  readonly place: Place;
  /** Every boot reads the tree anew. */
  boot(more?: Partial<BootRequest>): Promise<BootOutput>;
}

export type Files = Readonly<Record<string, string>>;

export async function layTree(files: Files): Promise<string> {
  const tree = await mkdtemp(join(tmpdir(), 'boot-check-case-'));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true });
    await writeFile(join(tree, path), text);
  }
  return tree;
}

/** @param options what a user would say of the tree */
export async function lay(runtime: Runtime, files: Files, options: Parameters<typeof readSource>[1] = {}): Promise<Laid> {
  const tree = await layTree(files);
  const read = () => readSource(tree, { app: 'main:app', health: '/health', ...options });
  const source = await read();
  const place = await runtime.open({ tree, database: databasePlan(source, undefined), services: servicePlans(source), runId: 'test' }, never);
  return {
    tree, place,
    boot: async (more = {}) => {
      const now = await read();
      return place.boot({ ...attemptRequest(now, { bootTimeout: 25 }, 0.5), before: beforeServer().commands(now, true), ...more }, () => undefined, never);
    },
    async [Symbol.asyncDispose]() {
      await place[Symbol.asyncDispose]();
      await rm(tree, { recursive: true, force: true });
    },
  };
}

/** An ASGI app of a few lines: `start` runs in its lifespan, `/health` answers 200. No framework, so that it installs and starts at once. */
export function asgi(start: string, imports = ''): Files {
  const body = start.split('\n').map((line) => `    ${line}`).join('\n');
  return {
    'requirements.txt': 'uvicorn\n',
    'main.py': `${imports}\n\ndef start():\n${body}\n\n\nasync def app(scope, receive, send):
    if scope["type"] == "lifespan":
        await receive()
        start()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"{}"})
`,
  };
}

export function printed({ lines }: BootOutput): string {
  return lines.map(({ text }) => text).join('\n');
}
