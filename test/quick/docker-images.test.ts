import { describe, expect, test } from 'vitest';

import { decideBase, ensureBase, postgresBase, pythonBase } from '../../docker/base-image.ts';
import type { Engine } from '../../docker/engine.ts';
import { parsePipConfig } from '../../docker/host-settings.ts';
import { pipConfig } from '../../docker/images.ts';

const never = async (): Promise<boolean> => {
  throw new Error('the network was asked');
};

describe('where a base image comes from', () => {
  test('what is here is used, and the network is not asked', async () => {
    expect(await decideBase({ pulled: true, built: true }, never)).toBe('use-pulled');
    expect(await decideBase({ pulled: false, built: true }, never)).toBe('use-built');
  });

  test('pulled when a registry answers, else built', async () => {
    expect(await decideBase({ pulled: false, built: false }, async () => true)).toBe('pull');
    expect(await decideBase({ pulled: false, built: false }, async () => false)).toBe('build');
  });

  test('a registry that answers is pulled from, under the name that people know', async () => {
    const pulled: unknown[] = [];
    const engine = fakeEngine(pulled);
    const lines: string[] = [];
    const base = await ensureBase(engine, postgresBase, (line) => lines.push(line), AbortSignal.timeout(5_000), { registryAnswers: async () => true });
    expect(pulled).toEqual([['postgres', '18']]);
    expect(base).toEqual({ name: 'postgres:18', id: 'sha256:pulled' });
    expect(lines).toEqual(['Postgres 18: pulling postgres:18']);
  });

  test('a Python that no suite carries is refused with what to do, when it cannot be pulled', async () => {
    const asked = ensureBase(fakeEngine([]), pythonBase('3.12'), () => undefined, AbortSignal.timeout(5_000), { registryAnswers: async () => false });
    await expect(asked).rejects.toMatchObject({ code: 'image-missing', exitCode: 3, hint: expect.stringContaining('3.14') });
  });
});

/** An engine without images, whose pulls succeed. */
function fakeEngine(pulled: unknown[]): Engine {
  const here = new Set<string>();
  const docker = {
    getImage: (name: string) => ({
      inspect: async () => {
        if (!here.has(name)) throw Object.assign(new Error('no such image'), { statusCode: 404 });
        return { Id: 'sha256:pulled' };
      },
    }),
    createImage: async ({ fromImage, tag }: { fromImage: string; tag: string }) => {
      pulled.push([fromImage, tag]);
      here.add(`${fromImage}:${tag}`);
      return {};
    },
    modem: { followProgress: (_stream: unknown, done: (error: null, output: []) => void) => done(null, []) },
  };
  return { docker, name: 'Docker' } as unknown as Engine;
}

describe('pip settings of this machine', () => {
  // In the form of `pip config list`.
  const printed = ":env:.cert='/etc/ssl/ca.pem'\n:env:.default-timeout='180'\nglobal.cert='/other.pem'\nglobal.index-url='https://index.example/simple'\n";

  test('a variable wins over a file', () => {
    expect(parsePipConfig(printed)).toEqual({ cert: '/etc/ssl/ca.pem', 'default-timeout': '180', 'index-url': 'https://index.example/simple' });
  });

  test('only what means something in another place goes into a build', () => {
    expect(pipConfig(parsePipConfig(printed))).toBe('[global]\nindex-url = https://index.example/simple\ndefault-timeout = 180\n');
  });
});
