import { callsOf } from '../../source/python.ts';
import { setKeyword } from '../../source/call-edits.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';
import { entryOf, envFileOf, settingsItems } from '../mechanisms/settings.ts';
import type { SettingsItem } from '../mechanisms/settings.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'settings-prefix-mismatch';

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The settings class reads its variables with a prefix that the environment file does not use.',
  refines: ['settings-field-required'],
  detect: (evidence, source) => {
    const missing = settingsItems(evidence, source).filter(({ item, settings }) => item.type === 'missing' && settings.prefix !== '');
    return [...Map.groupBy(missing, ({ settings }) => settings)].flatMap(([settings, items]): readonly Finding[] => {
      const file = envFileOf(settings, source);
      const bare = items.filter(({ variable }) => entryOf(file, withoutPrefix(variable, settings.prefix)) !== undefined);
      if (bare.length === 0 || bare.length < items.length) return [];
      return [{
        kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', file: settings.file, line: settings.line, facts: { class: settings.name, prefix: settings.prefix },
        what: `${settings.name} reads variables that begin with ${settings.prefix}, and ${file.path} sets them without it.`,
        why: `env_prefix is put before the name of every field: the field ${bare[0]?.field?.field ?? ''} is read from ${bare[0]?.variable ?? ''}. ${list(bare.map(({ variable }) => withoutPrefix(variable, settings.prefix)))} of ${file.path} are not read by anybody.`,
        todo: `Write the variables in ${file.path} with the prefix ${settings.prefix}, or leave out env_prefix.`,
        candidates: candidates(source, file, bare), explains: [...new Set(bare.map(({ at }) => at))],
      }];
    });
  },
};

function withoutPrefix(variable: string, prefix: string): string {
  return variable.toLowerCase().startsWith(prefix.toLowerCase()) ? variable.slice(prefix.length) : variable;
}

/** The example file knows which spelling was meant; without one, the names in the environment file were chosen last. */
function candidates(source: Source, file: SourceFile, items: readonly SettingsItem[]): readonly Fix[] {
  const [first] = items;
  const code = first === undefined ? undefined : source.files.get(first.settings.file);
  if (first === undefined || code === undefined) return [];
  const { settings } = first;
  const inFile = fixOf({
    title: `Write the variables in ${file.path} with the prefix ${settings.prefix}`, safety: 'likely',
    edits: settings.fields.flatMap((field) => {
      const entry = entryOf(file, withoutPrefix(field.names[0] ?? '', settings.prefix));
      const at = entry === undefined ? -1 : file.text.lastIndexOf(entry.name, entry.start);
      return entry === undefined || at < 0 || field.names.some((name) => entryOf(file, name) !== undefined) ? [] : [{ file: file.path, old: '', new: entry.name === entry.name.toLowerCase() ? settings.prefix.toLowerCase() : settings.prefix.toUpperCase(), at } satisfies Edit];
    }),
    explanation: 'The values stay; each variable now has the name that the class reads.',
  });
  const call = callsOf(code).find((each) => /SettingsConfigDict$/.test(each.written) && each.start >= settings.start && each.end <= settings.end && each.arguments.some(({ name }) => name === 'env_prefix'));
  const inCode = call === undefined ? [] : fixOf({
    title: `Let ${settings.name} read its variables without a prefix`, safety: 'likely', edits: setKeyword(code, call, 'env_prefix', null),
    explanation: 'The class then reads the names that the environment file and its example use.',
  });
  const examples = [...source.files.values()].filter(({ path }) => /(?:^|\/)\.env[\w.-]*(?:example|sample|template|dist)/i.test(path));
  const exampleIsBare = items.some(({ variable }) => examples.some((example) => entryOf(example, withoutPrefix(variable, settings.prefix)) !== undefined));
  return exampleIsBare ? [...inCode, ...inFile] : [...inFile, ...inCode];
}
