/** The Redis of a sandbox: how it is run, and where its doors are. Both runtimes use it. */
import type { Address, ServeCommand, ServiceDoor, User } from './protocol.ts';
import type { ServicePlan } from './runtime.ts';

/** What no app has to do with its server: end it, load programs into it, look into its memory, connect it to another. */
const DENIED = ['shutdown', 'module', 'debug', 'replicaof', 'slaveof', 'migrate', 'acl'];

/** Nothing is kept on disk, and one account takes any password; the doors lead every login to it. @param user its own account */
export function redisCommand(program: string, port: number, folder: string, user: User | undefined): ServeCommand {
  const account = ['default', 'on', 'nopass', '~*', '&*', '+@all', ...DENIED.map((name) => `-${name}`)];
  const settings: Readonly<Record<string, readonly string[]>> = {
    bind: ['127.0.0.1'], port: [String(port)], save: [''], appendonly: ['no'], dir: [folder], maxmemory: ['256mb'], user: account,
  };
  return {
    command: [program, ...Object.entries(settings).flatMap(([name, values]) => [`--${name}`, ...values])],
    cwd: folder, env: { PATH: '/usr/bin:/bin', LC_ALL: 'C' }, ready: `tcp:127.0.0.1:${port}`, timeout: 15, ...(user !== undefined && { user }),
  };
}

/** One door for each address of the plans. @param at the sandbox's own address of a host */
export function redisDoor(plans: readonly ServicePlan[], port: number, at: (host: string) => string): ServiceDoor {
  const listen = plans.flatMap(({ addresses }) => addresses.map((address): Address => `tcp:${at(address.host)}:${address.port}`));
  return { server: `tcp:127.0.0.1:${port}`, listen: [...new Set(listen)] };
}

/** A port of the sandbox's own network that nobody asks for. */
export function portBeside(taken: Iterable<number>, first: number): number {
  const others = new Set(taken);
  let port = first;
  while (others.has(port)) port += 1;
  return port;
}
