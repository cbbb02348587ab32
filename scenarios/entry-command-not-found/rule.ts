import { normaliseName } from '../../source/manifest.ts';
import type { PackageIndex, Source } from '../../source/types.ts';
import { addDistribution, declared, manifestOf, providerOf } from '../mechanisms/distributions.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'entry-command-not-found';

/** `sh: 1: alembic: command not found`, `exec: "uvicorn": executable file not found in $PATH` */
export const rule: Rule = {
  kind,
  stage: 'install',
  category: 'DEPENDENCY',
  severity: 'CRITICAL',
  title: 'The start runs a program that nothing installs.',
  detect: (evidence, source, index) => {
    const at = evidence.faults.findIndex(({ server }) => server?.problem === 'command-missing' && server.command !== undefined);
    const program = evidence.faults[at]?.server?.command?.split('/').at(-1);
    if (program === undefined || program === '') return [];
    // What says which of the project's own commands failed is the same fault.
    const explains = evidence.faults.flatMap(({ form, summary }, each) => (each === at || (form === 'exit' && summary.startsWith(program)) ? [each] : []));
    return [findingFor(program, explains, source, index)];
  },
};

function findingFor(program: string, explains: readonly number[], source: Source, index: PackageIndex): Finding {
  const manifest = manifestOf(source);
  const user = importedBy(program, source);
  return {
    kind, stage: 'install', severity: 'CRITICAL', category: 'DEPENDENCY', file: manifest, facts: { program },
    what: `The start runs ${program}, and no installed package brings a program of that name.`,
    why: user === undefined ? `${manifest} names no package that installs ${program}, and no file of the tree imports one of that name.` : `${user} imports ${program}, and ${manifest} does not name the package that brings it.`,
    todo: `Add the package that brings the program ${program} to ${manifest}, or take the command out of the start.`,
    candidates: user === undefined ? [] : installed(program, source, index), explains,
  };
}

/** A program alone may come from anywhere; one that is also a module of the code's comes from that module's distribution. */
function importedBy(program: string, source: Source): string | undefined {
  const module = normaliseName(program).replaceAll('-', '_');
  return source.imports.find((statement) => statement.module.split('.')[0] === module)?.file;
}

function installed(program: string, source: Source, index: PackageIndex): readonly Fix[] {
  const { distribution } = providerOf(normaliseName(program).replaceAll('-', '_'), index);
  if (declared(source, distribution) !== undefined) return [];
  return fixOf({
    title: `Add ${distribution} to ${manifestOf(source)}`, safety: 'safe', edits: addDistribution(source, index, distribution),
    explanation: `${distribution} brings the program ${program} and the module of that name, which the tree imports.`,
  });
}
