/** `boot-check [DIR]`: options in, the run, one screen (or one JSON document) out. */
import { lookOf } from '../reporters/look.ts';
import type { Run } from '../options.ts';
import { renderScreen } from '../reporters/screen.ts';
import { liveScreen, silentScreen } from '../reporters/screen-live.ts';
import type { CliIo } from './io.ts';
import { parseRunOptions } from './parse-options.ts';
import type { RawOptions } from './parse-options.ts';
import { chosenReporters, printReports } from './reporters.ts';

/** @returns the exit code */
export async function heal(typedDir: string | undefined, raw: RawOptions, io: CliIo, commands: readonly string[], run: Run): Promise<number> {
  const reporters = chosenReporters(raw.reporter, raw.json === true);
  const options = await parseRunOptions(typedDir, raw, io.cwd, commands);
  const progress = lookOf(io.stderr, io.env);
  const silent = raw.json === true && !progress.live;
  const ui = silent ? silentScreen() : liveScreen(io.stderr, progress, { verbose: options.verbose });
  const { report, exitCode } = await run(options, ui, io.signal).finally(() => ui.close());
  const screen = () => renderScreen(report, lookOf(io.stdout, io.env), { out: options.out, cwd: io.cwd, wrote: options.write });
  await printReports(reporters, { report, dir: options.dir, out: options.out, screen }, io);
  return exitCode;
}
