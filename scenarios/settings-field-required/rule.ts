import type { Source } from '../../source/types.ts';
import { envFileOf, settingsItems } from '../mechanisms/settings.ts';
import type { SettingsItem } from '../mechanisms/settings.ts';
import { giveValue } from '../mechanisms/variables.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'settings-field-required';

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'A setting without a default has no value.',
  detect: (evidence, source) => settingsItems(evidence, source).filter(({ item }) => item.type === 'missing').map((missing) => ({ ...findingFor(missing, source), explains: [missing.at] })),
};

type Missing = Pick<SettingsItem, 'settings' | 'field' | 'variable'>;

function findingFor(missing: Missing, source: Source): Finding {
  const { settings, variable } = missing;
  const file = envFileOf(settings, source);
  return {
    kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', file: file.path, facts: { variable },
    what: `The setting ${variable} has no value, and ${settings.name} in ${settings.file} requires one.`,
    why: file.text === ''
      ? `${variable} has no default in the code, and nothing in the environment sets it.`
      : `${variable} has no default in the code, and ${file.path} does not set it: it was added to the code later, or is spelt differently there.`,
    todo: `Set ${variable} in ${file.path} or in the environment of the server.`,
    candidates: giveValue(source, file, variable, missing.field?.type ?? 'str'),
  };
}
