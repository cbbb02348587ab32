/** Values of settings that cannot be read: where one stands, what it may have meant, and the candidates that put another in its place. */
import { replaceValue, setVariable } from '../../source/edits.ts';
import { harmlessValue } from '../../source/environment.ts';
import type { DotenvEntry } from '../../source/dotenv.ts';
import { replaceSpan } from '../../source/splice.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';
import type { Finding, Fix } from '../types.ts';
import { entryOf, envFileOf, exampleOf } from './settings.ts';
import type { SettingsItem } from './settings.ts';
import { fixOf } from './words.ts';

export interface WrongValue {
  readonly wrong: SettingsItem;
  readonly file: SourceFile;
  /** The line that sets it; undefined when the value does not come from the file. */
  readonly entry: DotenvEntry | undefined;
  /** As the program reads it; empty when the file does not set it. */
  readonly value: string;
  readonly type: string;
}

export function wrongValue(wrong: SettingsItem, source: Source): WrongValue {
  const file = envFileOf(wrong.settings, source);
  const entry = entryOf(file, wrong.variable);
  return { wrong, file, entry, value: entry?.value ?? '', type: wrong.field?.type ?? wrong.item.type.replace(/_(?:parsing|type)$/, '') };
}

export function placeOfValue({ wrong, file, entry }: WrongValue): Pick<Finding, 'file' | 'line'> {
  return entry === undefined ? { file: wrong.settings.file, line: wrong.field?.line ?? wrong.settings.line } : { file: file.path, line: entry.line };
}

/** One candidate for each value, in order; those that the file has already are none. */
export function putInPlace({ wrong, file, entry, value }: WrongValue, values: readonly (string | undefined)[], explanation: string): readonly Fix[] {
  // A file that has the best answer already is not the one that is wrong.
  if (entry === undefined || values.find((each) => each !== undefined) === value) return [];
  const fresh = [...new Set(values)].flatMap((each) => (each === undefined || each === value ? [] : [each]));
  return fresh.flatMap((each) => fixOf({
    title: `Correct ${wrong.variable} in ${file.path}`, safety: 'likely', edits: written(file, entry, value, each), explanation,
  }));
}

/** JSON is written without quotes around it, or in single ones: inside double quotes its own would have to be escaped. */
function written(file: SourceFile, entry: DotenvEntry, now: string, value: string): readonly Edit[] {
  if (entry.quote === '"' && value.includes('"')) return replaceSpan(file, entry, /\s#|^\s|\s$/.test(value) ? `'${value}'` : value);
  return now === '' ? setVariable(file, entry.name, value) : replaceValue(file, entry.name, value);
}

/** What others say it should be: the example file, the default in the code, then anything of the type. */
export function otherwise({ wrong, type }: WrongValue, source: Source): readonly (string | undefined)[] {
  return [exampleOf(source, wrong.variable), literal(wrong.field?.defaultText), harmlessValue(source, wrong.variable, type)];
}

/** A default as it would stand in an environment file; undefined for anything that is not a plain literal. */
export function literal(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  return /^(["'])(?<inside>[^"'\\\n]*)\1$/.exec(text)?.groups?.['inside'] ?? (/^(?:-?\d+(?:\.\d+)?|True|False)$/.test(text) ? text.toLowerCase() : undefined);
}
