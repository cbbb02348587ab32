/** Values of the environment file that the settings classes would refuse. */
import type { ValidationItem } from '../../parsers/evidence.ts';
import { dotenvEntries } from '../../source/dotenv.ts';
import type { Source } from '../../source/types.ts';
import { settingsClasses } from '../../source/variables.ts';
import type { SettingsClass, SettingsField } from '../../source/variables.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import { entryOf, envFileOf } from '../mechanisms/settings.ts';
import { exceptionFault, treeFrame } from './fault.ts';
import type { ForeseenFault, Foresight } from './fault.ts';

export const foreseeSettings: Foresight = (source) => [...keyErrors(source), ...refusedSettings(source)];

/** `os.environ["NAME"]` at module level, where an environment that claims to be whole lacks the name. */
function keyErrors(source: Source): readonly ForeseenFault[] {
  if (!source.environmentClaimed) return [];
  return source.variables.filter(({ name, reader, required, file, line }) => reader === 'environ' && required && loadedFiles(source).has(file) && !source.dotenv.has(name) && source.run.env[name] === undefined && isModuleLevel(source, file, line)).map(({ name, file, line }) => ({
    stage: 'config', fault: exceptionFault({ type: 'KeyError', message: `'${name}'`, frames: [treeFrame(source, file, line), { file: '/usr/lib/python3/os.py', line: 1, function: '__getitem__', owner: 'stdlib' }] }),
  }));
}

function isModuleLevel(source: Source, path: string, line: number): boolean {
  const file = source.files.get(path);
  const text = file?.text.split('\n')[line - 1] ?? '';
  // Inside a function, or where a condition or a handler stands above it, the line is indented.
  return /^\S/.test(text) && /environ\s*\[/.test(text);
}

function refusedSettings(source: Source): readonly ForeseenFault[] {
  return settingsClasses(source).filter(({ file }) => loadedFiles(source).has(file)).flatMap((settings) =>
    [...settings.fields.flatMap((field) => [...unreadable(settings, field, source), ...outOfRange(settings, field, source)]), ...unknown(settings, source)].map((item) => refused(settings, item, source))
      .concat(settings.fields.flatMap((field) => undecodable(settings, field, source))));
}

function refused(settings: SettingsClass, item: ValidationItem, source: Source): ForeseenFault {
  return {
    stage: 'config', fault: exceptionFault({
      type: 'pydantic_core._pydantic_core.ValidationError', message: `1 validation error for ${settings.name}\n${item.location}\n  ${item.message} [type=${item.type}]`,
      frames: [treeFrame(source, settings.file, settings.line)], validation: [item],
    }),
  };
}

/** What pydantic says of text that is none of its type; only values that no reading could save. */
const TYPES: readonly { readonly type: RegExp; readonly good: RegExp; readonly error: string; readonly message: string }[] = [
  { type: /^(?:int|PositiveInt|NonNegativeInt)$/, good: /^\s*[-+]?\d[\d_]*(?:\.0*)?\s*$/, error: 'int_parsing', message: 'Input should be a valid integer, unable to parse string as an integer' },
  { type: /^(?:float|PositiveFloat)$/, good: /^\s*[-+]?(?:\d[\d_]*\.?\d*|\.\d+|inf|nan)(?:e[-+]?\d+)?\s*$/i, error: 'float_parsing', message: 'Input should be a valid number, unable to parse string as a number' },
  { type: /^bool$/, good: /^(?:true|false|yes|no|on|off|[01tfyn])$/i, error: 'bool_parsing', message: 'Input should be a valid boolean, unable to interpret input' },
];

/** What the environment gives a field; undefined when nothing does, or when only running would tell. */
function valueOf(settings: SettingsClass, field: SettingsField, source: Source): string | undefined {
  const file = envFileOf(settings, source);
  const value = field.names.map((name) => source.run.env[name] ?? entryOf(file, name)?.value).find((each) => each !== undefined && each !== null) ?? undefined;
  return value?.includes('$') === true ? undefined : value;
}

function unreadable(settings: SettingsClass, field: SettingsField, source: Source): readonly ValidationItem[] {
  const kind = TYPES.find(({ type }) => type.test(field.type));
  const value = valueOf(settings, field, source);
  if (kind === undefined || value === undefined || kind.good.test(value)) return [];
  return [{ model: settings.name, location: field.field, type: kind.error, message: kind.message }];
}

/** `Literal["debug", "info"]` */
function outOfRange(settings: SettingsClass, field: SettingsField, source: Source): readonly ValidationItem[] {
  const options = /^(?:typing\.)?Literal\[(?<options>[^\]]*)\]$/.exec(field.type)?.groups?.['options'];
  const value = valueOf(settings, field, source);
  const texts = [...(options ?? '').matchAll(/(["'])(?<text>[^"']*)\1/g)].map(({ groups }) => groups?.['text'] ?? '');
  if (value === undefined || texts.length === 0 || texts.includes(value) || options?.replace(/["'][^"']*["']|[\s,]/g, '') !== '') return [];
  return [{ model: settings.name, location: field.field, type: 'literal_error', message: `Input should be ${texts.map((text) => `'${text}'`).join(', ').replace(/, ([^,]*)$/, ' or $1')}` }];
}

/** Lists and mappings are read as JSON, before any validator of the class sees them. */
function undecodable(settings: SettingsClass, field: SettingsField, source: Source): readonly ForeseenFault[] {
  const value = valueOf(settings, field, source);
  const own = source.files.get(settings.file)?.text ?? '';
  if (settings.origin !== 'pydantic_settings' || value === undefined || !/^(?:list|List|set|Set|dict|Dict|tuple|Tuple|Sequence)\[[\w\s,.[\]]*\]$/.test(field.type) || /NoDecode|enable_decoding|nested_delimiter|settings_customise_sources/.test(own) || isJson(value)) return [];
  return [{
    stage: 'config', fault: exceptionFault({
      type: 'pydantic_settings.exceptions.SettingsError', message: `error parsing value for field "${field.field}" from source "DotEnvSettingsSource"`, frames: [treeFrame(source, settings.file, settings.line)],
    }),
  }];
}

function isJson(value: string): boolean {
  try {
    JSON.parse(value);
    return true;
  } catch {
    return false;
  }
}

/** pydantic-settings refuses what its file sets and no field takes, unless the class says otherwise. */
function unknown(settings: SettingsClass, source: Source): readonly ValidationItem[] {
  const own = source.files.get(settings.file)?.text ?? '';
  const file = envFileOf(settings, source);
  const reads = settings.envFiles.some((path) => file.path.endsWith(path.replace(/^(?:\.\.?\/)+/, '')));
  // A class that takes its configuration from elsewhere, or reads nested values, knows more names than its fields say.
  if (settings.origin !== 'pydantic_settings' || !reads || settings.prefix !== '' || /\bextra\b|nested_delimiter|AliasChoices|secrets_dir|case_sensitive/.test(own)) return [];
  if (new RegExp(`class\\s+${settings.name}\\s*\\(\\s*(?:\\w+\\.)?BaseSettings\\s*\\)`).exec(own) === null) return [];
  const names = new Set(settings.fields.flatMap((field) => [field.field.toLowerCase(), ...field.names.map((name) => name.toLowerCase())]));
  return dotenvEntries(file.text).filter(({ name, value }) => value !== null && !names.has(name.toLowerCase()))
    .map(({ name }) => ({ model: settings.name, location: name.toLowerCase(), type: 'extra_forbidden', message: 'Extra inputs are not permitted' }));
}
