/** What of the services that an app asks for the sandbox has: a plan for those, one sentence for each of the others. */
import type { ServicePlan } from '../agent/runtime.ts';
import { REDIS, serviceNeeds } from '../source/services.ts';
import type { ServiceNeed, Source } from '../source/types.ts';
import { environmentOf } from './boot-request.ts';

function needsOf(source: Source): readonly ServiceNeed[] {
  return serviceNeeds(source, { ...environmentOf(source).env, ...source.run.env });
}

/** Nothing is started for an app that never asks for it. */
export function servicePlans(source: Source): readonly ServicePlan[] {
  const addresses = needsOf(source).filter(({ service }) => service === REDIS).map(({ host, port }) => ({ host, port }));
  return addresses.length === 0 ? [] : [{ service: 'redis', addresses }];
}

/** Addresses of services that no sandbox of ours has: the app may do without, so this is said and nothing more. */
export function servicesNotThere(source: Source): readonly string[] {
  const others = Map.groupBy(needsOf(source).filter(({ service }) => service !== REDIS), ({ service }) => service);
  return [...others].map(([service, needs]) => {
    const [first] = needs;
    return `The app may look for ${service} at ${first?.host}:${first?.port} (${first?.from}), which the sandbox does not have.`;
  });
}
