import { settingsItems } from '../mechanisms/settings.ts';
import { otherwise, placeOfValue, putInPlace, wrongValue } from '../mechanisms/settings-values.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'settings-constraint';

const LIMIT = /^(?:string_too_(?:short|long)|too_(?:short|long)|greater_than(?:_equal)?|less_than(?:_equal)?|multiple_of|string_pattern_mismatch|value_error|assertion_error|value_error\..*)$/;

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The value of a setting is of the right type, and outside of what the code allows.',
  refines: ['settings-int-parsing'],
  detect: (evidence, source) => settingsItems(evidence, source).filter(({ item }) => LIMIT.test(item.type)).map((item): Finding => {
    const wrong = wrongValue(item, source);
    const said = item.item.message.replace(/\s*\[type=[\s\S]*$/, '').replace(/^(?:Input|String|Value error,|Assertion failed,)\s*/, '').slice(0, 200);
    return {
      kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', ...placeOfValue(wrong), facts: { variable: item.variable, type: item.item.type },
      what: `The value of ${item.variable} is not allowed: it ${said.charAt(0).toLowerCase()}${said.slice(1)}.`,
      why: `${item.settings.name} in ${item.settings.file} sets a limit for this field, so that the server does not start with a value that would not do.`,
      todo: `Choose a value for ${item.variable} that keeps to the limit.`,
      // A limit is never loosened: the value gives way.
      candidates: putInPlace(wrong, [...atLimit(item.item.type, said), ...otherwise(wrong, source)], 'The new value keeps to the limit, so that the server starts; put one of your own in its place before you deploy.'),
      explains: [item.at],
    };
  }),
};

/** `should be greater than or equal to 1` */
function atLimit(type: string, said: string): readonly string[] {
  const bound = /(?<bound>-?\d+(?:\.\d+)?)\s*$/.exec(said.replace(/ characters?$/, ''))?.groups?.['bound'];
  if (bound === undefined || !/than/.test(type)) return [];
  if (type.endsWith('_equal')) return [bound];
  return [String(Number(bound) + (type.startsWith('greater') ? 1 : -1))];
}
