/** A boot that ended before it began: the install failed. */
import type { PrepareResult } from '../agent/protocol.ts';
import type { BootOutput } from '../parsers/boot-output.ts';
import { ENVIRONMENT, TREE } from './paths.ts';

export function failedInstall(result: PrepareResult, python: string): BootOutput {
  return {
    stage: 'install', exit: result.exit, lines: result.lines, dropped: result.dropped,
    markers: { waiting: false, complete: false, listening: false, timedOut: false },
    probes: [], routes: [], database: { sessions: 0, connections: 0, engines: [], tables: [] }, hang: [],
    timings: { install: result.seconds, total: result.seconds },
    python: result.python === '' ? python : result.python, command: result.command, paths: { tree: TREE, environment: ENVIRONMENT },
  };
}
