/** The options of `boot-check [DIR]`, in the order and under the headings of its help. The settings file takes the same names. */
import { Option } from 'commander';

/** What the command line gives when nothing is typed, for those who come another way. */
export const DEFAULTS = { runtime: 'auto', python: '3.14', policy: 'locked', port: '8080', maxBoots: '60', bootTimeout: '60', settle: '4', minimise: true, out: '.boot-check' } as const;

export const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

export function healOptions(): readonly { readonly group: string; readonly options: readonly Option[] }[] {
  return [
    { group: 'Where it boots:', options: [
      new Option('--runtime <where>', 'auto, docker or local; auto takes a container engine that answers').default(DEFAULTS.runtime),
      new Option('--python <version>', 'Python to boot on').default(DEFAULTS.python),
      new Option('--python-fallback', 'repeat on older Pythons to find the newest one that boots'),
      new Option('--policy <policy>', 'locked: as the lock file says; newest: the newest versions allowed').default(DEFAULTS.policy),
      new Option('--manifest <file>', 'requirements or project file to install from'),
    ] },
    { group: 'What it boots:', options: [
      new Option('--root <dir>', 'backend root inside DIR, for monorepos'),
      new Option('--app <module:attr>', 'the app to serve, as uvicorn names it'),
      new Option('--factory', 'the target is a function that returns the app'),
      new Option('--health <path>', 'path that must answer 2xx'),
      new Option('--port <number>', 'port the app listens on in its sandbox').default(DEFAULTS.port),
      new Option('--command <command>', 'your own start command, used for the final confirmation'),
      new Option('--env <name=value>', 'environment variable; repeat for more').argParser(collect),
      new Option('--env-file <file>', 'file of NAME=VALUE lines'),
      new Option('--database <url>', 'states the real Postgres: what differs from it is a finding'),
      new Option('--database-init <file>', 'SQL to run in it first'),
    ] },
    { group: 'How it heals:', options: [
      new Option('--safe-only', 'apply only fixes that keep the meaning for sure'),
      new Option('--tidy', 'apply safe fixes of what does not block, too'),
      new Option('--max-boots <n>', 'give up after this many boots').default(DEFAULTS.maxBoots),
      new Option('--boot-timeout <s>', 'seconds until a boot counts as hung').default(DEFAULTS.bootTimeout),
      new Option('--settle <s>', 'seconds it must stay alive after the health answer').default(DEFAULTS.settle),
      new Option('--no-minimise', 'do not prove that every fix is needed'),
      new Option('--fixer <command>', 'outside program that is asked about what has no fix'),
      new Option('--write', 'write the healed files into DIR'),
      new Option('--allow-dirty', 'with --write: even when git has uncommitted changes'),
    ] },
    { group: 'What it prints:', options: [
      new Option('--out <dir>', 'folder for reports, logs and the healed copy').default(DEFAULTS.out),
      new Option('--json', 'print audit_report.json on stdout and nothing else'),
      new Option('--reporter <name>', 'what goes to stdout: screen, github (screen and annotations), markdown, sarif, junit, html or json; repeat for more').argParser(collect),
      new Option('-v, --verbose', 'show the server\'s log while it boots'),
    ] },
  ];
}
