import type { Frame } from '../../parsers/evidence.ts';
import { setVariable } from '../../source/edits.ts';
import { harmlessValue } from '../../source/environment.ts';
import { callsOf } from '../../source/python.ts';
import type { Source } from '../../source/types.ts';
import { nodesOf } from '../../source/syntax.ts';
import { fileOfModule } from '../mechanisms/apps.ts';
import { refusals } from '../mechanisms/crashes.ts';
import { isServerCode } from '../mechanisms/engines.ts';
import { entryOf, exampleOf } from '../mechanisms/settings.ts';
import { statedFixes } from '../mechanisms/version-findings.ts';
import { crashFixes } from '../mechanisms/versions.ts';
import { firstLine, fixOf, list } from '../mechanisms/words.ts';
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
    const place = namedDefinition(exception.message, source) ?? caller;
    return {
      kind, stage: evidence.stage === 'lifespan' ? 'lifespan' : 'import', severity: 'CRITICAL', category: evidence.stage === 'lifespan' ? 'ENTRYPOINT' : 'IMPORT',
      file: place.file, line: place.line, facts: { package: owner.name, file: place.file },
      what: `${owner.name} ${owner.version} refuses what ${place.file} asks of it: ${said}`,
      why: `The line${code === '' ? '' : ` "${code}"`} leads to a check in ${owner.name} that raises this error on purpose. What it was given, or the moment, is not what it takes.${fed(variables)}`,
      todo: `Read the message: it is ${owner.name}'s own. ${variables.length === 0 ? '' : `See whether ${list(variables)} ${variables.length === 1 ? 'has' : 'have'} a value that it takes. `}Look up in the documentation of ${owner.name} ${owner.version} what this ${shapeOf(code)} takes; code written for another release may need that release.`,
      candidates: [...anotherValue(variables, source), ...statedFixes(exception, source, index), ...crashFixes(source, index)], explains: [at],
    };
  }),
};

/** `<function list_items at 0x…>`, `app.controllers.BookController.get_book`: what the message is about, where the tree defines one thing of that name. */
function namedDefinition(message: string, source: Source): { readonly file: string; readonly line: number } | undefined {
  const text = message.slice(0, 1_000);
  const object = /<(?:function|class) '?(?<name>[\w.]{1,200})'?(?: at 0x\w+)?>/.exec(text)?.groups?.['name'];
  const names = [...(object === undefined ? [] : [object]), ...[...text.matchAll(/(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*){1,8}/g)].map(([name]) => name)];
  for (const name of names.slice(0, 10)) {
    const found = definitionsNamed(name, source);
    if (found.length === 1) return found[0];
  }
  return undefined;
}

/** Functions, methods and classes with that name whose module, when the name has one, is a file of the tree. */
function definitionsNamed(dotted: string, source: Source): readonly { readonly file: string; readonly line: number }[] {
  const parts = dotted.replace('.<locals>', '').split('.');
  const name = parts.at(-1) ?? '';
  const module = parts.length < 2 ? undefined : parts.map((_, at) => parts.slice(0, at + 1).join('.')).findLast((prefix) => fileOfModule(prefix, source) !== undefined);
  if (parts.length > 1 && module === undefined) return [];
  const files = module === undefined ? [...source.files.values()].filter(({ path, text }) => isServerCode(path) && text.includes(name)) : [fileOfModule(module, source)];
  return files.flatMap((file) => (file === undefined ? [] : nodesOf(file, ['function_definition', 'class_definition']).filter((node) => node.childForFieldName('name')?.text === name)
    .map((node) => ({ file: file.path, line: node.startPosition.row + 1 }))));
}

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
