import { posix } from 'node:path';
import type { Fault, ValidationItem } from '../../parsers/evidence.ts';
import { setVariable } from '../../source/edits.ts';
import { callsOf } from '../../source/python.ts';
import type { Argument } from '../../source/python.ts';
import { lineAt, nodesOf, stringValue } from '../../source/syntax.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { ownFrame } from '../mechanisms/faults.ts';
import { fromModule, fromWorkingFolder, namesakes } from '../mechanisms/missing-paths.ts';
import { entryOf, settingsItems } from '../mechanisms/settings.ts';
import { environmentFile, variableBehind } from '../mechanisms/variables.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'pydantic-path-missing';

const TYPES: Readonly<Record<string, string>> = { path_not_directory: 'folder', path_not_file: 'file', path_not_exists: 'path', 'value_error.path.not_a_directory': 'folder', 'value_error.path.not_a_file': 'file', 'value_error.path.not_exists': 'path' };

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'A model that is made at start-up is given a path that leads to nothing.',
  refines: ['settings-int-parsing', 'pydantic-validation-failed', 'package-refuses-call', 'third-party-crash', 'unknown-failure'],
  detect: (evidence, source) => evidence.faults.flatMap((fault, at) => fault.validation.flatMap((item): readonly Finding[] => {
    const what = TYPES[item.type];
    const given = what === undefined || fault.during !== 'start' ? undefined : placeOf(fault, item, source);
    if (what === undefined || given === undefined) return [];
    const { file, line, path, variable } = given;
    return [{
      kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', file: file.path, line, facts: { model: item.model, field: item.location, path: path ?? '' },
      what: `${item.model} is given ${path === undefined ? 'a path' : path} as ${item.location}, and there is no such ${what}.`,
      why: `The model is made while the server starts and looks whether the ${what} is there. ${variable === undefined ? 'The path is put together in the code' : `The path comes from the variable ${variable}`}; what lies only on one machine is not part of the tree.`,
      todo: `Bring the ${what} into the tree, or let ${variable ?? item.location} lead to where it is.`,
      candidates: candidates(given, what, source), explains: [at],
    }];
  })),
};

interface Given {
  readonly file: SourceFile;
  readonly line: number;
  /** As written. */
  readonly path?: string;
  readonly argument?: Argument;
  readonly variable?: string;
}

function placeOf(fault: Fault, item: ValidationItem, source: Source): Given | undefined {
  const own = fault.chain.toReversed().map(ownFrame).find((frame) => frame !== undefined);
  const file = source.files.get(own?.file ?? '');
  if (own === undefined || file === undefined) return undefined;
  const call = callsOf(file).find(({ line, written }) => line === own.line && written.split('.').at(-1) === item.model);
  const argument = call?.arguments.find(({ name }) => name === item.location);
  const settings = settingsItems({ stage: 'config', names: [], faults: [fault] }, source).find((each) => each.item === item);
  const variable = argument === undefined ? settings?.variable : variableBehind(source, file, argument.value);
  const entry = variable === undefined ? undefined : entryOf(environmentFile(source), variable);
  const set = variable === undefined ? undefined : entry?.value ?? settings?.field?.defaultValue;
  const path = argument === undefined || variable !== undefined ? set ?? undefined : lastString(file, argument);
  const place = entry !== undefined ? { file: environmentFile(source), line: entry.line } : settings?.field !== undefined && set === settings.field.defaultValue ? { file: source.files.get(settings.field.file) ?? file, line: settings.field.line } : { file, line: argument === undefined ? own.line : lineAt(file.text, argument.start) };
  return { ...place, ...(path === undefined || path === '' ? {} : { path }), ...(argument === undefined ? {} : { argument }), ...(variable === undefined ? {} : { variable }) };
}

function lastString(file: SourceFile, { valueSpan }: Argument): string | undefined {
  return nodesOf(file, 'string').filter((node) => node.startIndex >= valueSpan.start && node.endIndex <= valueSpan.end).flatMap((node) => stringValue(node) ?? []).at(-1);
}

/** Only where the tree has one thing of that name, and the path does not lead there already. */
function candidates({ file, path, argument, variable }: Given, what: string, source: Source): readonly Fix[] {
  const found = path === undefined ? [] : namesakes(source, path, what === 'folder');
  const [there] = found;
  if (path === undefined || there === undefined || found.length > 1) return [];
  if (variable !== undefined) {
    const settings = environmentFile(source);
    if (entryOf(settings, variable) === undefined || fromWorkingFolder(source, path) === there) return [];
    const value = posix.relative(source.run.cwd, there);
    return fixOf({ title: `Set ${variable} to ${value} in ${settings.path}`, safety: 'likely', edits: setVariable(settings, variable, value), explanation: `${there} is the only ${what} of the tree that ends with ${path}.` });
  }
  return argument === undefined ? [] : fixOf({
    title: `Find ${path} from the place of ${file.path}`, safety: 'likely', edits: fromModule(file, argument.valueSpan, there),
    explanation: `${there} is the only ${what} of the tree that ends with ${path}. A path that begins at the module leads there wherever the server is started.`,
  });
}
