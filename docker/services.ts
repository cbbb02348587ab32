/** Services live in the sandbox itself, under an account of their own: started with it, ended with it, reached by nobody else. */
import type { Agent } from '../agent/client.ts';
import { HarnessError } from '../agent/errors.ts';
import type { ServiceDoor } from '../agent/protocol.ts';
import type { ServicePlan } from '../agent/runtime.ts';
import { portBeside, redisCommand, redisDoor } from '../agent/services.ts';
import { SERVICE } from './account.ts';
import { REDIS } from './paths.ts';

/** The app asks elsewhere; doors lead here. */
const REDIS_PORT = 56_379;

/** @throws HarnessError 3 when one does not start */
export async function startServices(agent: Agent, services: readonly ServicePlan[], signal: AbortSignal): Promise<readonly ServiceDoor[]> {
  if (services.length === 0) return [];
  const port = portBeside(services.flatMap(({ addresses }) => addresses.map((address) => address.port)), REDIS_PORT);
  const { ok, lines } = await agent.run('serve', redisCommand(REDIS, port, '/tmp', SERVICE), {}, signal);
  if (!ok) {
    throw new HarnessError({
      code: 'redis-start', what: 'The Redis of the sandbox did not start.', why: lines.slice(-3).join(' ') || 'It said nothing.',
      hint: 'Run `boot-check doctor`; `npm run setup` makes its image anew when it is gone.', exitCode: 3,
    });
  }
  return [redisDoor(services, port, () => '127.0.0.1')];
}
