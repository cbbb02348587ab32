import { settingsItems } from '../mechanisms/settings.ts';
import { otherwise, placeOfValue, putInPlace, wrongValue } from '../mechanisms/settings-values.ts';
import type { WrongValue } from '../mechanisms/settings-values.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'settings-complex-env-parse';

/** Errors of values that should be collections: not JSON, or JSON of another form. */
const COLLECTION = /^(?:settings_error|list_type|set_type|tuple_type|frozen_set_type|dict_type|dict_attributes_type|model_type|json_invalid)$/;

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'A setting that is a list or a dictionary is not written as JSON.',
  refines: ['settings-int-parsing'],
  detect: (evidence, source) => settingsItems(evidence, source).filter(({ item }) => COLLECTION.test(item.type)).map((item): Finding => {
    const wrong = wrongValue(item, source);
    return {
      kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', ...placeOfValue(wrong), facts: { variable: item.variable },
      what: `The value of ${item.variable} is not written as JSON, and ${item.settings.name} reads it as ${wrong.type}.`,
      why: 'pydantic-settings reads collections from the environment as JSON: ["a", "b"] with double quotes. Commas alone, single quotes and an empty value are no JSON.',
      todo: `Write the value of ${item.variable} as JSON${wrong.entry === undefined ? ' in the environment of the server' : ''}.`,
      candidates: putInPlace(wrong, [asJson(wrong), ...(/dict|Dict|Mapping/.test(wrong.type) ? ['{}'] : ['[]']), ...otherwise(wrong, source)], 'The same items, written as the JSON that pydantic-settings reads.'), explains: [item.at],
    };
  }),
};

/** The items that the text names, in the form that is read; undefined when it names none. */
function asJson({ value, type }: WrongValue): string | undefined {
  const text = value.trim();
  if (/dict|Dict|Mapping/.test(type)) return text.startsWith('{') ? repaired(text) : undefined;
  if (text.startsWith('[')) return repaired(text) ?? JSON.stringify(itemsOf(text.replace(/^\[|\]$/g, ''), type));
  if (text === '') return undefined;
  return JSON.stringify(itemsOf(text, type));
}

function itemsOf(text: string, type: string): readonly unknown[] {
  const items = text.split(/[,;]|\s+(?=https?:)/).map((item) => item.trim().replace(/^(["'])(.*)\1$/, '$2')).filter((item) => item !== '');
  return /\[(?:int|float)\]/.test(type) ? items.map(Number) : items;
}

/** Python's way of writing: single quotes, a comma behind the last item. */
function repaired(text: string): string | undefined {
  for (const attempt of [text, text.replaceAll("'", '"'), text.replaceAll("'", '"').replace(/,\s*(?=[\]}])/g, '')]) {
    try {
      return JSON.stringify(JSON.parse(attempt));
    } catch {
      // The next way of reading it.
    }
  }
  return undefined;
}
