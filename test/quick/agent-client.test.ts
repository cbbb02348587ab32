import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';

import { connectAgent } from '../../agent/client.ts';
import type { Agent } from '../../agent/client.ts';
import { HarnessError } from '../../agent/errors.ts';
import { PROTOCOL } from '../../agent/protocol.ts';
import type { AgentEvent, AgentRequest } from '../../agent/protocol.ts';

const HELLO = { type: 'hello', protocol: PROTOCOL, python: '3.14.0', pid: 1, uid: 0 } as const;
const RELAY = { listen: 'tcp:127.0.0.1:0', to: 'tcp:db:5432' } as const;
const never = new AbortController().signal;

/** An agent whose answers are written in the test. `heard` holds every request in order. */
function scripted(answer: (request: AgentRequest, say: (event: AgentEvent) => void) => void, hello: AgentEvent = HELLO) {
  const [input, output] = [new PassThrough(), new PassThrough()];
  const heard: AgentRequest[] = [];
  const say = (event: AgentEvent): void => { output.write(`${JSON.stringify(event)}\n`); };
  createInterface({ input }).on('line', (line) => {
    const request = JSON.parse(line) as AgentRequest;
    heard.push(request);
    if (request.type === 'stop') output.end();
    else answer(request, say);
  });
  output.write('engine: some other text\n');
  say(hello);
  return { streams: { input, output, said: () => 'last words' }, heard, output };
}

const idOf = (request: AgentRequest): number => ('id' in request ? request.id : -1);

describe('the client of the agent', () => {
  test('greets, runs a command with its news, and stops', async () => {
    const fake = scripted((request, say) => {
      say({ type: 'stage', id: idOf(request), stage: 'install', what: 'installing' });
      say({ type: 'line', id: idOf(request), line: { at: 1, stream: 'stderr', text: 'Resolved 3 packages' } });
      say({ type: 'result', id: idOf(request), result: { listen: 'tcp:127.0.0.1:4711' } });
    });
    const news: unknown[] = [];
    const agent = await connectAgent(fake.streams, never);
    const result = await agent.run('relay', RELAY, {
      stage: (stage, what) => news.push([stage, what]), line: (line) => news.push(line.text),
    }, never);
    await agent.stop();
    expect(agent.hello.python).toBe('3.14.0');
    expect(result).toEqual({ listen: 'tcp:127.0.0.1:4711' });
    expect(news).toEqual([['install', 'installing'], 'Resolved 3 packages']);
    expect(fake.heard.map((request) => request.type)).toEqual(['relay', 'stop']);
  });

  test('answers are given to the command that asked, whatever their order', async () => {
    const waiting: { id: number; say: (event: AgentEvent) => void }[] = [];
    const fake = scripted((request, say) => {
      waiting.push({ id: idOf(request), say });
      if (waiting.length === 2) for (const one of waiting.toReversed()) one.say({ type: 'result', id: one.id, result: { listen: `tcp:x:${one.id}` } });
    });
    await using agent = await connectAgent(fake.streams, never);
    const results = await Promise.all([agent.run('relay', RELAY, {}, never), agent.run('relay', RELAY, {}, never)]);
    expect(results.map((result) => result.listen)).toEqual(['tcp:x:1', 'tcp:x:2']);
  });

  test('asks from outside when the agent wants it, and sends the probes back', async () => {
    const probe = { from: 'outside', purpose: 'health', method: 'GET', path: '/health', status: 200, at: 0, seconds: 0.1 } as const;
    const fake = scripted((request, say) => {
      if (request.type === 'relay') say({ type: 'outside', id: request.id, port: 8080, path: '/health' });
      if (request.type === 'answer') say({ type: 'result', id: request.id, result: request.probes });
    });
    await using agent = await connectAgent(fake.streams, never);
    const asked: unknown[] = [];
    const result = await agent.run('relay', RELAY, { outside: async (port, path) => { asked.push([port, path]); return [probe]; } }, never);
    expect(asked).toEqual([[8080, '/health']]);
    expect(result).toEqual([probe]);
  });

  test('an abort cancels the command in the agent and rejects with the reason', async () => {
    const fake = scripted(() => {});
    await using agent = await connectAgent(fake.streams, never);
    const abort = new AbortController();
    const running = agent.run('relay', RELAY, {}, abort.signal);
    abort.abort(new Error('Ctrl-C'));
    await expect(running).rejects.toThrow('Ctrl-C');
    await expect.poll(() => fake.heard.at(-1)).toEqual({ type: 'cancel', id: 1 });
  });

  test.each([
    ['place', 3], ['bug', 70],
  ] as const)('a fault that the agent reports (%s) is a HarnessError with exit %i', async (code, exitCode) => {
    const fake = scripted((request, say) => say({ type: 'error', id: idOf(request), code, message: 'No space left on device' }));
    await using agent = await connectAgent(fake.streams, never);
    await expect(agent.run('relay', RELAY, {}, never)).rejects.toMatchObject({ code: `agent-${code}`, why: 'No space left on device', exitCode });
  });

  test('an agent that ends while a command runs rejects it, with its last words', async () => {
    const fake = scripted(() => fake.output.end());
    const agent = await connectAgent(fake.streams, never);
    const lost = await agent.run('relay', RELAY, {}, never).catch((error: unknown) => error);
    expect(lost).toBeInstanceOf(HarnessError);
    expect(lost).toMatchObject({ code: 'agent-lost', exitCode: 3, why: 'Its last words: last words' });
    await agent.ended;
    await expect(agent.run('relay', RELAY, {}, never)).rejects.toMatchObject({ code: 'agent-lost' });
  });

  test('an agent of another version is refused', async () => {
    const fake = scripted(() => {}, { ...HELLO, protocol: 99 });
    await expect(connectAgent(fake.streams, never)).rejects.toMatchObject({ code: 'agent-version', exitCode: 70 });
  });

  test('an agent that never greets does not outlive the signal', async () => {
    const abort = new AbortController();
    const connecting: Promise<Agent> = connectAgent({ input: new PassThrough(), output: new PassThrough() }, abort.signal);
    abort.abort(new Error('enough'));
    await expect(connecting).rejects.toThrow('enough');
  });
});
