import { lookAlikes } from '../mechanisms/names.ts';
import { settingsItems } from '../mechanisms/settings.ts';
import { otherwise, placeOfValue, putInPlace, wrongValue } from '../mechanisms/settings-values.ts';
import { list } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'settings-literal';

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The value of a setting is none of those that the code allows.',
  refines: ['settings-int-parsing'],
  detect: (evidence, source) => settingsItems(evidence, source).filter(({ item }) => /^(?:literal_error|enum|type_error\.enum|value_error\.const)$/.test(item.type)).map((item): Finding => {
    const wrong = wrongValue(item, source);
    const allowed = allowedBy(item.item.message);
    return {
      kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', ...placeOfValue(wrong), facts: { variable: item.variable },
      what: `The value of ${item.variable} is none of those that ${item.settings.name} allows${allowed.length === 0 ? '' : `: ${list(allowed)}`}.`,
      why: 'The field takes a fixed set of values, in exactly this spelling; case counts.',
      todo: `Set ${item.variable} to one of the allowed values.`,
      candidates: putInPlace(wrong, [...meant(wrong.value, allowed), ...otherwise(wrong, source).filter((value) => value !== undefined && (allowed.length === 0 || allowed.includes(value))), allowed[0]], 'The new value is one that the field allows; check that it is the one you mean.'),
      explains: [item.at],
    };
  }),
};

/** `Input should be 'debug', 'info' or 'error'` */
function allowedBy(message: string): readonly string[] {
  return [...message.matchAll(/'(?<value>[^']{1,100})'/g)].map((match) => match.groups?.['value'] ?? '');
}

/** The same in another case, cut short or written out, then a slip. */
function meant(value: string, allowed: readonly string[]): readonly string[] {
  const low = value.trim().toLowerCase();
  const same = allowed.filter((each) => each.toLowerCase() === low);
  const cut = low.length < 2 ? [] : allowed.filter((each) => each.toLowerCase().startsWith(low) || low.startsWith(each.toLowerCase()));
  return [...same, ...cut, ...lookAlikes(value, allowed)];
}
