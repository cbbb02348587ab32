import { schemeOf } from '../../source/database.ts';
import type { Source } from '../../source/types.ts';
import { asyncDrivers, driversOf, declaredDriver, isAsyncTree, readScheme } from '../mechanisms/drivers.ts';
import { settingsItems } from '../mechanisms/settings.ts';
import { otherwise, placeOfValue, putInPlace, wrongValue } from '../mechanisms/settings-values.ts';
import type { WrongValue } from '../mechanisms/settings-values.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'settings-dsn-invalid';

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The value of a setting that must be an address is none.',
  refines: ['settings-int-parsing'],
  detect: (evidence, source) => settingsItems(evidence, source).filter(({ item }) => /^(?:url_|value_error\.url)/.test(item.type)).map((item): Finding => {
    const wrong = wrongValue(item, source);
    const said = item.item.message.replace(/\s*\[type=[\s\S]*$/, '').slice(0, 200);
    return {
      kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', ...placeOfValue(wrong), facts: { variable: item.variable, type: item.item.type },
      what: `The value of ${item.variable} is no address that ${item.settings.name} takes: ${said}.`,
      why: `${item.variable} is read as ${wrong.type}: it needs a scheme that this type knows, and characters that mean something in a URL must be percent-encoded.`,
      todo: `Write ${item.variable} as a whole address with its scheme.`,
      candidates: putInPlace(wrong, [...readable(wrong, said, source), ...otherwise(wrong, source)], 'The new value is an address of the kind that the field takes; check that it leads where you mean.'), explains: [item.at],
    };
  }),
};

/** The same address with a scheme that is allowed. */
function readable({ value, type }: WrongValue, said: string, source: Source): readonly string[] {
  const text = value.trim().replace(/^["'\s]+|["'\s]+$/g, '');
  const schemes = [...said.matchAll(/'(?<scheme>[\w+]+)'/g)].map((match) => match.groups?.['scheme'] ?? '');
  if (/Postgres/i.test(type) || schemes.some((each) => each.startsWith('postgres'))) return postgres(text, schemes, source);
  if (text === '') return [];
  const scheme = schemes[0] ?? (/Http|AnyUrl/.test(type) ? 'http' : undefined);
  return scheme === undefined ? [] : [text.includes('://') ? text.replace(/^[^:]*/, scheme) : `${scheme}://${text.replace(/^\/+/, '')}`];
}

function postgres(text: string, schemes: readonly string[], source: Source): readonly string[] {
  const wanted = isAsyncTree(source) ? asyncDrivers(source, 'postgresql')[0] : driversOf('postgresql').find(({ name }) => declaredDriver(source, name) !== undefined);
  const scheme = wanted === undefined || readScheme(schemeOf(text)).dialect !== 'postgresql' && text.includes('://') ? 'postgresql' : `postgresql+${wanted.name}`;
  const fits = schemes.length === 0 || schemes.includes(scheme) ? scheme : 'postgresql';
  if (!text.includes('://')) return text.includes('@') ? [`${fits}://${text}`] : [];
  return [text.replace(/^[^:]*/, fits)];
}
