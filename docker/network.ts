/** The private network of one run: no way out, and no way to this machine either. */
import { setTimeout as delay } from 'node:timers/promises';

import type { Engine } from './engine.ts';
import { onEngine } from './engine-errors.ts';

export interface PrivateNetwork extends AsyncDisposable {
  readonly id: string;
  readonly name: string;
}

export async function openNetwork(engine: Engine, name: string, labels: Record<string, string>, signal: AbortSignal): Promise<PrivateNetwork> {
  return onEngine(engine, 'create a network', async () => {
    signal.throwIfAborted();
    const network = await engine.docker.createNetwork({
      Name: name, Internal: true, Labels: labels,
      // `internal` closes the way out; the bridge itself would still be an address of this machine, with all its services behind it.
      ...(engine.name === 'Docker' ? { Options: { 'com.docker.network.bridge.inhibit_ipv4': 'true' } } : {}),
    });
    return { id: network.id, name, [Symbol.asyncDispose]: () => closeNetwork(engine, network.id) };
  });
}

async function closeNetwork(engine: Engine, id: string): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt++) {
    const status = await engine.docker.getNetwork(id).remove().then(() => undefined, (error: { statusCode?: number }) => error.statusCode);
    // 403: a container that is just being removed still counts as connected for a moment; the engine has no event for its end.
    if (status !== 403 && status !== 409 && status !== 500) return;
    await delay(100);
  }
}
