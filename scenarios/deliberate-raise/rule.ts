import { ownFrame } from '../mechanisms/faults.ts';
import { nodesOf } from '../../source/syntax.ts';
import { firstLine, steady } from '../mechanisms/words.ts';
import type { Evidence } from '../../parsers/evidence.ts';
import type { Source } from '../../source/types.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'deliberate-raise';

/** The last line of the traceback is a `raise` or an `assert` of the tree itself, and no other kind knows why. */
export const rule: Rule = {
  kind,
  stage: 'lifespan',
  category: 'ENTRYPOINT',
  severity: 'CRITICAL',
  title: 'The code refuses to start on purpose: it raises an error of its own.',
  refines: ['unknown-failure'],
  lastResort: true,
  detect: (evidence, source) => evidence.faults.flatMap((_, at) => refused(evidence, source, at)),
};

function refused(evidence: Evidence, source: Source, at: number): readonly Finding[] {
  const fault = evidence.faults[at];
  const last = fault?.chain.at(-1);
  const own = last === undefined ? undefined : ownFrame(last);
  const file = source.files.get(own?.file ?? '');
  if (last === undefined || own === undefined || file === undefined || own !== last.frames.at(-1) || fault?.during !== 'start') return [];
  const node = nodesOf(file, ['raise_statement', 'assert_statement']).find((each) => each.startPosition.row + 1 <= own.line && own.line <= each.endPosition.row + 1);
  if (node === undefined) return [];
  const asserted = node.type === 'assert_statement';
  return [{
    kind, stage: evidence.stage, severity: 'CRITICAL', category: 'ENTRYPOINT', file: own.file, line: own.line, facts: { file: own.file, type: last.type, said: steady(last.message) },
    what: `${own.file} refuses to go on: ${firstLine(last.message === '' ? last.type : `${last.type}: ${last.message}`)}`,
    why: `${asserted ? 'An assertion' : 'An error'} of the code itself ends the start. It says what the author did not want to happen; taking the check away would hide that, not cure it.`,
    todo: `Read what the ${asserted ? 'assertion' : 'error'} in ${own.file} asks for and provide it, or change the rule that it guards.`,
    candidates: [], explains: [at],
  }];
}
