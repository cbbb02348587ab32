/**
 * The command line: names, options and help. What a command does lives in harness/cli/ and is imported when it is called,
 * so that `--help` and a typing error answer at once.
 */
import { Command, CommanderError } from 'commander';
import { HarnessError } from '../agent/errors.ts';
import type { RawAuditOptions } from './cli/audit.ts';
import { healOptions } from './cli/heal-options.ts';
import type { CliIo } from './cli/io.ts';
import { addNightly } from './cli/nightly-options.ts';
import type { RawOptions } from './cli/parse-options.ts';
import type { RawReproduceOptions } from './cli/reproduce.ts';
import { usageError } from './cli/usage.ts';
import type { Run } from './options.ts';
import { packageVersion } from './package-version.ts';
import { asHarnessError, renderError, renderErrorJson } from './reporters/error.ts';
import { lookOf } from './reporters/look.ts';

/**
 * Runs one command line to its end; never throws.
 * @param argv words behind the program's name
 * @returns the exit code: 0, 1, 2, 3, 70 or 130
 */
export async function runCli(argv: readonly string[], io: CliIo, run: Run): Promise<number> {
  try {
    let exitCode = 0;
    const program = await createProgram(io, run, (code) => { exitCode = code; });
    await program.parseAsync([...argv], { from: 'user' });
    if (!isBug(io.signal)) return exitCode;
    // The run ended in order and its report is out; what stopped it is told beside it.
    return tell(whyAborted(io.signal.reason), io);
  } catch (error) {
    return report(error, argv, io);
  }
}

function report(error: unknown, argv: readonly string[], io: CliIo): number {
  if (error instanceof CommanderError && error.exitCode === 0) return 0;
  const ours = io.signal.aborted ? whyAborted(io.signal.reason) : asHarnessError(error instanceof CommanderError ? fromCommander(error) : error);
  if (argv.includes('--json')) io.stdout.write(renderErrorJson(ours));
  return tell(ours, io);
}

function tell(error: HarnessError, io: CliIo): number {
  io.stderr.write(renderError(error, lookOf(io.stderr, io.env)));
  return error.exitCode;
}

/** Aborted by an error that was thrown where nobody could catch it, not by Ctrl-C. */
function isBug({ aborted, reason }: AbortSignal): boolean {
  return aborted && !(reason instanceof DOMException);
}

function whyAborted(reason: unknown): HarnessError {
  if (!(reason instanceof DOMException)) return asHarnessError(reason);
  return new HarnessError({
    code: 'interrupted', what: 'Interrupted.', why: 'Everything that was started has been stopped and removed.',
    hint: 'Run the same command again; nothing of yours was changed.', exitCode: 130,
  });
}

/** `error: unknown option '--jsn'\n(Did you mean --json?)` → what, why, hint. */
function fromCommander({ message }: CommanderError): HarnessError {
  const [, what = message, meant] = /^(?:error: )?(?<what>[^\n]*?)\.?(?:\n\((?<meant>Did you mean .*\?)\))?$/s.exec(message) ?? [];
  return usageError(`${what.charAt(0).toUpperCase()}${what.slice(1)}.`, 'The command line could not be read, so nothing was started.', meant ?? '`boot-check --help` lists all options.');
}

async function createProgram(io: CliIo, run: Run, done: (exitCode: number) => void): Promise<Command> {
  const look = lookOf(io.stdout, io.env);
  const program = new Command('boot-check');
  program
    .configureOutput({
      writeOut: (text) => io.stdout.write(text), writeErr: () => {}, outputError: () => {},
      getOutHelpWidth: () => Math.min(look.width, 100), getOutHasColors: () => look.color,
    })
    .configureHelp({ minWidthToWrap: 20, subcommandTerm: (command) => [command.name(), ...command.registeredArguments.map((argument) => (argument.required ? `<${argument.name()}>` : `[${argument.name()}]`))].join(' '), styleTitle: (text) => (look.color ? `\u001B[1m${text}\u001B[22m` : text) })
    .exitOverride()
    .enablePositionalOptions()
    .version(await packageVersion(), '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help');
  addHeal(program, io, run, done);
  addAudit(program, io, done);
  addMachine(program, io, done);
  addKinds(program, io, done);
  addNightly(program, io, done);
  addReproduce(program, io, run, done);
  return program.helpCommand('help [command]', 'print the help of a command');
}

function addHeal(program: Command, io: CliIo, run: Run, done: (exitCode: number) => void): void {
  program
    .summary('prove whether a Python backend starts, and heal a copy of it when it does not')
    .description('Boots the backend in DIR for real and, when it does not start, heals a copy of it with the smallest change that is proven by boots. Without DIR: the current folder if it holds a backend, else the bundled broken backend.')
    .argument('[dir]', 'folder of the backend');
  for (const { group, options } of healOptions()) for (const option of options) program.addOption(option.helpGroup(group));
  program.addHelpText('after', EXAMPLES).action(async (dir: string | undefined, raw: RawOptions) => {
    const { heal } = await import('./cli/heal.ts');
    const isTyped = (attribute: string) => program.getOptionValueSource(attribute) === 'cli';
    done(await heal(dir, { raw, isTyped }, io, program.commands.map((command) => command.name()), run));
  });
}

const EXAMPLES = `
Examples:
  boot-check                                   heal the backend here, or the bundled broken one
  boot-check ./api --app app.main:app          say which app to serve
  boot-check . --database postgresql://app:PASSWORD@db:5432/app
                                               boot against the Postgres you really have
  boot-check . --write                         take the proven fixes over into your tree
  boot-check . --json | jq .verdict            healthy, healed or not_healthy

Exit codes: 0 healthy or healed, 1 not healthy, 2 wrong usage, 3 the machine lacks something, 70 our bug, 130 interrupted
`;

function addAudit(program: Command, io: CliIo, done: (exitCode: number) => void): void {
  program.command('audit').description('say what would stop the start, without booting anything')
    .argument('<dir>', 'folder of the backend')
    .option('--root <dir>', 'backend root inside DIR, for monorepos')
    .option('--app <module:attr>', 'the app to serve, as uvicorn names it')
    .option('--factory', 'the target is a function that returns the app')
    .option('--python <version>', 'Python it is to run on', '3.14')
    .option('--manifest <file>', 'requirements or project file to install from')
    .option('--out <dir>', 'folder for the five reports', '.boot-check')
    .option('--json', 'print audit_report.json on stdout and nothing else')
    .addHelpText('after', '\nExamples:\n  boot-check audit ./api\n  boot-check audit ./api --json | jq .summary\n\nExit codes: 0 nothing CRITICAL or HIGH was found, 1 something was, 2 wrong usage, 3 the machine lacks something, 70 our bug\n')
    .action(async (dir: string, raw: RawAuditOptions) => done(await (await import('./cli/audit.ts')).auditCommand(dir, raw, io, program.commands.map((command) => command.name()))));
}

function addMachine(program: Command, io: CliIo, done: (exitCode: number) => void): void {
  program.command('doctor').description('say what this machine has and where a run would boot')
    .addHelpText('after', '\nExample:\n  boot-check doctor\n\nExit codes: 0 a run can boot somewhere, 3 it can nowhere\n')
    .action(async () => done(await (await import('./cli/machine.ts')).doctor(io)));
  program.command('setup').description('make this machine ready for containers')
    .addHelpText('after', '\nStarts an installed engine, installs one on Debian-like systems as root, and makes the images. Doing it again is harmless.\n\nExample:\n  boot-check setup\n')
    .action(async () => done(await (await import('./cli/machine.ts')).setup(io)));
}

function addKinds(program: Command, io: CliIo, done: (exitCode: number) => void): void {
  program.command('kinds').description('list the failure kinds it knows, one a line')
    .addHelpText('after', '\nExample:\n  boot-check kinds | grep asyncpg\n')
    .action(async () => done(await (await import('./cli/kinds.ts')).printKinds(io)));
  program.command('explain').argument('<kind>', 'as `boot-check kinds` lists it').description('explain one failure kind')
    .addHelpText('after', '\nExample:\n  boot-check explain driver-module-missing\n')
    .action(async (kind: string) => done(await (await import('./cli/kinds.ts')).explainKind(kind, io)));
}

function addReproduce(program: Command, io: CliIo, run: Run, done: (exitCode: number) => void): void {
  program.command('reproduce').description('replay a failure in isolation: a bundle of a run, or a scenario')
    .argument('<bundle>', 'bundle.bootcheck of a run, or the name of a scenario: KIND/CASE')
    .option('--runtime <where>', 'same (as recorded), auto, docker or local', 'same')
    .option('--stop-at <boot>', 'end after this boot; with --script or --shell: the tree with the fixes kept before it')
    .option('--shell', 'open a shell in the place instead of booting')
    .option('--script', 'print plain docker commands instead of booting')
    .option('--out <dir>', 'folder for reports', '.boot-check/reproduce')
    .option('--json', 'print what differs as JSON on stdout and nothing else')
    .addHelpText('after', `
Examples:
  boot-check reproduce .boot-check/bundle.bootcheck          the same fault, the same fixes?
  boot-check reproduce bundle.bootcheck --stop-at 3          as far as boot 3
  boot-check reproduce bundle.bootcheck --script | sh        by docker alone
  boot-check reproduce driver-module-missing/plain

Exit codes: 0 reproduced, 1 something differs, 2 wrong usage or a bundle that cannot be opened, 3 the machine lacks something, 70 our bug
`)
    .action(async (what: string, raw: RawReproduceOptions) => done(await (await import('./cli/reproduce.ts')).reproduce(what, raw, io, run)));
}
