import { stepsOut } from '../mechanisms/cycles.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { isTreeModule } from '../mechanisms/modules.ts';
import type { Seen } from '../mechanisms/faults.ts';
import type { Evidence } from '../../parsers/evidence.ts';
import { list } from '../mechanisms/words.ts';
import type { Source } from '../../source/types.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'circular-import';

/** `cannot import name 'User' from partially initialized module 'src.models' (most likely due to a circular import) (/app/…)` */
const FROM = /^cannot import name '(?<name>[^']{1,200})' from partially initialized module '(?<module>[^']{1,300})'/;
/** `partially initialized module 'src.models' has no attribute 'User' (most likely …)`; `cannot access submodule 'x' of module 'y' (most likely …)` */
const ATTRIBUTE = /^partially initialized module '(?<module>[^']{1,300})' has no attribute '(?<name>[^']{1,200})'|^cannot access submodule '(?<sub>[^']{1,200})' of module '(?<parent>[^']{1,300})' \(most likely due to a circular import/;

export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'Modules of the tree import each other in a circle.',
  refines: ['cannot-import-name-first-party', 'cannot-import-name-third-party'],
  detect: (evidence, source, index) => shown(evidence).filter(({ match }) => isTreeModule(moduleOfMatch(match), source)).map((seen) => findingFor(seen, source, index.python)),
};

function shown(evidence: Evidence): readonly Seen[] {
  return [...raised(evidence, ['ImportError'], FROM), ...raised(evidence, ['AttributeError'], ATTRIBUTE)];
}

function moduleOfMatch(match: RegExpMatchArray | null): string {
  return match?.groups?.['module'] ?? match?.groups?.['parent'] ?? '';
}

function findingFor(seen: Seen, source: Source, python: string): Finding {
  const module = moduleOfMatch(seen.match);
  const name = seen.match?.groups?.['name'] ?? seen.match?.groups?.['sub'] ?? '';
  const own = ownFrameOf(seen);
  const circle = filesOfCircle(seen);
  return {
    kind, stage: 'import', severity: 'CRITICAL', category: 'IMPORT', file: own?.file ?? '', ...(own === undefined ? {} : { line: own.line }), facts: { circle: circle.toSorted().join(' ') },
    what: `${own?.file ?? 'The code'} needs ${name} from ${module}, which is still being loaded itself.`,
    why: circle.length > 1
      ? `${list(circle)} import each other: whichever is loaded first asks for the other before it has defined its own names.`
      : `${module} imports something that imports ${module} again before it has defined ${name}.`,
    todo: 'Move what both need into a module of its own, or import it inside the function that uses it.',
    candidates: stepsOut(circle, source, python), explains: [seen.at],
  };
}

/** Own files of the traceback from the first time the last one was loaded: what lies between is the circle. */
function filesOfCircle(seen: Seen): readonly string[] {
  const loading = seen.exception.frames.filter((frame) => frame.owner === 'tree' && frame.function === '<module>').map((frame) => frame.file);
  const module = moduleOfMatch(seen.match).replaceAll('.', '/');
  const start = loading.findIndex((file) => file.replace(/(?:\/__init__)?\.py$/, '').endsWith(module));
  return [...new Set(start < 0 ? loading : loading.slice(start))];
}
