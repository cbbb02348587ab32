import { dotenvEntries } from '../../source/dotenv.ts';
import { ownFrameOf, raised } from '../mechanisms/faults.ts';
import { environmentFile, giveToProcess, variableBehind } from '../mechanisms/variables.ts';
import type { Source } from '../../source/types.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'env-value-none';

/** `int() argument must be a string, a bytes-like object or a real number, not 'NoneType'`, `'NoneType' object has no attribute 'split'` */
const IS_NONE = /\bnot ['"]?NoneType['"]?|\(not "NoneType"\)|'NoneType' (?:object|and)|and 'NoneType'|type 'NoneType'|got None\b|must be .{1,60}, not None/;

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The code works with an environment variable that nobody sets, and gets None.',
  refines: ['attributeerror-at-import', 'unknown-failure'],
  detect: (evidence, source, index) => raised(evidence, ['TypeError', 'AttributeError', 'ValueError'], IS_NONE).flatMap((seen): readonly Finding[] => {
    const own = ownFrameOf(seen);
    const code = source.files.get(own?.file ?? '');
    const variable = code === undefined ? undefined : variableBehind(source, code, lineOf(code.text, own?.line ?? 0));
    if (own === undefined || variable === undefined || isSet(source, variable)) return [];
    const file = environmentFile(source);
    return [{
      kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', file: own.file, line: own.line, facts: { variable },
      what: `The environment variable ${variable} is not set, and ${own.file} works with it as if it were.`,
      why: 'os.getenv gives None for a variable that nobody sets. The error comes where the value is used, and does not name the variable.',
      todo: `Set ${variable} in ${file.path} or in the environment of the server, or give os.getenv a default.`,
      candidates: giveToProcess(source, index, code, variable, /\b(?:int|float)\(/.exec(seen.match?.input ?? '')?.[0].slice(0, -1) ?? 'str'), explains: [seen.at],
    }];
  }),
};

function lineOf(text: string, line: number): string {
  return text.split('\n')[line - 1] ?? '';
}

function isSet(source: Source, variable: string): boolean {
  return variable in source.run.env || dotenvEntries(environmentFile(source).text).some((entry) => entry.name === variable && entry.value !== null);
}
