import type { Evidence } from '../../parsers/evidence.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import { ownerOf } from '../mechanisms/crashes.ts';
import { declared, manifestOf } from '../mechanisms/distributions.ts';
import { endsInPackage, ownFrameOf } from '../mechanisms/faults.ts';
import { addNamed, namedIn, shownNamed } from '../mechanisms/named-packages.ts';
import { firstLine, fixOf } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'optional-package-named';

/** Seen only when no other rule explained the fault: kinds that know such a package by its module, or by one package's words, say it more exactly. */
export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'A package lacks an optional part of itself, and says which one.',
  refines: ['third-party-crash', 'package-refuses-call', 'request-fails', 'unknown-failure'],
  lastResort: true,
  detect: (evidence, source, index) => evidence.faults.flatMap((_, at) => asked(evidence, source, index, at)),
};

/** The package's own code raised it: what the tree's own words say is no statement about packages. */
function asked(evidence: Evidence, source: Source, index: PackageIndex, at: number): readonly Finding[] {
  const fault = evidence.faults[at];
  const exception = fault?.chain.at(-1);
  const innermost = exception?.frames.findLast(({ owner }) => owner !== 'stdlib');
  const owner = innermost === undefined ? undefined : ownerOf(innermost, index);
  if (fault === undefined || exception === undefined || owner === undefined || !endsInPackage(exception) || !['start', 'request'].includes(fault.during)) return [];
  const named = namedIn(exception.message, owner, index);
  if (named === undefined) return [];
  const manifest = manifestOf(source);
  const wanted = shownNamed(named);
  const here = declared(source, named.name);
  const own = ownFrameOf({ fault, exception });
  return [{
    kind, stage: 'install', severity: 'CRITICAL', category: 'DEPENDENCY', file: here?.file ?? manifest, ...(here === undefined ? {} : { line: here.line }), facts: { package: wanted },
    what: `${owner.name} needs ${wanted} for what ${own === undefined ? 'the code' : own.file} asks of it, and it is not installed: ${firstLine(`${exception.type}: ${exception.message}`, 160)}`,
    why: `It is an optional part, so installing ${owner.name} alone does not bring it. The error names it.`,
    todo: `Require ${wanted} in ${here?.file ?? manifest}.`,
    candidates: fixOf({
      title: `Require ${wanted} in ${here?.file ?? manifest}`, safety: 'likely', edits: addNamed(source, index, named),
      explanation: `${owner.name} itself says that ${wanted} is what it needs for this.`,
    }),
    explains: [at],
  }];
}
