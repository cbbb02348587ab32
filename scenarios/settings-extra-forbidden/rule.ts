import { importName, setKeyword } from '../../source/edits.ts';
import { callsOf } from '../../source/python.ts';
import type { Edit, Source } from '../../source/types.ts';
import type { SettingsClass } from '../../source/variables.ts';
import { settingsItems } from '../mechanisms/settings.ts';
import type { SettingsItem } from '../mechanisms/settings.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Rule } from '../types.ts';

const kind = 'settings-extra-forbidden';

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'The environment file sets variables that the settings class does not know, and the class forbids them.',
  detect: (evidence, source) => {
    const extra = settingsItems(evidence, source).filter(({ item }) => item.type === 'extra_forbidden');
    const classes = [...new Set(extra.map(({ settings }) => settings.name))];
    return classes.flatMap((name) => findingFor(extra.filter(({ settings }) => settings.name === name), source));
  },
};

function findingFor(extra: readonly SettingsItem[], source: Source): readonly Finding[] {
  const [first] = extra;
  if (first === undefined) return [];
  const { settings } = first;
  const names = [...new Set(extra.map(({ item }) => item.location.toUpperCase()))];
  return [{
    kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', file: settings.file, line: settings.line, facts: { model: settings.name },
    what: `${list(names)} ${names.length === 1 ? 'is' : 'are'} set in the environment file, and ${settings.name} in ${settings.file} accepts no variable it does not know.`,
    why: 'pydantic-settings refuses every variable of the file that is no field of the class, unless the class says otherwise.',
    todo: `Remove ${list(names)} from the environment file, make fields of them, or set extra="ignore" in the class.`,
    candidates: fixOf({
      title: `Let ${settings.name} ignore variables that it does not know`, safety: 'safe', edits: ignoreExtra(settings, source),
      explanation: 'An environment file is shared by several programs; variables meant for others are ignored, and fields are checked as before.',
    }),
    explains: [...new Set(extra.map(({ at }) => at))],
  }];
}

function ignoreExtra(settings: SettingsClass, source: Source): readonly Edit[] {
  const file = source.files.get(settings.file);
  if (file === undefined) return [];
  const config = callsOf(file).find((call) => call.start >= settings.start && call.end <= settings.end && /(?:Settings)?ConfigDict$/.test(call.written));
  if (config !== undefined) return setKeyword(file, config, 'extra', '"ignore"');
  const body = file.text.slice(settings.start, settings.end);
  const inner = /^(?<indent>[ \t]+)class Config\b[^\n]*:[^\n]*\n/m.exec(body);
  if (inner !== null) return [{ file: file.path, old: '', new: `${inner.groups?.['indent']?.repeat(2) ?? '        '}extra = "ignore"\n`, at: settings.start + inner.index + inner[0].length }];
  const head = /:[^\n]*\n(?<indent>[ \t]+)/.exec(body);
  if (head === null) return [];
  const at = settings.start + head.index + head[0].length;
  return [{ file: file.path, old: '', new: `model_config = SettingsConfigDict(extra="ignore")\n${head.groups?.['indent'] ?? '    '}`, at }, ...importName(file, 'pydantic_settings', 'SettingsConfigDict')];
}
