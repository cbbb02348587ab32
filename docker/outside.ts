/**
 * Asking as the user's curl would, from this machine. A private network publishes no port, so a small relay stands on it and on an
 * ordinary one, and forwards inwards only.
 */
import { request } from 'undici';

import type { Probe } from '../parsers/boot-output.ts';
import type { AgentContainer, AgentSetting } from './agent-container.ts';
import { startAgent } from './agent-container.ts';
import type { PrivateNetwork } from './network.ts';

/** Any port will do: it is one of the relay's own. */
const RELAY_PORT = 8080;
const ANSWER_SECONDS = 10;
const BODY_CHARACTERS = 2_000;

export interface Outside extends AsyncDisposable {
  /** GET from this machine; no answer is data too. */
  ask(path: string, signal: AbortSignal): Promise<Probe>;
}

/** Opens a relay to `address` (`tcp:HOST:PORT` on the private network). */
export async function openOutside(setting: AgentSetting, network: PrivateNetwork, address: string, signal: AbortSignal): Promise<Outside> {
  const relay = await startAgent(setting, {
    role: 'relay', network: 'bridge', join: [network.name], mounts: [], memory: 128 * 1024 ** 2, publish: RELAY_PORT, powerless: true,
  }, signal);
  try {
    await relay.agent.run('relay', { listen: `tcp:0.0.0.0:${RELAY_PORT}`, to: address }, {}, signal);
    const port = await publishedPort(relay);
    const began = performance.now();
    return {
      ask: (path, askSignal) => ask(port, path, began, askSignal),
      [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
    };
  } catch (error) {
    await relay[Symbol.asyncDispose]();
    throw error;
  }
}

async function publishedPort({ container }: AgentContainer): Promise<number> {
  const { NetworkSettings } = await container.inspect();
  return Number(NetworkSettings.Ports[`${RELAY_PORT}/tcp`]?.[0]?.HostPort);
}

async function ask(port: number, path: string, began: number, signal: AbortSignal): Promise<Probe> {
  const start = performance.now();
  const facts = { from: 'outside', purpose: 'health', method: 'GET', path, at: seconds(began, start) } as const;
  try {
    const { statusCode, body } = await request(`http://127.0.0.1:${port}${path}`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_SECONDS * 1000)]),
    });
    const text = await body.text();
    return { ...facts, status: statusCode, body: text.slice(0, BODY_CHARACTERS), seconds: seconds(start) };
  } catch (error) {
    signal.throwIfAborted();
    return { ...facts, error: reason(error), seconds: seconds(start) };
  }
}

/** `refused`, `reset`, `timeout`: the relay closes a connection it cannot carry on, so a refusal inside arrives here as a reset. */
function reason(error: unknown): string {
  const { code, name } = error as { code?: string; name?: string };
  if (name === 'TimeoutError') return 'timeout';
  return code === 'ECONNREFUSED' ? 'refused' : 'reset';
}

function seconds(from: number, to = performance.now()): number {
  return Math.round(to - from) / 1000;
}
