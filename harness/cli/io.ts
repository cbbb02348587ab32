/** The outside world of the command line, passed in so that tests run it in their own process. */
import type { Writable } from 'node:stream';

export interface Output extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}

export interface CliIo {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the command was typed: absolute. */
  readonly cwd: string;
  /** Fires on Ctrl-C and SIGTERM. */
  readonly signal: AbortSignal;
}

/**
 * npm runs scripts in the package's folder and says in INIT_CWD where the command was typed. Only our own scripts count: in a
 * script of the user's package, paths are meant from that package.
 */
export function typedFolder(env: CliIo['env'], cwd: string, packageFolder: string): string {
  const typed = env['INIT_CWD'];
  const ours = env['npm_package_json'] === `${packageFolder}/package.json`;
  return typed !== undefined && typed !== '' && ours ? typed : cwd;
}
