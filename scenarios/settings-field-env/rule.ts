import { importName, inSequence } from '../../source/edits.ts';
import { callsOf } from '../../source/python.ts';
import type { Call } from '../../source/python.ts';
import type { Edit, SourceFile } from '../../source/types.ts';
import type { SettingsClass } from '../../source/variables.ts';
import { settingsItems } from '../mechanisms/settings.ts';
import { fixOf, list } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'settings-field-env';

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'Settings name their variables with Field(env=…), which pydantic-settings does not know.',
  refines: ['settings-field-required', 'settings-extra-forbidden', 'pydantic-validation-failed'],
  table: "pydantic's new name of an argument",
  detect: (evidence, source) => {
    const items = settingsItems(evidence, source).filter(({ item }) => item.type === 'missing');
    return [...new Set(items.map(({ settings }) => settings))].flatMap((settings): Finding[] => {
      const file = source.files.get(settings.file);
      const fields = file === undefined ? [] : fieldsWithEnv(file, settings);
      const concerned = items.filter((each) => each.settings === settings && fields.some(({ line }) => each.field !== undefined && Math.abs(each.field.line - line) <= 2));
      if (file === undefined || concerned.length === 0) return [];
      const names = [...new Set(concerned.map(({ item }) => item.location))];
      return [{
        kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', file: file.path, line: concerned[0]?.field?.line ?? settings.line, facts: { class: settings.name, file: file.path },
        what: `${settings.name} in ${file.path} names the ${names.length === 1 ? 'variable' : 'variables'} of ${list(names)} with Field(env=…), and pydantic-settings does not look there.`,
        why: 'Field(env=…) is the way of pydantic 1. Since pydantic 2 the argument is ignored, and the variable has the name of the field, or its validation_alias.',
        todo: `Write validation_alias instead of env in ${settings.name}.`,
        candidates: aliased(file, settings, fields), explains: [...new Set(concerned.map(({ at }) => at))],
      }];
    });
  },
};

function fieldsWithEnv(file: SourceFile, { start, end, origin }: SettingsClass): readonly Call[] {
  if (!origin.startsWith('pydantic_settings')) return [];
  return callsOf(file).filter((call) => call.start >= start && call.end <= end && /(?:^|\.)Field$/.test(call.written) && call.arguments.some(({ name }) => name === 'env'));
}

function aliased(file: SourceFile, settings: SettingsClass, fields: readonly Call[]): readonly Fix[] {
  const given = fields.flatMap((call) => call.arguments.filter(({ name }) => name === 'env'));
  if (fields.some((call) => call.arguments.some(({ name }) => name === 'validation_alias')) || given.some(({ valueNode }) => !/^(?:string|list|tuple)$/.test(valueNode.type))) return [];
  const several = given.some(({ valueNode }) => valueNode.type !== 'string');
  const written = (): readonly Edit[] => given.map(({ start, value, valueNode }) => ({
    file: file.path, old: file.text.slice(start, valueNode.endIndex), at: start,
    new: `validation_alias=${valueNode.type === 'string' ? value : `AliasChoices(${value.slice(1, -1)})`}`,
  }));
  return fixOf({
    title: `Name the variables of ${settings.name} with validation_alias`, safety: 'safe',
    edits: inSequence(file, written, (now) => (several ? importName(now, 'pydantic', 'AliasChoices') : [])),
    explanation: 'validation_alias is what pydantic 2 calls it: each field is read from the variable that the code names.',
  });
}
