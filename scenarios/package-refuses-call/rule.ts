import type { Frame } from '../../parsers/evidence.ts';
import { setVariable } from '../../source/edits.ts';
import { harmlessValue } from '../../source/environment.ts';
import { callsOf } from '../../source/python.ts';
import type { Source } from '../../source/types.ts';
import { refusals } from '../mechanisms/crashes.ts';
import { entryOf, exampleOf } from '../mechanisms/settings.ts';
import { statedFixes } from '../mechanisms/version-findings.ts';
import { crashFixes } from '../mechanisms/versions.ts';
import { firstLine, fixOf, list, steady } from '../mechanisms/words.ts';
import { environmentFile, variableBehind } from '../mechanisms/variables.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'package-refuses-call';

/** Seen only when no other rule explained the fault: many kinds know one such refusal, and what to do about it. */
export const rule: Rule = {
  kind,
  stage: 'import',
  category: 'IMPORT',
  severity: 'CRITICAL',
  title: 'A package raises an error about what the code asks of it.',
  refines: ['third-party-crash', 'unknown-failure'],
  lastResort: true,
  detect: (evidence, source, index) => refusals(evidence, index).slice(0, 1).map(({ at, exception, owner, caller }): Finding => {
    const said = firstLine(exception.message === '' ? exception.type : `${exception.type}: ${exception.message}`);
    const code = firstLine((caller.source ?? '').trim(), 120);
    const variables = variablesIn(caller, source);
    return {
      kind, stage: evidence.stage === 'lifespan' ? 'lifespan' : 'import', severity: 'CRITICAL', category: evidence.stage === 'lifespan' ? 'ENTRYPOINT' : 'IMPORT',
      file: caller.file, line: caller.line, facts: { package: owner.name, type: exception.type, said: steady(exception.message), file: caller.file },
      what: `${owner.name} ${owner.version} refuses what ${caller.file} asks of it: ${said}`,
      why: `The line${code === '' ? '' : ` "${code}"`} leads to a check in ${owner.name} that raises this error on purpose. What it was given, or the moment, is not what it takes.${fed(variables)}`,
      todo: `Read the message: it is ${owner.name}'s own. ${variables.length === 0 ? '' : `See whether ${list(variables)} holds what it asks for. `}Look up in the documentation of ${owner.name} ${owner.version} what this ${shapeOf(code)} takes; code written for another release may need that release.`,
      candidates: [...anotherValue(variables, source), ...statedFixes(exception, source, index), ...crashFixes(source, index)], explains: [at],
    };
  }),
};

function shapeOf(code: string): string {
  return code.startsWith('class') ? 'class' : code.startsWith('@') ? 'decorator' : 'call';
}

/** Environment variables that the calls of the line get values from. */
function variablesIn({ file: path, line }: Frame, source: Source): readonly string[] {
  const file = source.files.get(path);
  if (file === undefined) return [];
  const calls = callsOf(file).filter((call) => call.line <= line && line <= call.node.endPosition.row + 1 && call.node.endPosition.row - call.node.startPosition.row < 30);
  return [...new Set(calls.flatMap((call) => call.arguments.flatMap(({ value }) => variableBehind(source, file, value.slice(0, 300)) ?? [])))].slice(0, 3);
}

/** For the only variable there is, when the environment file gives it a value: the one that the example shows, or one of the form that such a name asks for. */
function anotherValue([variable, ...others]: readonly string[], source: Source): readonly Fix[] {
  const file = environmentFile(source);
  const now = variable === undefined || others.length > 0 ? undefined : entryOf(file, variable)?.value;
  if (variable === undefined || now === undefined || now === null || now === '') return [];
  const type = source.variables.find(({ name }) => name === variable)?.type ?? 'str';
  const values = new Set([exampleOf(source, variable), harmlessValue(source, variable, type)].filter((value) => value !== undefined && value !== now));
  return [...values].flatMap((value) => (value === undefined ? [] : fixOf({
    title: `Set ${variable} in ${file.path} to a value of the usual form`, safety: 'likely', edits: setVariable(file, variable, value),
    explanation: `The value that ${file.path} gives it is refused. This one is harmless and lets the server start; put your own in its place before you deploy.`,
  })));
}

function fed(variables: readonly string[]): string {
  return variables.length === 0 ? '' : ` It is given ${list(variables)} from the environment.`;
}
