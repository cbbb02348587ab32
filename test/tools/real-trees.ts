/** Checkouts of public repositories: finds the repository of a list's entry and lays one commit of it into a folder of its own. */
import { access, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { execa } from 'execa';

/** One entry of a list; other fields of the list are left alone. */
export interface RealBackend {
  /** `owner/name` */
  readonly repo: string;
  readonly commit: string;
}

export interface Tree extends AsyncDisposable {
  readonly folder: string;
  /** Paths whose content the repository does not hold (a partial clone). */
  readonly missing: readonly string[];
}

/** `OWNER+NAME`, `OWNER/NAME` or `NAME` below the folder, bare (or bare in a `repo` of its own) or with a work tree. @throws Error when there is none */
async function repositoryOf({ repo }: RealBackend, trees: string): Promise<string> {
  const name = repo.split('/').at(-1) ?? repo;
  for (const each of [repo.replace('/', '+'), repo, name]) {
    const folder = join(trees, each);
    for (const git of [join(folder, '.git'), folder, join(folder, 'repo')]) {
      if (await access(join(git, 'HEAD')).then(() => true, () => false)) return git;
    }
  }
  throw new Error(`${repo} is not below ${trees}: looked for ${repo.replace('/', '+')}, ${repo} and ${name}`);
}

/** The tree of a commit in a temporary folder. Reads the repository's objects; runs none of its hooks and filters. */
export async function layTree(backend: RealBackend, trees: string, signal: AbortSignal): Promise<Tree> {
  const git = await repositoryOf(backend, trees);
  const top = await mkdtemp(join(tmpdir(), 'boot-check-real-'));
  const folder = join(top, backend.repo.split('/').at(-1) ?? 'tree');
  const close = (): Promise<void> => rm(top, { recursive: true, force: true });
  try {
    await mkdir(folder);
    return { folder, missing: await layFiles(git, backend.commit, folder, signal), [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Paths that a commit changed against its first parent. */
export async function changedFiles(commit: RealBackend, trees: string, signal: AbortSignal): Promise<readonly string[]> {
  const git = await repositoryOf(commit, trees);
  const { stdout } = await execa('git', ['--git-dir', git, 'diff-tree', '-r', '-z', '--name-only', '--no-renames', `${commit.commit}^`, commit.commit], {
    cancelSignal: signal, env: { GIT_NO_LAZY_FETCH: '1', GIT_TERMINAL_PROMPT: '0' },
  });
  return stdout.split('\0').filter((path) => path !== '').toSorted();
}

async function layFiles(git: string, commit: string, folder: string, signal: AbortSignal): Promise<readonly string[]> {
  const read = (...words: readonly string[]) => execa('git', ['--git-dir', git, ...words], {
    cancelSignal: signal, encoding: 'buffer', stripFinalNewline: false, maxBuffer: 200_000_000, reject: false, env: { GIT_NO_LAZY_FETCH: '1', GIT_TERMINAL_PROMPT: '0' },
  });
  const listed = await read('ls-tree', '-r', '-z', commit);
  if (listed.failed) throw new Error(`git ls-tree ${commit}: ${Buffer.from(listed.stderr).toString()}`);
  const missing: string[] = [];
  // 100644 blob 8baef1b4abc478178b004d62031cf7fe6db6f903<tab>src/main.py
  for (const { groups = {} } of Buffer.from(listed.stdout).toString().matchAll(/(?<mode>\d+) blob (?<id>\w+)\t(?<path>[^\0]+)\0/g)) {
    const { mode = '', id = '', path = '' } = groups;
    signal.throwIfAborted();
    const blob = await read('cat-file', 'blob', id);
    if (blob.failed) missing.push(path);
    else await lay(join(folder, path), mode, Buffer.from(blob.stdout));
  }
  return missing;
}

async function lay(file: string, mode: string, content: Buffer): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  if (mode === '120000') await symlink(content.toString(), file);
  else await writeFile(file, content, { mode: mode === '100755' ? 0o755 : 0o644 });
}
