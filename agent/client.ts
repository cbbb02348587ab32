/**
 * Drives one agent over a pair of streams. Both runtimes use it: `docker/` on an attached container, `local/` on a child process.
 * An agent that breaks, or ends while a command runs, is a HarnessError; a sick app never is.
 */
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';

import type { LogLine, Probe, Stage } from '../parsers/boot-output.ts';
import { HarnessError } from './errors.ts';
import { PING_SECONDS, PROTOCOL } from './protocol.ts';
import type { AgentEvent, AgentRequest, CommandName, Commands, Hello } from './protocol.ts';

export interface AgentStreams {
  /** The agent's stdin. Ending it ends the agent. */
  readonly input: Writable;
  /** The agent's stdout. */
  readonly output: Readable;
  /** What the agent printed on stderr so far, for the error when it breaks. */
  readonly said?: () => string;
}

/** News of one command, while it runs. */
export interface CommandNews {
  readonly line?: (line: LogLine) => void;
  readonly stage?: (stage: Stage, what: string) => void;
  /** Asks from the host; the probes become part of the boot's output. */
  readonly outside?: (port: number, path: string) => Promise<readonly Probe[]>;
}

export interface Agent extends AsyncDisposable {
  readonly hello: Hello;
  /**
   * Runs one command. Rejects with the signal's reason when it is aborted (the command is cancelled in the agent), and with a
   * HarnessError when the agent reports a fault of its own or ends.
   */
  run<Name extends CommandName>(
    name: Name, request: Commands[Name]['request'], news: CommandNews, signal: AbortSignal,
  ): Promise<Commands[Name]['result']>;
  /** Resolves when the agent has closed its output. */
  readonly ended: Promise<void>;
  /** Says stop, ends the agent's input and waits for `ended`, at most this many seconds. */
  stop(seconds?: number): Promise<void>;
}

interface Pending {
  readonly news: CommandNews;
  readonly resolve: (value: never) => void;
  readonly reject: (reason: unknown) => void;
}

/** Waits for the agent's `hello`, then keeps it alive with pings until it is stopped. */
export async function connectAgent(streams: AgentStreams, signal: AbortSignal): Promise<Agent> {
  const pending = new Map<number, Pending>();
  const greeting = Promise.withResolvers<Hello>();
  const end = Promise.withResolvers<void>();
  let over = false;
  let nextId = 1;

  const send = (request: AgentRequest): void => {
    if (!over && streams.input.writable) streams.input.write(`${JSON.stringify(request)}\n`);
  };
  const finish = (): void => {
    if (over) return;
    over = true;
    clearInterval(pings);
    const lost = agentLost(streams.said?.() ?? '');
    greeting.reject(lost);
    for (const waiter of pending.values()) waiter.reject(lost);
    pending.clear();
    end.resolve();
  };
  const pings = setInterval(() => send({ type: 'ping' }), PING_SECONDS * 1000);
  pings.unref();

  // A write to an agent that just died must not crash the harness; the closed output tells the same.
  streams.input.on('error', finish);
  streams.output.on('error', finish);
  streams.output.on('close', finish);
  const reader = createInterface({ input: streams.output, crlfDelay: Infinity });
  reader.on('close', finish);
  reader.on('line', (text) => {
    const event = parseEvent(text);
    if (event?.type === 'hello') greeting.resolve(event);
    else if (event !== undefined) deliver(event, pending, send);
  });

  const stop = async (seconds = 5): Promise<void> => {
    send({ type: 'stop' });
    streams.input.end();
    const timer = Promise.withResolvers<void>();
    const handle = setTimeout(timer.resolve, seconds * 1000);
    await Promise.race([end.promise, timer.promise]);
    clearTimeout(handle);
    clearInterval(pings);
  };
  const hello = await untilAborted(greeting.promise, signal, () => void stop(0));
  if (hello.protocol !== PROTOCOL) {
    await stop();
    throw new HarnessError({
      code: 'agent-version', what: `The agent speaks protocol ${hello.protocol}, this harness ${PROTOCOL}.`,
      why: 'The agent in the sandbox comes from another version of boot-check.', hint: 'Run `npm run setup` again.', exitCode: 70,
    });
  }

  return {
    hello,
    ended: end.promise,
    stop,
    async run(name, request, news, callSignal) {
      callSignal.throwIfAborted();
      if (over) throw agentLost(streams.said?.() ?? '');
      const id = nextId++;
      const answer = Promise.withResolvers<never>();
      pending.set(id, { news, resolve: answer.resolve, reject: answer.reject });
      send({ ...request, type: name, id } as AgentRequest);
      return untilAborted(answer.promise, callSignal, () => {
        pending.delete(id);
        send({ type: 'cancel', id });
      });
    },
    [Symbol.asyncDispose]: () => stop(),
  };
}

/** The runtime may mix other text into the stream (a container's own error message): what is no event is no event. */
function parseEvent(text: string): AgentEvent | undefined {
  if (!text.startsWith('{')) return undefined;
  try {
    return JSON.parse(text) as AgentEvent;
  } catch {
    return undefined;
  }
}

function deliver(
  event: Exclude<AgentEvent, { type: 'hello' }>, pending: Map<number, Pending>, send: (request: AgentRequest) => void,
): void {
  const waiter = pending.get(event.id);
  if (waiter === undefined) return;
  switch (event.type) {
    case 'line': waiter.news.line?.(event.line); return;
    case 'stage': waiter.news.stage?.(event.stage, event.what); return;
    case 'outside': {
      const { id } = event;
      const asked = waiter.news.outside?.(event.port, event.path) ?? Promise.resolve([]);
      asked.then((probes) => send({ type: 'answer', id, probes }), waiter.reject);
      return;
    }
    case 'result': pending.delete(event.id); waiter.resolve(event.result as never); return;
    case 'error': pending.delete(event.id); waiter.reject(agentFault(event.code, event.message));
  }
}

function untilAborted<Value>(promise: Promise<Value>, signal: AbortSignal, onAbort: () => void): Promise<Value> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const listener = (): void => {
    onAbort();
    reject(signal.reason);
  };
  if (signal.aborted) listener();
  signal.addEventListener('abort', listener, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', listener));
}

function agentLost(said: string): HarnessError {
  const last = said.trim().split('\n').slice(-5).join('\n');
  return new HarnessError({
    code: 'agent-lost', what: 'The agent in the sandbox ended before its work was done.',
    why: last === '' ? 'It said nothing; it was probably killed, or the engine went away.' : `Its last words: ${last}`,
    hint: 'Run `boot-check doctor`, then try again.', exitCode: 3,
  });
}

function agentFault(code: string, message: string): HarnessError {
  return new HarnessError({
    code: `agent-${code}`, what: 'The agent in the sandbox could not do what it was asked.', why: message,
    hint: 'Run `boot-check doctor`, then try again.', exitCode: code === 'bug' ? 70 : 3,
  });
}
