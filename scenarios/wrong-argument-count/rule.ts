import type { PackageIndex, Source } from '../../source/types.ts';
import { deferredCalls, ownParameters } from '../mechanisms/deferred-calls.ts';
import { metIn, ownFrameOf, raised, withAnswers } from '../mechanisms/faults.ts';
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
  refines: ['package-refuses-call', 'third-party-crash', 'unknown-failure', 'request-fails'],
  detect: (evidence, source, index) => raised(evidence, ['TypeError'], COUNT).flatMap((seen) => findingFor(seen, source, index).map((finding) => ({ ...finding, explains: withAnswers(seen.at, evidence) }))),
};

function findingFor(seen: Seen, source: Source, index: PackageIndex): Finding[] {
  const { callable = '', said = '' } = seen.match?.groups ?? {};
  // A call inside a package is another matter, of versions, unless the tree handed over what is called there.
  const place = seen.exception.frames.at(-1)?.owner === 'tree' ? ownFrameOf(seen) : handedOver(callable, source);
  if (place === undefined) return [];
  const { file, line } = place;
  const installed = parametersOf(callable, index);
  const shape = installed ?? ownParameters(callable, source);
  const from = installed === undefined ? undefined : distributionOf(installed.module, index);
  return [{
    kind, ...metIn(seen.fault, 'import'), category: 'IMPORT', file, line, facts: { callable, said: firstLine(said, 120) },
    what: `${file} ${'owner' in place ? 'calls' : 'has a package call'} ${callable} with the wrong arguments: it ${said}.`,
    why: `${from === undefined ? callable : `${callable} of ${from.name} ${from.version}`} takes ${shape === undefined || shape.parameters.length === 0 ? 'other arguments' : list(shape.parameters.slice(0, 12))}; the call and the function no longer fit together.`,
    todo: `Pass to ${callable} in ${file} what it takes, or change the function.`,
    candidates: [], explains: [seen.at],
  }];
}

/** The one line that gives the callable to a package. */
function handedOver(callable: string, source: Source): { readonly file: string; readonly line: number } | undefined {
  const [only, ...others] = deferredCalls(callable, source);
  return only === undefined || others.length > 0 ? undefined : { file: only.file.path, line: only.call.line };
}
