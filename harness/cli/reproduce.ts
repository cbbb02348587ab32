/** `boot-check reproduce BUNDLE|SCENARIO`: the same tree, the same options, the same steps; what differs is said. */
import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { execa } from 'execa';
import { layCase, listScenarios, sayingsOf } from '../../scenarios/lay.ts';
import type { Run, RunOptions } from '../options.ts';
import { glyphsOf, lookOf, painter } from '../reporters/look.ts';
import { liveScreen } from '../reporters/screen-live.ts';
import { openBundle } from '../reproduce/bundle.ts';
import type { Bundle, BundleFix } from '../reproduce/bundle.ts';
import { differences, lockChanges } from '../reproduce/compare.ts';
import { layBundle } from '../reproduce/lay.ts';
import { renderScript } from '../reproduce/script.ts';
import { fixesBefore } from '../reproduce/tree-at.ts';
import { makeRunFolder } from '../workspace/temp.ts';
import type { CliIo } from './io.ts';
import { choice, wholeNumber } from './option-values.ts';
import { DEFAULTS } from './heal-options.ts';
import { parseRunOptions } from './parse-options.ts';
import type { RawOptions } from './parse-options.ts';
import { nearest, usageError } from './usage.ts';

export interface RawReproduceOptions {
  readonly runtime: string;
  readonly stopAt?: string;
  readonly shell?: boolean;
  readonly script?: boolean;
  readonly out: string;
  readonly json?: boolean;
}

/** @returns 0 reproduced, 1 something differs; for a scenario, which has no record, as `boot-check DIR` */
export async function reproduce(typed: string, raw: RawReproduceOptions, io: CliIo, run: Run): Promise<number> {
  const file = resolve(io.cwd, typed);
  const found = await stat(file).catch(() => null);
  const temp = await makeRunFolder();
  try {
    if (found?.isFile()) return await replayBundle(await openBundle(await readFile(file), typed), { temp, raw, io, run });
    return await replayScenario(typed, { temp, raw, io, run });
  } finally {
    await rm(temp, { recursive: true, force: true });
  }
}

interface Setting {
  readonly temp: string;
  readonly raw: RawReproduceOptions;
  readonly io: CliIo;
  readonly run: Run;
}

async function replayBundle(bundle: Bundle, setting: Setting): Promise<number> {
  const { temp, raw, io } = setting;
  const stop = raw.stopAt === undefined ? null : wholeNumber('--stop-at', raw.stopAt, 1, Math.max(1, bundle.outcome.boots.length));
  if (raw.script || raw.shell) {
    const script = renderScript(bundle, { fixes: stop === null ? [] : fixesAt(bundle, stop), shell: raw.shell === true });
    if (raw.script) io.stdout.write(script);
    return raw.script ? 0 : await shell(script, temp, io);
  }
  const dir = join(temp, bundle.name);
  await layBundle(bundle, dir);
  const options = await optionsOf(bundle, dir, setting);
  const out = await boot(options, stop, setting);
  if (out === null) return 130;
  const replayed = await openBundle(await readFile(join(options.out, 'bundle.bootcheck')), 'the replay');
  return tell(bundle, replayed, stop, setting);
}

/** Runs it; with `stop`, ends in order after that boot. */
async function boot(options: RunOptions, stop: number | null, { io, run }: Setting): Promise<number | null> {
  const reached = new AbortController();
  const ui = liveScreen(io.stderr, lookOf(io.stderr, io.env), { verbose: options.verbose });
  const watching = { ...ui, bootEnded: (record: Parameters<typeof ui.bootEnded>[0]) => {
    ui.bootEnded(record);
    if (record.number === stop) reached.abort();
  } };
  const { exitCode } = await run(options, watching, AbortSignal.any([io.signal, reached.signal])).finally(() => ui.close());
  return io.signal.aborted ? null : exitCode;
}

function tell(bundle: Bundle, replayed: Bundle, asked: number | null, { io, raw }: Setting): number {
  const stop = asked ?? (bundle.outcome.complete ? null : bundle.outcome.boots.length);
  const look = lookOf(io.stdout, io.env);
  const [paint, glyphs] = [painter(look), glyphsOf(look)];
  const boots = stop === null ? bundle.outcome.boots : bundle.outcome.boots.slice(0, stop);
  const differ = stop === null ? differences(bundle.outcome, replayed.outcome)
    : boots.flatMap((was, index) => (replayed.outcome.boots[index]?.stage === was.stage ? [] : [`Boot ${was.number} stopped at ${replayed.outcome.boots[index]?.stage ?? 'nothing'}; it was ${was.stage}.`]));
  const versions = lockChanges(bundle.facts.lock, replayed.facts.lock);
  if (raw.json) io.stdout.write(`${JSON.stringify({ reproduced: differ.length === 0, differences: differ, versions, outcome: replayed.outcome }, null, 2)}\n`);
  else {
    const rows = boots.map((was, index) => {
      const is = replayed.outcome.boots[index];
      const same = is?.stage === was.stage;
      return `  ${same ? paint('green', glyphs.good) : paint('yellow', glyphs.open)}  boot ${String(was.number).padStart(2)}  ${was.purpose.padEnd(9)} ${was.stage}${same ? '' : ` ${glyphs.arrow} ${is?.stage ?? 'not reached'}`}`;
    });
    const end = differ.length === 0 ? paint('green', paint('bold', `${glyphs.good} reproduced`)) : paint('red', paint('bold', `${glyphs.bad} not the same`));
    const more = versions.length === 0 ? [] : ['', 'Other versions were installed', ...versions.map((line) => `  ${glyphs.open}  ${line}`)];
    io.stdout.write(`\nRecorded and replayed\n${rows.join('\n')}\n\n${end}  ${stop === null ? `verdict ${replayed.outcome.verdict}` : `up to boot ${stop}`}\n${[...differ.map((line) => `  ${glyphs.open}  ${line}`), ...more].map((line) => `${line}\n`).join('')}`);
  }
  return differ.length === 0 ? 0 : 1;
}

async function optionsOf({ options: said, facts }: Bundle, dir: string, { temp, raw, io }: Setting): Promise<RunOptions> {
  const init = join(temp, 'init.sql');
  if (said.database_init !== null) await writeFile(init, said.database_init);
  const given = { app: said.app, health: said.health, database: said.database, root: said.root === null ? null : join(dir, said.root), manifest: said.manifest === null ? null : join(dir, said.manifest), databaseInit: said.database_init === null ? null : init };
  const typed: RawOptions = {
    ...DEFAULTS, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null)),
    python: said.python, policy: said.policy, factory: said.factory, port: String(said.port), safeOnly: said.safe_only, tidy: said.tidy, minimise: said.minimise,
    maxBoots: String(said.max_boots), bootTimeout: String(said.boot_timeout), settle: String(said.settle), out: raw.out,
    runtime: raw.runtime === 'same' ? facts.runtime : choice('--runtime', raw.runtime, ['auto', 'docker', 'local'] as const),
    ...(said.env === null ? {} : { env: Object.entries(said.env).map((pair) => pair.join('=')) }),
  };
  const options = await parseRunOptions(dir, typed, io.cwd, []);
  return { ...options, command: said.command };
}

function fixesAt({ outcome }: Bundle, stop: number): readonly BundleFix[] {
  const fixes = fixesBefore(outcome, stop);
  if (fixes !== null) return fixes;
  throw usageError(`The tree of boot ${stop} is not known.`, 'An earlier version of boot-check made the bundle and did not write which boot first had which fix.', 'Take --stop-at 1 for the tree as it was found, or the number of the last boot for the healed one.');
}

async function shell(script: string, temp: string, io: CliIo): Promise<number> {
  if (!process.stdin.isTTY) throw usageError('--shell needs a terminal.', 'There is nobody here to type.', 'Run it in one, or take --script and read it.');
  const file = join(temp, 'reproduce.sh');
  await writeFile(file, script);
  io.stderr.write('Building the place; then a shell opens in the folder of the server.\n');
  return (await execa('sh', [file], { stdio: 'inherit', reject: false, cancelSignal: io.signal })).exitCode ?? 1;
}

async function replayScenario(name: string, { temp, raw, io, run }: Setting): Promise<number> {
  const { bases, overlays, compounds, cases } = await listScenarios();
  const known = [...bases, ...overlays, ...compounds, ...cases];
  if (!known.includes(name)) {
    const meant = nearest(name, known);
    throw usageError(
      `${name} is neither a bundle nor a scenario.`,
      'A bundle is the file bundle.bootcheck that a run leaves in its output folder; a scenario is KIND/CASE.',
      meant ? `Did you mean \`boot-check reproduce ${meant}\`?` : 'For example boot-check reproduce driver-module-missing/plain.',
    );
  }
  if (raw.script || raw.shell) throw usageError('--script and --shell need a bundle.', 'A scenario has not been run yet.', `Run \`boot-check reproduce ${name}\` first; it leaves ${raw.out}/bundle.bootcheck.`);
  const dir = join(temp, name.replaceAll('/', '-'));
  await layCase(name, dir);
  const { app, factory, health, port, command, env, database, policy, bootTimeout, settle } = (await sayingsOf(name)).run;
  const said = { app, factory, health, port: port?.toString(), command: command?.join(' '), database, policy, bootTimeout: bootTimeout?.toString(), settle: settle?.toString() };
  const options = await parseRunOptions(dir, {
    ...DEFAULTS, ...Object.fromEntries(Object.entries(said).filter(([, value]) => value !== undefined)), out: raw.out, runtime: raw.runtime === 'same' ? 'auto' : raw.runtime,
    ...(env === undefined ? {} : { env: Object.entries(env).map((pair) => pair.join('=')) }),
  }, io.cwd, []);
  const code = await boot(options, raw.stopAt === undefined ? null : wholeNumber('--stop-at', raw.stopAt, 1, 1000), { temp, raw, io, run });
  return code ?? 130;
}
