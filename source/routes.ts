/** Routes that the code declares, and which of them tells whether the app is well (R20). */
import type { Source } from './types.ts';

export interface CodeRoute {
  readonly path: string;
  readonly methods: readonly string[];
  readonly file: string;
  readonly line: number;
  readonly handler: string;
}

/** Routes reachable from the app with their static prefixes; a router that is never included is left out. */
export function declaredRoutes(_source: Source): readonly CodeRoute[] { throw new Error('not yet'); }

/** Paths to ask for health, best first: the declared health route, other GETs without parameters, `/openapi.json`. */
export function healthPaths(_source: Source): readonly string[] { throw new Error('not yet'); }
