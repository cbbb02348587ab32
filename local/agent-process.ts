/** Starts one agent as a child process and connects to it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { connectAgent } from '../agent/client.ts';
import type { Agent } from '../agent/client.ts';
import type { Isolation } from './namespace.ts';
import type { HostPython } from './python.ts';

/** Folder of `agent.py`, the app's watch module included. */
export const AGENT_FOLDER = fileURLToPath(new URL('../agent', import.meta.url));

/** Nothing of the harness's own environment: it may hold secrets, and the app may run as the same user. */
const NEEDED = { PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin', LANG: 'C.UTF-8' };

/** Ends with `stop`, when this process goes away, or when the signal is aborted before it greets. */
export async function startAgent(
  python: HostPython, isolation: Isolation, network: 'own' | 'open', signal: AbortSignal,
): Promise<Agent> {
  const [program = '', ...words] = [...isolation.prefix(network), python.program, '-I', `${AGENT_FOLDER}/agent.py`];
  // A session of its own: Ctrl-C at the terminal reaches the harness only, which then ends the agent in order.
  const child = spawn(program, words, { stdio: ['pipe', 'pipe', 'pipe'], detached: true, env: { ...NEEDED, ...isolation.env } });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => { said = (said + text).slice(-4_000); });
  child.on('error', (error) => { said += error.message; child.stdout.destroy(); });
  try {
    const agent = await connectAgent({ input: child.stdin, output: child.stdout, said: () => said }, signal);
    const stop = async (seconds = 8): Promise<void> => {
      const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
      await agent.stop(seconds);
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
      await gone;
    };
    return { ...agent, stop, [Symbol.asyncDispose]: () => stop() };
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
}
