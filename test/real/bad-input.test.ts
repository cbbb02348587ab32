/** What people really type and really have: one clear sentence, the right exit code, nothing lost. */
import { createServer, connect, type Socket } from 'node:net';
import { chmod, mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { bootCheck, copyInto, openDesk, repository, start } from './command.ts';
import type { Desk } from './command.ts';

const bundle = join(repository, 'scenarios', 'bases', 'auth-backend');

/** Runs without `--json` and returns what a person sees. */
async function refused(desk: Desk, args: readonly string[], env: Record<string, string> = {}): Promise<{ exitCode: number | undefined; error: string; seconds: number }> {
  const began = performance.now();
  const { exitCode, stderr } = await start(desk, args, env);
  const error = String(stderr).slice(String(stderr).indexOf('error'));
  return { exitCode, error, seconds: (performance.now() - began) / 1000 };
}

describe('a folder that cannot be booted', () => {
  test('does not exist', async () => {
    await using desk = await openDesk();
    const { exitCode, error } = await refused(desk, ['no-such-folder']);
    expect(exitCode).toBe(2);
    expect(error).toContain('no-such-folder');
  });

  test('is empty', async () => {
    await using desk = await openDesk();
    await mkdir(join(desk.folder, 'empty'));
    const { exitCode, error } = await refused(desk, ['empty']);
    expect(exitCode).toBe(2);
    expect(error).toContain('empty');
  });

  test('is a file', async () => {
    await using desk = await openDesk();
    await writeFile(join(desk.folder, 'main.py'), 'print("hello")\n');
    const { exitCode, error } = await refused(desk, ['main.py']);
    expect(exitCode).toBe(2);
    expect(error).toContain('main.py');
  });

  test('holds no backend', async () => {
    await using desk = await openDesk();
    await mkdir(join(desk.folder, 'tree'));
    await writeFile(join(desk.folder, 'tree', 'notes.md'), '# Notes\n');
    const { exitCode, error } = await refused(desk, ['tree']);
    expect(exitCode).toBe(2);
    expect(error).toContain('--app');
  });

  test('has a link that leads out of it', async () => {
    await using desk = await openDesk();
    const tree = await copyInto(desk, bundle);
    await symlink('/etc/hostname', join(tree, 'outside'));
    const { exitCode, error } = await refused(desk, [tree]);
    expect(exitCode).toBe(2);
    expect(error).toContain('outside');
  });

  test('has uncommitted changes and --write', async () => {
    await using desk = await openDesk();
    const tree = await copyInto(desk, bundle);
    const git = (...args: string[]) => execa('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], { cwd: tree });
    await git('init', '-q');
    await git('add', '-A');
    await git('commit', '-qm', 'All');
    await writeFile(join(tree, 'README.md'), 'changed\n');
    const { exitCode, error } = await refused(desk, [tree, '--write']);
    expect(exitCode).toBe(2);
    expect(error).toContain('--allow-dirty');
    expect(await readFile(join(tree, 'requirements.txt'), 'utf8')).toContain('psycopg2');
  });
});

describe('a tree with odd files is still healed', () => {
  test('CRLF, non-UTF-8, unreadable and very large files are kept as they are', async () => {
    await using desk = await openDesk();
    const tree = await copyInto(desk, bundle);
    const database = join(tree, 'src', 'core', 'database.py');
    await writeFile(database, (await readFile(database, 'utf8')).replaceAll('\n', '\r\n'));
    await writeFile(join(tree, 'src', 'legacy.py'), Buffer.from('# -*- coding: latin-1 -*-\nname = "caf\xe9"\n', 'latin1'));
    await writeFile(join(tree, 'dump.bin'), Buffer.alloc(200 * 1024 * 1024));
    const { exitCode, report } = await bootCheck(desk, [tree, '--runtime', 'docker', '--no-minimise']);
    expect(report.verdict).toBe('healed');
    expect(exitCode).toBe(0);
    const healed = await readFile(join(desk.out, 'healed', 'src', 'core', 'database.py'), 'utf8');
    expect(healed.split('\r\n').length).toBe(healed.split('\n').length);
    expect(await readFile(join(desk.out, 'healed', 'src', 'legacy.py'), 'latin1')).toContain('caf\xe9');
  });

  test('--write puts the proven fixes into a clean tree, and nothing else', async () => {
    await using desk = await openDesk();
    const tree = await copyInto(desk, bundle);
    const git = (...args: string[]) => execa('git', ['-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], { cwd: tree });
    await git('init', '-q');
    await git('add', '-A', '-f');
    await git('commit', '-qm', 'All');
    const { report } = await bootCheck(desk, [tree, '--write', '--runtime', 'docker', '--no-minimise']);
    expect(report.verdict).toBe('healed');
    const { stdout } = await git('status', '--porcelain');
    expect(stdout.split('\n').map((line) => line.slice(3)).toSorted()).toEqual(['.env', '.env.example', 'requirements.txt', 'src/core/database.py']);
    await git('stash', '-q');
    await git('apply', join(desk.out, 'fixes.patch'));
  });
});

describe('a machine that lacks something', () => {
  test('an engine that dies in the middle: exit 3, what was proven is kept', async () => {
    await using desk = await openDesk();
    await using engine = await mortalEngine(desk);
    const run = start(desk, [bundle, '--runtime', 'docker', '--verbose'], { DOCKER_HOST: engine.address });
    let seen = '';
    run.stderr?.on('data', (chunk: Buffer) => {
      seen += String(chunk);
      if (seen.includes(' try ')) engine.die();
    });
    const { exitCode, stderr } = await run;
    expect(exitCode, String(stderr)).toBe(3);
    expect(await readFile(join(desk.out, 'audit_report.json'), 'utf8')).toContain('"not_healthy"');
  });

  test('a full disk: exit 3', async () => {
    await using desk = await openDesk();
    const small = join(desk.folder, 'small');
    await mkdir(small);
    await execa('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', small]);
    try {
      const { exitCode, error } = await refused(desk, [bundle], { TMPDIR: small });
      expect(exitCode).toBe(3);
      expect(error).toContain('disk');
    } finally {
      await execa('umount', [small]);
    }
  });

  test('a package index that does not answer: exit 3, and not a finding about the backend', async () => {
    await using desk = await openDesk();
    const tree = await copyInto(desk, bundle);
    // Not cached: content decides, and this line is new.
    await writeFile(join(tree, 'requirements.txt'), `${await readFile(join(tree, 'requirements.txt'), 'utf8')}# ${desk.folder}\n`);
    const cache = join(desk.folder, 'cache');
    await mkdir(cache);
    await chmod(cache, 0o777);
    const nowhere = 'http://127.0.0.1:9/simple';
    const { exitCode, error } = await refused(desk, [tree, '--runtime', 'docker'], {
      XDG_CACHE_HOME: cache, PIP_INDEX_URL: nowhere, UV_INDEX_URL: nowhere, UV_DEFAULT_INDEX: nowhere,
    });
    expect(exitCode, error).toBe(3);
  });
});

/** The engine's socket behind one of ours, which can be cut: to the run, the engine is dead. */
async function mortalEngine(desk: Desk): Promise<AsyncDisposable & { readonly address: string; die(): void }> {
  const path = join(desk.folder, 'engine.sock');
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const upstream = connect('/var/run/docker.sock');
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => { sockets.delete(socket); client.destroy(); upstream.destroy(); });
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => { server.listen(path, resolve); });
  const die = (): void => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return { address: `unix://${path}`, die, async [Symbol.asyncDispose]() { die(); } };
}
