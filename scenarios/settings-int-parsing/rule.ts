import { replaceValue } from '../../source/edits.ts';
import { harmlessValue } from '../../source/environment.ts';
import type { Source } from '../../source/types.ts';
import { entryOf, envFileOf, exampleOf, settingsItems } from '../mechanisms/settings.ts';
import type { SettingsItem } from '../mechanisms/settings.ts';
import { literal } from '../mechanisms/settings-values.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'settings-int-parsing';

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The value of a setting cannot be read as what the code expects.',
  detect: (evidence, source) => settingsItems(evidence, source).filter(({ item }) => item.type !== 'missing' && item.type !== 'extra_forbidden').map((wrong): Finding => {
    const { settings, field, item, variable, at } = wrong;
    const file = envFileOf(settings, source);
    const entry = entryOf(file, variable);
    const type = field?.type ?? item.type.replace(/_(?:parsing|type)$/, '');
    return {
      kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', file: entry === undefined ? settings.file : file.path, line: entry?.line ?? field?.line ?? settings.line,
      facts: { variable, type: item.type },
      what: `The value of ${variable} is no valid ${type}: ${rephrase(item.message)}.`,
      why: `${settings.name} in ${settings.file} reads ${variable} as ${type}, and the value that ${entry === undefined ? 'the environment' : file.path} gives cannot be read as one.`,
      todo: `Correct ${variable} in ${entry === undefined ? 'the environment of the server' : file.path}.`,
      candidates: entry === undefined ? [] : values(wrong, entry.value ?? '', source).flatMap((value) => fixOf({
        title: `Correct ${variable} in ${file.path}`, safety: 'likely', edits: replaceValue(file, variable, value),
        explanation: `The new value is a valid ${type}, so that the server starts; check that it is the one you mean.`,
      })), explains: [at],
    };
  }),
};

/** pydantic's sentence without its subject: `Input should be a valid integer, unable to parse …`. Never the value. */
function rephrase(message: string): string {
  return message.replace(/^Input should/, 'it should').replace(/\s*\[type=[\s\S]*$/, '').replace(/[.\s]+$/, '').slice(0, 200);
}

/** Values that pydantic reads as such: where the file has one already, it is not the file that is wrong. */
const READABLE: readonly { readonly type: string; readonly value: RegExp }[] = [
  { type: 'int', value: /^[-+]?\d+$/ },
  { type: 'float', value: /^[-+]?(?:\d+\.?\d*|\.\d+)$/ },
  { type: 'bool', value: /^(?:true|false|yes|no|on|off|[01tfyn])$/i },
];

/** What the value may have meant, then what others say it should be, then anything of the type. */
function values({ item, field, variable }: SettingsItem, now: string, source: Source): readonly string[] {
  if (READABLE.find(({ type }) => item.type.startsWith(type))?.value.test(now) === true) return [];
  const type = field?.type ?? 'str';
  const number = /^(?:int|float)/.test(item.type) ? /-?\d+(?:\.\d+)?/.exec(now)?.[0] : undefined;
  const whole = number !== undefined && item.type.startsWith('int') ? number.replace(/\..*$/, '') : number;
  const said = exampleOf(source, variable);
  const fallback = literal(field?.defaultText);
  return [...new Set([whole, said === now ? undefined : said, fallback, harmlessValue(source, variable, type)])].flatMap((value) => (value === undefined || value === now ? [] : [value]));
}
