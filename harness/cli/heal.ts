/** `boot-check [DIR]`: options in, the run, one screen (or the document that was asked for) out. */
import { lookOf } from '../reporters/look.ts';
import type { Run, RunOptions } from '../options.ts';
import { renderScreen } from '../reporters/screen.ts';
import { liveScreen, silentScreen } from '../reporters/screen-live.ts';
import { chooseFolder } from './folders.ts';
import type { CliIo } from './io.ts';
import { parseRunOptions } from './parse-options.ts';
import type { RawOptions } from './parse-options.ts';
import { chosenReporters, printReports } from './reporters.ts';
import type { ReporterName } from './reporters.ts';
import { inSettings, readSettings, withSettings } from './settings.ts';

/** Options as the command line gave them. */
export interface Typed {
  readonly raw: RawOptions;
  /** Whether this option was typed or has its default, by attribute name. */
  readonly isTyped: (attribute: string) => boolean;
}

interface Asked {
  readonly options: RunOptions;
  readonly reporters: readonly ReporterName[];
  readonly json: boolean;
  /** Name of the settings file that was read; empty when there is none. */
  readonly settings: string;
}

/** @returns the exit code */
export async function heal(typedDir: string | undefined, typed: Typed, io: CliIo, commands: readonly string[], run: Run): Promise<number> {
  const { options, reporters, json, settings } = await understood(typedDir, typed, io, commands);
  const progress = lookOf(io.stderr, io.env);
  const silent = json && !progress.live;
  const ui = silent ? silentScreen() : liveScreen(io.stderr, progress, { verbose: options.verbose });
  if (settings !== '') ui.note(`Settings are taken from ${settings}.`);
  const { report, exitCode } = await run(options, ui, io.signal).finally(() => ui.close());
  const screen = () => renderScreen(report, lookOf(io.stdout, io.env), { out: options.out, cwd: io.cwd, wrote: options.write });
  await printReports(reporters, { report, dir: options.dir, out: options.out, screen }, io);
  return exitCode;
}

/** The command line over the settings file. @throws HarnessError (usage) */
async function understood(typedDir: string | undefined, { raw: typed, isTyped }: Typed, io: CliIo, commands: readonly string[]): Promise<Asked> {
  const { dir } = await chooseFolder(typedDir, io.cwd, commands);
  const settings = await readSettings(dir);
  const raw = withSettings(typed, settings, isTyped);
  try {
    const reporters = chosenReporters(raw.reporter, raw.json === true);
    const options = await parseRunOptions(typedDir, raw, io.cwd, commands);
    return { options, reporters, json: raw.json === true, settings: settings.name };
  } catch (error) {
    throw inSettings(error, settings, (option) => isTyped(option.replace(/-(?<letter>[a-z])/g, (_, letter: string) => letter.toUpperCase())));
  }
}
