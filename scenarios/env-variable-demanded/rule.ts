import type { Evidence } from '../../parsers/evidence.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import { nodesOf } from '../../source/syntax.ts';
import { checkedVariable, isGiven } from '../mechanisms/checked-variables.ts';
import { endsInPackage, ownFrame, ownFrameOf, raised } from '../mechanisms/faults.ts';
import type { Seen } from '../mechanisms/faults.ts';
import { environmentFile, giveToProcess } from '../mechanisms/variables.ts';
import { firstLine } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'env-variable-demanded';

/** `the OPENAI_API_KEY or OPENAI_ADMIN_KEY environment variable`, `environment variable SERVICE_URL`: the first one named. */
const NAME = '[`\'"]?(?<name>[A-Z][A-Z0-9]*_[A-Z0-9_]+)[`\'"]?';
const NAMED = new RegExp(`${NAME}(?:,? (?:or|and) [\`'"]?[A-Z][A-Z0-9_]+[\`'"]?)? environment variable|[Ee]nvironment variable ${NAME}`);
/** Access and addresses only: a switch that a message advises (`set X=1 to see more`) is nothing that the package lacks. */
const ACCESS = /_(?:KEY|TOKEN|SECRET|PASSWORD|URL|URI|DSN|ENDPOINT|API_VERSION)$/;

/** `raise RuntimeError("SECRET_KEY is not set")` below a condition that looks at the variable, `assert SECRET_KEY`, and packages whose error names the variable. */
export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The code demands an environment variable that nobody sets, and says so itself.',
  refines: ['deliberate-raise', 'third-party-crash'],
  detect: (evidence, source, index) => [
    ...evidence.faults.flatMap((_, at) => demanded(evidence, source, index, at)),
    ...raised(evidence, [], NAMED).flatMap((seen) => demandedByPackage(seen, source, index)),
  ],
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

/** A client of a service that is made without its key: the package raises, and its message says which variable it reads. */
function demandedByPackage({ at, exception, fault, match }: Seen, source: Source, index: PackageIndex): readonly Finding[] {
  const variable = match?.groups?.['name'] ?? '';
  const own = ownFrameOf({ exception, fault });
  const file = source.files.get(own?.file ?? '');
  if (own === undefined || file === undefined || !endsInPackage(exception) || !ACCESS.test(variable) || isGiven(source, variable)) return [];
  return [{
    kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', file: own.file, line: own.line, facts: { variable },
    what: `What ${own.file} calls needs the environment variable ${variable}, and nobody sets it: ${firstLine(`${exception.type}: ${exception.message}`, 160)}`,
    why: 'The package reads the variable itself when the code does not pass the value, and gives up without it.',
    todo: `Set ${variable} in ${environmentFile(source).path} or in the environment of the server.`,
    candidates: giveToProcess(source, index, file, variable, 'str'), explains: [at],
  }];
}
