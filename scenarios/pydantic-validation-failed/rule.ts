import type { Fault, ValidationItem } from '../../parsers/evidence.ts';
import { setVariable } from '../../source/edits.ts';
import { callsOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { ownFrame } from '../mechanisms/faults.ts';
import { entryOf } from '../mechanisms/settings.ts';
import { environmentFile, variableBehind } from '../mechanisms/variables.ts';
import { firstLine, fixOf, list, steady } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'pydantic-validation-failed';

/** What satisfies a check that the message names, whatever the value is for. */
const VALUES: readonly { readonly said: RegExp; readonly value: (now: string) => string | undefined }[] = [
  { said: /email address/i, value: (now) => (now.includes('@') ? undefined : 'admin@example.com') },
  // A bare host lacks its scheme only.
  { said: /valid URL|URL scheme/i, value: (now) => (/^[\w-]+(?:\.[\w-]+)*(?::\d+)?(?:\/\S*)?$/.test(now) ? `http://${now}` : now.includes('://') ? undefined : 'http://localhost') },
];

interface Refused {
  readonly item: ValidationItem;
  /** The variable that the argument gets its value from. */
  readonly variable: string | undefined;
}

/** Settings classes of the tree are told by kinds of their own; this is any other model that the start makes, such as a package's own configuration. */
export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'A pydantic model that is made at start-up refuses what it is given.',
  refines: ['package-refuses-call', 'third-party-crash', 'unknown-failure'],
  lastResort: true,
  detect: (evidence, source) => evidence.faults.flatMap((fault, at): Finding[] => {
    const found = fault.during === 'start' ? placeOf(fault, source) : undefined;
    if (found === undefined) return [];
    const { file, line, call, model, items } = found;
    const refused = items.map((item): Refused => ({ item, variable: variableOf(item, call, file, source) }));
    const variables = [...new Set(refused.flatMap(({ variable }) => variable ?? []))];
    return [{
      kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', file: file.path, line,
      facts: { model, fields: items.map(({ location }) => location).join(','), said: steady(items[0]?.message ?? '') },
      what: `${model} in ${file.path} refuses ${list(items.slice(0, 4).map(({ location, message }) => (location === '' ? firstLine(message, 160) : `${location} (${firstLine(message, 160)})`)))}.`,
      why: variables.length === 0
        ? 'The model is made while the server starts, and what the code gives it does not pass its checks.'
        : `The model is made while the server starts, from the ${variables.length === 1 ? 'variable' : 'variables'} ${list(variables)}, and the value does not pass its checks.`,
      todo: variables.length === 0 ? `Look at what line ${String(line)} of ${file.path} gives to ${model}.` : `Give ${list(variables)} a value that ${model} takes.`,
      candidates: corrected(refused, source), explains: [at],
    }];
  }).slice(0, 1),
};

function placeOf(fault: Fault, source: Source): { readonly file: SourceFile; readonly line: number; readonly call: Call | undefined; readonly model: string; readonly items: readonly ValidationItem[] } | undefined {
  const own = fault.chain.toReversed().map(ownFrame).find((frame) => frame !== undefined);
  const file = source.files.get(own?.file ?? '');
  const [first] = fault.validation;
  if (own === undefined || file === undefined || first === undefined) return undefined;
  const call = callsOf(file).find(({ line, written }) => line === own.line && written.split('.').at(-1) === first.model);
  return { file, line: own.line, call, model: first.model, items: fault.validation.filter(({ model }) => model === first.model) };
}

function variableOf({ location }: ValidationItem, call: Call | undefined, file: SourceFile, source: Source): string | undefined {
  const argument = call?.arguments.find(({ name }) => name === location.split('.')[0]);
  return argument === undefined ? undefined : variableBehind(source, file, argument.value);
}

/** Only for one field, whose value comes from a variable, and whose message says what it wants. */
function corrected(refused: readonly Refused[], source: Source): readonly Fix[] {
  const [only] = refused;
  const wanted = VALUES.find(({ said }) => said.test(only?.item.message ?? ''));
  if (refused.length !== 1 || only?.variable === undefined || wanted === undefined) return [];
  const file = environmentFile(source);
  const value = wanted.value(entryOf(file, only.variable)?.value ?? '');
  return value === undefined ? [] : fixOf({
    title: `Set ${only.variable} in ${file.path}`, safety: 'likely', edits: setVariable(file, only.variable, value),
    explanation: 'The value passes the check, so that the server starts; see that it is the one you mean before you deploy.',
  });
}
