import type { PackageIndex } from '../../source/types.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import type { Seen } from '../mechanisms/faults.ts';
import { parametersOf } from '../mechanisms/offers.ts';
import { distributionOf } from '../mechanisms/older-release.ts';
import { firstLine, list } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'wrong-argument-count';

/** `convert() missing 1 required positional argument: 'to'`   `f() takes 1 positional argument but 2 were given`   `f() got multiple values for argument 'x'` */
const COUNT = /^(?<callable>[\w.<>]{1,300})\(\) (?<said>missing \d+ required (?:positional|keyword-only) arguments?: .{1,300}|takes (?:from )?\d+ (?:to \d+ )?positional arguments? but \d+ (?:positional arguments? )?(?:\(and \d+ keyword-only arguments?\) )?(?:was|were) given|got multiple values for argument '\w{1,200}')/;

/** What the missing argument should be is known to nobody but the author; the finding says what the function takes. */
export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A call passes too few or too many arguments.',
  lastResort: true,
  refines: ['unknown-failure', 'request-fails'],
  detect: (evidence, _, index) => raised(evidence, ['TypeError'], COUNT).flatMap((seen) => findingFor(seen, index)),
};

function findingFor(seen: Seen, index: PackageIndex): Finding[] {
  const own = ownFrameOf(seen);
  const { callable = '', said = '' } = seen.match?.groups ?? {};
  // A call inside a package is another matter: of versions, or of what the package was given.
  if (own === undefined || seen.exception.frames.at(-1)?.owner !== 'tree') return [];
  const shape = parametersOf(callable, index);
  const from = shape === undefined ? undefined : distributionOf(shape.module, index);
  const request = seen.fault.during === 'request';
  return [{
    kind, stage: request ? 'health' : 'import', severity: request ? 'HIGH' : 'CRITICAL', category: 'IMPORT', file: own.file, line: own.line, facts: { callable, said: firstLine(said, 120) },
    what: `${own.file} calls ${callable} with the wrong arguments: it ${said}.`,
    why: `${from === undefined ? callable : `${callable} of ${from.name} ${from.version}`} takes ${shape === undefined || shape.parameters.length === 0 ? 'other arguments' : list(shape.parameters.slice(0, 12))}; the call and the function no longer fit together.`,
    todo: `Pass to ${callable} in ${own.file} what it takes, or change the function.`,
    candidates: [], explains: [seen.at],
  }];
}
