/** Settings classes against what the environment gives them: which field, which variable, which file sets it. */
import { posix } from 'node:path';
import type { Evidence, ValidationItem } from '../../parsers/evidence.ts';
import { dotenvEntries, isEnvExample } from '../../source/dotenv.ts';
import type { DotenvEntry } from '../../source/dotenv.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { settingsClasses } from '../../source/variables.ts';
import type { SettingsClass, SettingsField } from '../../source/variables.ts';

export interface SettingsItem {
  /** Index of the fault. */
  readonly at: number;
  readonly item: ValidationItem;
  readonly settings: SettingsClass;
  readonly field?: SettingsField;
  /** Environment variable that sets it. */
  readonly variable: string;
}

/** Validation errors of settings classes; those of request and response models are none of them. */
export function settingsItems(evidence: Evidence, source: Source): readonly SettingsItem[] {
  const classes = settingsClasses(source);
  return evidence.faults.flatMap((fault, at) => fault.validation.flatMap((item) => {
    const settings = classes.find((candidate) => candidate.name === item.model);
    if (settings === undefined) return [];
    const field = settings.fields.find((each) => isField(each, item.location));
    const variable = field?.names[0] ?? `${settings.prefix}${item.location}`.toUpperCase();
    return [{ at, item, settings, variable, ...(field === undefined ? {} : { field }) }];
  }));
}

/** pydantic prints the field, or the alias when there is one; nested and list locations begin with it. */
function isField(field: SettingsField, location: string): boolean {
  const printed = (location.split('.')[0] ?? location).toLowerCase();
  return field.field.toLowerCase() === printed || field.names.some((name) => name.toLowerCase() === printed);
}

/** The file that the settings read, or the one they would: `.env` beside the manifest unless the class says otherwise. */
export function envFileOf(settings: SettingsClass, source: Source): SourceFile {
  const named = settings.envFiles.map((path) => posix.normalize(posix.join(source.run.cwd === '' ? '.' : source.run.cwd, path)));
  const path = named.find((candidate) => source.files.has(candidate)) ?? named.find((candidate) => !candidate.startsWith('..')) ?? '.env';
  return source.files.get(path) ?? { path, text: '' };
}

/** The line that sets a variable; names are compared as pydantic-settings does, without regard to case. */
export function entryOf(file: SourceFile, variable: string): DotenvEntry | undefined {
  return dotenvEntries(file.text).findLast((entry) => entry.name.toLowerCase() === variable.toLowerCase());
}

/** What the example file shows for a variable, if that is more than a placeholder. */
export function exampleOf(source: Source, variable: string): string | undefined {
  for (const file of source.files.values()) {
    if (!isEnvExample(file.path)) continue;
    const value = entryOf(file, variable)?.value;
    if (value !== undefined && value !== null && value !== '' && !/^<|change|your|xxx|\.\.\./i.test(value)) return value;
  }
  return undefined;
}
