/** Which isolation the system gives a process that is no container: namespaces of its own, or nothing. */
import { execa } from 'execa';

export interface Isolation {
  readonly kind: 'namespace' | 'none';
  /** Words before the agent's command line; `open` keeps the host's network (for the installer). */
  readonly prefix: (network: 'own' | 'open') => readonly string[];
  /** Set for the agent where it is root only inside a user namespace: gives the app its ordinary ids back. */
  readonly env: Readonly<Record<string, string>>;
  /** Why there is none. */
  readonly why?: string;
}

const COMMON = ['--mount', '--pid', '--ipc', '--fork', '--kill-child', '--mount-proc'];

/** Tries it for real: policies of distributions and containers differ too much to be read. */
export async function findIsolation(signal: AbortSignal): Promise<Isolation> {
  const none: Isolation = { kind: 'none', prefix: () => [], env: {} };
  if (process.platform !== 'linux') return { ...none, why: `${process.platform} has no namespaces` };
  const root = process.getuid?.() === 0;
  const user = root ? [] : ['--user', '--map-root-user'];
  const prefix = (network: 'own' | 'open'): readonly string[] => ['unshare', ...user, ...(network === 'own' ? ['--net'] : []), ...COMMON];
  const [program = '', ...words] = [...prefix('own'), 'true'];
  const tried = await execa(program, words, { reject: false, timeout: 10_000, cancelSignal: signal });
  signal.throwIfAborted();
  if (tried.failed) return { ...none, why: tried.stderr?.trim().split('\n').at(-1) ?? 'unshare is missing' };
  return { kind: 'namespace', prefix, env: root ? {} : { BOOT_CHECK_NEST: `${process.getuid?.()}:${process.getgid?.()}` } };
}
