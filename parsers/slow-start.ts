/** A start that works and takes long: how long, and on what. */
import type { BootOutput } from './boot-output.ts';
import type { SlowStart } from './evidence.ts';

/** Seconds from which on a start is worth a word. */
export const SLOW_START = 5;
/** Times of less than this say more about the machine than about the app. */
const WORTH_NAMING = 0.5;
/** What every such backend imports, so that it tells how quick the machine is just now. */
const FRAMEWORKS: ReadonlySet<string> = new Set(['fastapi', 'starlette', 'litestar', 'quart', 'django', 'uvicorn', 'pydantic', 'sqlalchemy', 'sqlmodel']);
/** A package that takes this many times as long as the framework is heavy on any machine. */
const HEAVY = 3;

/** Undefined for a start that is quick enough, that never came up, or whose time went to nothing that could be moved. */
export function slowStartOf({ timings, samples, paths }: BootOutput): SlowStart | undefined {
  const { import: loading, lifespan = 0 } = timings;
  if (loading === undefined || samples === undefined || loading + lifespan <= SLOW_START) return undefined;
  const tree = `${paths.tree.replace(/\/$/, '')}/`;
  const lines = samples.lines.filter(({ file, seconds }) => file.startsWith(tree) && seconds >= WORTH_NAMING).map((each) => ({ ...each, file: each.file.slice(tree.length) }));
  // A fork has its packages imported already: there is no yardstick, and nothing to measure.
  const yardstick = Math.max(0, ...samples.imports.filter(({ name }) => FRAMEWORKS.has(name)).map(({ seconds }) => seconds));
  const imports = yardstick === 0 ? [] : samples.imports.filter(({ name, seconds }) => !FRAMEWORKS.has(name) && seconds >= Math.max(WORTH_NAMING, HEAVY * yardstick));
  return lines.length + imports.length === 0 ? undefined : { importSeconds: loading, lifespanSeconds: lifespan, lines, imports };
}
