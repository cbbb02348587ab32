import type { Evidence } from '../../parsers/evidence.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import { nodesOf } from '../../source/syntax.ts';
import { checkedVariable, isGiven } from '../mechanisms/checked-variables.ts';
import { ownFrame } from '../mechanisms/faults.ts';
import { environmentFile, giveToProcess } from '../mechanisms/variables.ts';
import { firstLine } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'env-variable-demanded';

/** `raise RuntimeError("SECRET_KEY is not set")` below a condition that looks at the variable, and `assert SECRET_KEY` */
export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The code demands an environment variable that nobody sets, and says so itself.',
  refines: ['deliberate-raise'],
  detect: (evidence, source, index) => evidence.faults.flatMap((_, at) => demanded(evidence, source, index, at)),
};

function demanded(evidence: Evidence, source: Source, index: PackageIndex, at: number): readonly Finding[] {
  const last = evidence.faults[at]?.chain.at(-1);
  const own = last === undefined ? undefined : ownFrame(last);
  if (last === undefined || own === undefined || own !== last.frames.at(-1)) return [];
  const file = source.files.get(own.file);
  const node = file === undefined ? undefined : nodesOf(file, ['raise_statement', 'assert_statement']).find((each) => each.startPosition.row + 1 <= own.line && own.line <= each.endPosition.row + 1);
  const checked = file === undefined || node === undefined ? undefined : checkedVariable(source, file, node);
  if (checked === undefined || checked.wanted !== undefined || isGiven(source, checked.variable)) return [];
  const settings = environmentFile(source);
  return [{
    kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', file: own.file, line: own.line, facts: { variable: checked.variable },
    what: `${own.file} demands the environment variable ${checked.variable}, and nobody sets it: ${firstLine(`${last.type}: ${last.message}`, 160)}`,
    why: 'The code looks at the variable while it starts and gives up when it is empty.',
    todo: `Set ${checked.variable} in ${settings.path} or in the environment of the server.`,
    candidates: giveToProcess(source, index, file, checked.variable, source.variables.find(({ name }) => name === checked.variable)?.type ?? 'str'), explains: [at],
  }];
}
