import { callsOf } from '../../source/python.ts';
import type { Source } from '../../source/types.ts';
import { repairs } from '../mechanisms/syntax-repairs.ts';
import { codeAt, saidOf, syntaxErrors } from '../mechanisms/syntax.ts';
import type { Broken } from '../mechanisms/syntax.ts';
import { lineText } from '../mechanisms/text-lines.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'param-default-order';

/** `parameter without a default follows parameter with a default` (3.12 and later), `non-default argument follows default argument` */
const ORDER = /^(?:parameter without a default follows parameter with a default|non-default argument follows default argument)/;

export const rule: Rule = {
  kind,
  stage: 'syntax',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A parameter without a default stands behind one that has one.',
  refines: ['syntax-error'],
  detect: (evidence, source) => syntaxErrors(evidence, source).filter(({ exception }) => ORDER.test(saidOf(exception))).map((broken) => findingFor(broken, source)),
};

function findingFor(broken: Broken, source: Source): Finding {
  const { file, line, at } = broken;
  const name = /def (?<name>\w+)/.exec(lineText(file, line))?.groups?.['name'] ?? 'a function';
  return {
    kind, stage: 'syntax', severity: 'CRITICAL', category: 'IMPORT', file: file.path, line, facts: { file: file.path, code: codeAt(broken) },
    what: `${name} in ${file.path} has a parameter without a default behind one with a default.`,
    why: 'Python passes arguments by position unless told otherwise, so all parameters that must be given have to come first.',
    todo: `Move the parameters of ${name} that have no default in front of the others.`,
    candidates: calledByPosition(name, source) ? [] : repairs(broken), explains: [at],
  };
}

/** Then a `*` would break the callers. */
function calledByPosition(name: string, source: Source): boolean {
  return [...source.files.values()].some((file) => file.path.endsWith('.py') && callsOf(file, [name]).some((call) => call.arguments.some((each) => each.name === undefined)));
}
