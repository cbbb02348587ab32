/** Asks from the host, as the user's curl would: through a unix socket whose other end is the agent inside the sandbox. */
import { Agent, request } from 'undici';

import type { Probe } from '../parsers/boot-output.ts';

const MOST_BODY = 2_000;

/** One GET. Never throws for what the server does; throws the signal's reason. */
export async function askOutside(
  target: { readonly socketPath?: string; readonly port: number; readonly path: string }, since: number, signal: AbortSignal,
): Promise<Probe> {
  const begun = performance.now();
  const at = (begun - since) / 1000;
  const fixed = { from: 'outside', purpose: 'health', method: 'GET', path: target.path, at } as const;
  const dispatcher = new Agent({ connect: target.socketPath === undefined ? {} : { socketPath: target.socketPath } });
  const seconds = (): number => (performance.now() - begun) / 1000;
  try {
    const answer = await request(`http://127.0.0.1:${target.port}${target.path}`, {
      dispatcher, signal: AbortSignal.any([signal, AbortSignal.timeout(10_000)]),
    });
    const body = (await answer.body.text()).slice(0, MOST_BODY);
    return { ...fixed, status: answer.statusCode, body, seconds: seconds() };
  } catch (error) {
    signal.throwIfAborted();
    return { ...fixed, error: reason(error), seconds: seconds() };
  } finally {
    await dispatcher.destroy();
  }
}

function reason(error: unknown): string {
  const { name, code } = error as { name?: string; code?: string };
  if (name === 'TimeoutError' || name === 'AbortError') return 'timeout';
  return code === 'ECONNREFUSED' ? 'refused' : 'reset';
}
