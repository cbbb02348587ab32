/**
 * The judge: `node test/judge/judge.ts OUT` takes a run that ended healthy or healed and starts its healed copy as a person would: packages
 * installed anew by the manifest, a fresh Postgres (and Redis), the plain command, the values of the report's environment table; then it asks
 * the health path. It shares no code with boot-check. Last line: what it saw. Exit 0: it agrees; 1: it does not; 2: it could not judge.
 */
import { access, cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import process from 'node:process';
import { setTimeout as pause } from 'node:timers/promises';
import { execa } from 'execa';
import { newestImage, openPod } from './engine.ts';
import type { Pod } from './engine.ts';
import { install } from './install.ts';
import { addressesOf, environmentOf } from './said.ts';
import type { Address, Said } from './said.ts';

/** Seconds the server has to answer, and stays watched after it did. */
const PATIENCE = 90;
const WATCH = 3;
const MAX_STARTS = 8;

interface Verdict {
  readonly agrees: boolean;
  readonly saw: string;
}

async function judge(out: string, signal: AbortSignal): Promise<Verdict> {
  const said = JSON.parse(await readFile(join(out, 'audit_report.json'), 'utf8')) as Said;
  if (said.verdict !== 'healthy' && said.verdict !== 'healed') throw new Error(`The run ended ${said.verdict}: there is nothing to judge.`);
  const work = await mkdtemp(join(tmpdir(), 'boot-check-judge-'));
  try {
    return await judgeIn(work, said, join(out, 'healed'), signal);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function judgeIn(work: string, said: Said, healed: string, signal: AbortSignal): Promise<Verdict> {
  const top = join(work, 'tree');
  await cp(healed, top, { recursive: true, verbatimSymlinks: true });
  const root = join(top, said.backend.root);
  const environment = join(work, 'env');
  const cache = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'boot-check-judge');
  for (const folder of [environment, cache]) await mkdir(folder, { recursive: true });
  const version = said.backend.python.split('.').slice(0, 2).join('.');
  const image = await newestImage('boot-check/python', new RegExp(`:${version}-`), signal);
  await using pod = await openPod(signal);
  const installed = await install({ pod, image, top, root: relative(top, root) || '.', environment, cache, manifest: said.backend.manifest ?? '' });
  if (installed.code !== 0) return { agrees: false, saw: `the packages do not install: ${lastLines(installed.text)}` };
  await execa('chmod', ['-R', 'a+rwX', top], { reject: false });
  const env = await environmentOf(said, root, top);
  const ground = await layGround(pod, root, env, image, signal);
  // What a person sees missing at the first start, a person makes: roles, databases, and tables that migrations hold.
  let migrations = await migrationsOf(join(root, said.backend.working_dir ?? '.'));
  for (let start = 1; ; start += 1) {
    const saw = await startApp(pod, { said, image, root: relative(top, root), top, environment, env, before: start === 1 ? [] : migrations });
    if (saw.agrees || start === MAX_STARTS) return saw;
    const tables = /relation "[^"]*" does not exist|UndefinedTable|no such table/.test(await pod.logs('app')) || /answered 5/.test(saw.saw);
    if (!await ground.adapt() && !(tables && start === 1 && migrations.length > 0)) return saw;
    if (!tables) migrations = [];
    await pod.remove('app');
  }
}

/** The commands that make the tables, where the project has them. */
async function migrationsOf(folder: string): Promise<readonly string[]> {
  const has = (name: string): Promise<boolean> => access(join(folder, name)).then(() => true, () => false);
  if (await has('alembic.ini')) return ['alembic upgrade head'];
  return await has('manage.py') ? ['python manage.py migrate'] : [];
}

/** Postgres and Redis under every name and port that the tree speaks of, in one network namespace that has no way out. */
async function layGround(pod: Pod, root: string, env: Readonly<Record<string, string>>, image: string, signal: AbortSignal) {
  const { postgres, redis } = await addressesOf(root, env);
  const hosts = [...new Set([...postgres, ...redis].map(({ host }) => host))].filter((host) => host !== 'localhost' && !/^[\d.]+$/.test(host));
  const script = 'cp -a /opt/boot-check/template /data/c && chmod 700 /data/c && echo "host all all all trust" > /data/c/pg_hba.conf && echo "local all all trust" >> /data/c/pg_hba.conf && exec /opt/boot-check/bin/postgres -D /data/c';
  await pod.run({
    name: 'postgres', image: await newestImage('boot-check/postgres', /:18-/, signal), words: ['-c', script], detach: true,
    options: ['--network', pod.network, '--entrypoint', 'bash', '--tmpfs', '/data:mode=1777', '--tmpfs', '/tmp:mode=1777', ...hosts.flatMap((host) => ['--add-host', `${host}:127.0.0.1`])],
  });
  while (!/ready to accept connections/.test(await pod.logs('postgres'))) {
    if (!await pod.running('postgres')) throw new Error(`Postgres ended: ${await pod.logs('postgres')}`);
    await pause(200, undefined, { signal });
  }
  const shared = ['--network', `container:${pod.named('postgres')}`];
  await pod.run({ name: 'redis', image, words: ['-c', 'exec /opt/boot-check/bin/valkey-server --save "" --dir /tmp'], detach: true, options: [...shared, '--entrypoint', 'bash'] });
  await relays(pod, image, shared, [...others(postgres, 5432), ...others(redis, 6379)]);
  return { adapt: () => adapt(pod) };
}

function others(addresses: readonly Address[], usual: number): readonly string[] {
  return [...new Set(addresses.map(({ port }) => port))].filter((port) => port !== usual).map((port) => `${port}:${usual}`);
}

const RELAY = `
import asyncio, sys
async def pump(r, w):
    try:
        while data := await r.read(65536):
            w.write(data); await w.drain()
    finally:
        w.close()
async def main():
    for pair in sys.argv[1:]:
        port, to = map(int, pair.split(':'))
        async def serve(r, w, to=to):
            r2, w2 = await asyncio.open_connection('127.0.0.1', to)
            await asyncio.gather(pump(r, w2), pump(r2, w), return_exceptions=True)
        try:
            await asyncio.start_server(serve, '127.0.0.1', port)
        except OSError as error:
            print(port, error)
    await asyncio.Event().wait()
asyncio.run(main())`;

async function relays(pod: Pod, image: string, shared: readonly string[], pairs: readonly string[]): Promise<void> {
  if (pairs.length > 0) await pod.run({ name: 'relay', image, words: ['-c', RELAY, ...pairs], detach: true, options: [...shared, '--entrypoint', 'python3'] });
}

/** Makes the roles and databases that Postgres said are missing. @returns whether there was one */
async function adapt(pod: Pod): Promise<boolean> {
  const log = await pod.logs('postgres');
  const sql = [...log.matchAll(/FATAL: {2}(?<what>role|database) "(?<name>[^"]+)" does not exist/g)].map(({ groups = {} }) => {
    const name = `"${(groups['name'] ?? '').replaceAll('"', '""')}"`;
    return groups['what'] === 'role' ? `CREATE ROLE ${name} LOGIN SUPERUSER` : `CREATE DATABASE ${name}`;
  });
  let made = false;
  for (const statement of new Set(sql)) {
    const { code } = await pod.exec('postgres', ['/opt/boot-check/bin/psql', '-h', '127.0.0.1', '-U', 'postgres', '-c', statement]);
    made ||= code === 0;
  }
  return made;
}

interface AppOrder {
  readonly said: Said;
  readonly image: string;
  /** Backend root below the copy's top, and that top on this machine. */
  readonly root: string;
  readonly top: string;
  readonly environment: string;
  readonly env: Readonly<Record<string, string>>;
  readonly before: readonly string[];
}

async function startApp(pod: Pod, { said, image, root, top, environment, env, before: commands }: AppOrder): Promise<Verdict> {
  const { backend } = said;
  const folder = join('/app', root);
  const path = (backend.python_path ?? []).map((each) => join(folder, each)).join(':');
  const before = commands.map((command) => `${command} && `).join('');
  await pod.run({
    name: 'app', image, words: ['-c', `cd ${JSON.stringify(join(folder, backend.working_dir ?? '.'))} && ${before}exec ${backend.command}`], detach: true,
    options: [
      '--network', `container:${pod.named('postgres')}`, '--entrypoint', 'bash', '--user', '10002:10002', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges', '--pids-limit', '512', '--memory', '2g',
      '--volume', `${top}:/app`, '--volume', `${environment}:/env:ro`,
      ...Object.entries({ PATH: '/env/bin:/usr/local/bin:/usr/bin:/bin', VIRTUAL_ENV: '/env', HOME: '/tmp', ...(path === '' ? {} : { PYTHONPATH: path }), ...env }).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ],
  });
  const port = /--port[ =](?<port>\d+)/.exec(backend.command)?.groups?.['port'] ?? '8000';
  const ask = `import urllib.request, urllib.error
try: print(urllib.request.urlopen("http://127.0.0.1:${port}${backend.health_path}", timeout=20).status)
except urllib.error.HTTPError as error: print(error.code)
except OSError as error: print(0)`;
  const until = Date.now() + PATIENCE * 1000;
  let status = 0;
  while (Date.now() < until && status === 0 && await pod.running('app')) {
    status = Number((await pod.exec('app', ['python3', '-c', ask])).text.trim().split('\n').at(-1));
    if (!(status > 0)) await pause(300);
  }
  if (status >= 200 && status < 300) {
    await pause(WATCH * 1000);
    if (await pod.running('app')) return { agrees: true, saw: `GET ${backend.health_path} answered ${status}` };
  }
  return { agrees: false, saw: `${status > 0 ? `GET ${backend.health_path} answered ${status}` : 'no answer'}: ${lastLines(await pod.logs('app'))}` };
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-4).join(' / ');
}

const [out] = process.argv.slice(2);
const interrupt = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => interrupt.abort());
if (out === undefined) {
  process.stderr.write('node test/judge/judge.ts OUT\n');
  process.exitCode = 2;
} else {
  try {
    const { agrees, saw } = await judge(out, interrupt.signal);
    process.stdout.write(`${agrees ? 'agrees' : 'disagrees'}: ${saw}\n`);
    process.exitCode = agrees ? 0 : 1;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}
