/**
 * Starts the outside fixer, gives it the fault on stdin, and reads its answer from stdout. A fixer that hangs, crashes or prints rubbish
 * is told about and changes nothing; whatever it started ends with it.
 */
import process from 'node:process';
import { execa } from 'execa';
import { mask } from '../../parsers/mask.ts';
import type { Source } from '../../source/types.ts';
import type { FixerRequest } from './contract.ts';
import { readReply } from './reply.ts';
import type { Reply } from './reply.ts';

/** Time for a program that asks a model; a hang costs this once. */
export const FIXER_SECONDS = 120;
const MAX_OUTPUT = 1_000_000;

export interface AskOptions {
  readonly words: readonly string[];
  /** Folder the command was typed in. */
  readonly cwd: string;
  readonly seconds?: number;
}

/** @throws only when the signal fires */
export async function askFixer(request: FixerRequest, source: Source, { words, cwd, seconds = FIXER_SECONDS }: AskOptions, signal: AbortSignal): Promise<Reply> {
  const [file = '', ...args] = words;
  const child = execa(file, args, {
    cwd, input: JSON.stringify(request), timeout: seconds * 1000, maxBuffer: MAX_OUTPUT, reject: false, stripFinalNewline: false,
    // A group of its own, so that what it started can be ended with it.
    detached: true, cleanup: true, forceKillAfterDelay: 1000,
  });
  const stop = () => endGroup(child.pid);
  signal.addEventListener('abort', stop, { once: true });
  const timer = setTimeout(stop, seconds * 1000);
  try {
    const result = await child;
    signal.throwIfAborted();
    const name = file.split('/').at(-1) ?? file;
    if (result.timedOut || (result.failed && result.durationMs >= seconds * 1000)) return { problem: `${name} gave no answer within ${seconds} s.` };
    if (result.isMaxBuffer) return { problem: `${name} printed more than ${MAX_OUTPUT / 1_000_000} MB.` };
    if (result.exitCode === undefined && result.signal === undefined) return { problem: `${name} could not be started: ${mask(result.shortMessage ?? 'no reason given').split('\n')[0]}` };
    if (result.failed) return { problem: `${name} ${result.signal ? `was ended by ${result.signal}` : `ended with exit code ${result.exitCode}`}${lastLine(result.stderr)}` };
    return readReply(result.stdout, source);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', stop);
    stop();
  }
}

function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Nobody of it is left.
  }
}

function lastLine(stderr: string): string {
  const line = mask(stderr).trim().split('\n').at(-1) ?? '';
  return line === '' ? '.' : `: ${line.slice(0, 200)}`;
}
