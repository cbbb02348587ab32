#!/usr/bin/env node
/** The entry: checks Node, listens to signals, runs the command line, and ends only when all output is out. */
import './old-node.ts';
import process from 'node:process';

const OLDEST_NODE = [22, 22] as const;
/** After the second Ctrl-C. What is not gone then ends by itself: it watches for this process. */
const HURRY_MS = 5_000;

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor < OLDEST_NODE[1])) {
  process.stderr.write(`boot-check needs Node ${OLDEST_NODE.join('.')} or newer and this is ${process.versions.node}: run it through npm (\`npm run boot-check\`), which brings its own.\n`);
  process.exitCode = 3;
} else {
  await main();
}

async function main(): Promise<void> {
  // Everything else is imported only now: on an older Node it might not even load.
  const { runCli } = await import('./cli.ts');
  const { typedFolder } = await import('./cli/io.ts');
  const { PACKAGE_FOLDER } = await import('./cli/folders.ts');
  const interrupt = new AbortController();
  listen(interrupt);
  const exitCode = await runCli(process.argv.slice(2), {
    stdout: process.stdout, stderr: process.stderr, env: process.env,
    cwd: typedFolder(process.env, process.cwd(), PACKAGE_FOLDER), signal: interrupt.signal,
  }, async (...args) => (await import('./run.ts')).run(...args));
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  // Not exitCode alone: an engine's keep-alive connection would hold the process for minutes.
  process.exit(exitCode);
}

function listen(interrupt: AbortController): void {
  // An error thrown where nobody waits for it would end the process with code 1, which means "not healthy", and leave things behind.
  process.on('uncaughtException', (error) => {
    if (interrupt.signal.aborted) return;
    interrupt.abort(error);
    setTimeout(() => process.exit(70), HURRY_MS).unref();
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => onSignal(interrupt));
  for (const stream of [process.stdout, process.stderr]) {
    // A reader that went away (`| head`) wants no more output; the run itself goes on to its end.
    stream.on('error', (error: NodeJS.ErrnoException) => { if (error.code !== 'EPIPE') throw error; });
  }
}

function onSignal(interrupt: AbortController): void {
  if (!interrupt.signal.aborted) {
    if (process.stderr.isTTY) process.stderr.write('\nStopping: removing what was started, keeping what was proven (Ctrl-C again to hurry).\n');
    interrupt.abort();
    return;
  }
  // The first hurry counts; the timer must not keep a process alive that is done earlier.
  setTimeout(() => process.exit(130), HURRY_MS).unref();
}

/** Resolves when all that was written so far has been handed over, or cannot be. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.writableEnded) resolve();
    else stream.write('', () => resolve());
  });
}
