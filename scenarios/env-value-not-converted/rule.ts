import { dotenvEntries } from '../../source/dotenv.ts';
import { replaceValue } from '../../source/edits.ts';
import { callsOf } from '../../source/python.ts';
import { replaceSpan } from '../../source/splice.ts';
import { harmlessValue, looksSecret } from '../../source/environment.ts';
import type { Source, VariableRead } from '../../source/types.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import type { Seen } from '../mechanisms/faults.ts';
import { entryOf, exampleOf } from '../mechanisms/settings.ts';
import { environmentFile, variableBehind } from '../mechanisms/variables.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'env-value-not-converted';

/** `invalid literal for int() with base 10: 'many'` · `could not convert string to float: 'fast'` · `invalid truth value 'perhaps'` */
const REFUSED = /^(?:invalid literal for int\(\) with base \d{1,2}: |could not convert string to float: |invalid truth value )['"](?<value>[^'"]{0,300})['"]$/;

/** `Expecting value: line 1 column 1 (char 0)` */
const NO_JSON = /^(?:Expecting|Extra data|Unterminated string|Invalid control character|Illegal trailing comma)/;

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The code turns an environment variable into a number, and its value is none.',
  detect: (evidence, source) => [...raised(evidence, ['ValueError'], REFUSED).flatMap((seen) => findingFor(seen, source)), ...raised(evidence, ['JSONDecodeError'], NO_JSON).flatMap((seen) => noJson(seen, source))],
};

/** `json.loads(os.environ["ORIGINS"])` and a value that is no JSON. */
function noJson(seen: Seen, source: Source): Finding[] {
  const own = ownFrameOf(seen);
  const reader = source.files.get(own?.file ?? '');
  const file = environmentFile(source);
  const call = own === undefined || reader === undefined ? undefined : callsOf(reader).find((each) => each.line <= own.line && own.line <= each.node.endPosition.row + 1 && /(?:^|\.)loads$/.test(each.written));
  const variable = reader === undefined || call?.arguments[0] === undefined ? undefined : variableBehind(source, reader, call.arguments[0].value);
  const entry = variable === undefined ? undefined : entryOf(file, variable);
  if (own === undefined || entry === undefined) return [];
  const value = entry.value ?? '';
  const items = value.split(',').map((each) => each.trim()).filter((each) => each !== '');
  const listed = items.length > 0 && !/[[\]{}"]/.test(value) ? JSON.stringify(items) : undefined;
  const values = [...new Set([listed, exampleOf(source, entry.name)])].filter((each): each is string => each !== undefined && each !== value && isJson(each));
  return [{
    kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', file: file.path, line: entry.line, facts: { name: entry.name },
    what: `${file.path} sets ${entry.name} to something that is no JSON, and ${own.file} reads it as JSON.`,
    why: 'The code reads the variable with json.loads while the module loads, so the value alone stops the start. Texts of JSON stand in double quotes, and a list in brackets.',
    todo: `Write ${entry.name} in ${file.path} as JSON.`,
    candidates: values.flatMap((each) => fixOf({
      title: `Write ${entry.name} as JSON in ${file.path}`, safety: 'likely', edits: replaceSpan(file, entry, each), explanation: each === listed ? 'The values stay as they are, as a list of JSON.' : 'That is what the example file shows.',
    })), explains: [seen.at],
  }];
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function findingFor(seen: Seen, source: Source): Finding[] {
  const own = ownFrameOf(seen);
  const file = environmentFile(source);
  const value = seen.match?.groups?.['value'] ?? '';
  const here = source.variables.filter((read) => read.file === own?.file);
  // The message names the value only: it is the variable's that the failing file reads.
  const entry = dotenvEntries(file.text).find((each) => each.value === value && here.some((read) => read.name === each.name));
  const read = here.find((each) => each.name === entry?.name);
  if (entry === undefined || read === undefined) return [];
  const shown = looksSecret(entry.name, value) ? 'its value' : JSON.stringify(value);
  return [{
    kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', file: file.path, line: entry.line, facts: { name: entry.name },
    what: `${file.path} sets ${entry.name} to ${shown}, and ${read.file} cannot turn that into ${read.type === 'str' ? 'the number it needs' : `its ${read.type}`}.`,
    why: `${read.file}:${read.line} converts the variable while the module loads, so the value alone stops the start.`,
    todo: `Give ${entry.name} in ${file.path} a value that ${read.file}:${read.line} can convert.`,
    candidates: corrections(entry.name, read, source), explains: [seen.at],
  }];
}

/** What the code itself takes when the variable is not set; else a harmless value of the type. */
function corrections(name: string, read: VariableRead, source: Source): readonly Fix[] {
  const file = environmentFile(source);
  const value = read.default ?? harmlessValue(source, name, read.type === 'str' ? 'int' : read.type);
  return fixOf({
    title: `Set ${name} to ${value} in ${file.path}`, safety: 'likely', edits: replaceValue(file, name, value),
    explanation: read.default === null ? `${value} is of the right type, so that the server starts; check that it is the value you want.` : `${value} is what ${read.file} takes when the variable is not set.`,
  });
}
