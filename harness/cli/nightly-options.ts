/** What `nightly` and `merge-reports` take. */
import type { Command } from 'commander';
import { collect } from './heal-options.ts';
import type { CliIo } from './io.ts';
import type { RawMergeOptions, RawNightlyOptions } from './nightly.ts';

export function addNightly(program: Command, io: CliIo, done: (exitCode: number) => void): void {
  program.command('nightly').description('boot every scenario for real and say what is worse than the nights before')
    .option('--only <pattern>', 'only scenarios whose name has this')
    .option('--runtime <where>', 'auto, docker or local', 'auto')
    .option('--python <list>', 'of the Pythons that scenarios name, only these')
    .option('--shard <i/n>', 'the share of this machine', '1/1')
    .option('--jobs <n>', 'boots at once; as many as memory and cores allow')
    .option('--repeat <n>', 'how often what is not as wanted is booted again', '2')
    .option('--tree <dir>', 'a real backend to boot as well; repeat for more', collect)
    .option('--job-timeout <s>', 'seconds that one scenario may take', '1200')
    .option('--history <file>', 'SQLite file of the nights before (default: history.sqlite in --out)')
    .option('--out <dir>', 'folder for reports', '.boot-check/nightly')
    .option('--json', 'print nightly.json on stdout and nothing else')
    .addHelpText('after', `
Examples:
  boot-check nightly                              everything; a run that was killed is taken up again
  boot-check nightly --shard 2/4 --out shard-2    one machine of four
  boot-check merge-reports shard-* --history history.sqlite
  boot-check nightly --only ^asyncpg --python 3.14,3.13
  boot-check nightly --tree ../my-backend         watch a real backend too

Exit codes: 0 no regression, 1 a regression, 2 wrong usage, 3 the machine lacks something, 70 our bug, 130 interrupted
`)
    .action(async (raw: RawNightlyOptions) => done(await (await import('./nightly.ts')).nightly(raw, io)));
  program.command('merge-reports').description('join the reports of shards, and hold them against the nights before')
    .argument('<dir...>', 'folders that the shards wrote')
    .option('--history <file>', 'SQLite file of the nights before; without it nothing is compared')
    .option('--out <dir>', 'folder for reports', '.boot-check/nightly')
    .option('--json', 'print nightly.json on stdout and nothing else')
    .addHelpText('after', '\nExample:\n  boot-check merge-reports shard-1 shard-2 --history history.sqlite --out night\n\nExit codes: as `boot-check nightly`\n')
    .action(async (paths: string[], raw: RawMergeOptions) => done(await (await import('./nightly.ts')).mergeReports(paths, raw, io)));
}
