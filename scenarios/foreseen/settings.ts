/** Values of the environment file that the settings classes would refuse. */
import type { ValidationItem } from '../../parsers/evidence.ts';
import type { Checks } from '../../source/checks.ts';
import { demandOf } from '../../source/demands.ts';
import { dotenvEntries } from '../../source/dotenv.ts';
import { readsEnvFile } from '../../source/settings-config.ts';
import type { Source } from '../../source/types.ts';
import { settingsClasses } from '../../source/variables.ts';
import type { SettingsClass, SettingsField } from '../../source/variables.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import { entryOf, envFileOf } from '../mechanisms/settings.ts';
import { exceptionFault, treeFrame } from './fault.ts';
import type { ForeseenFault, Foresight } from './fault.ts';

export const foreseeSettings: Foresight = (source) => refusedSettings(source);

function refusedSettings(source: Source): readonly ForeseenFault[] {
  return settingsClasses(source).filter(({ file }) => loadedFiles(source).has(file)).flatMap((settings) => {
    const items = [...settings.fields.flatMap((field) => [...unreadable(settings, field, source), ...outOfRange(settings, field, source), ...outOfBounds(settings, field, source)]), ...unknown(settings, source)];
    const absent = missing(settings, source);
    return [...items.map((item) => refused(settings, [item], source)), ...(absent.length === 0 ? [] : [refused(settings, absent, source)]), ...settings.fields.flatMap((field) => undecodable(settings, field, source))];
  });
}

/** Without a file that claims to be whole, the run fills the environment in, and nothing is missing. */
function missing(settings: SettingsClass, source: Source): readonly ValidationItem[] {
  if (!source.environmentClaimed) return [];
  const isSet = (name: string): boolean => entryOf(envFileOf(settings, source), name) !== undefined || Object.keys(source.run.env).some((given) => given.toLowerCase() === name.toLowerCase());
  return settings.fields.filter(({ required, names }) => required && names.length > 0 && !names.some(isSet)).map(({ field }) => ({ model: settings.name, location: field, type: 'missing', message: 'Field required' }));
}

function refused(settings: SettingsClass, items: readonly ValidationItem[], source: Source): ForeseenFault {
  return {
    stage: 'config', fault: exceptionFault({
      type: 'pydantic_core._pydantic_core.ValidationError', message: [`${items.length} validation error${items.length === 1 ? '' : 's'} for ${settings.name}`, ...items.map((item) => `${item.location}\n  ${item.message} [type=${item.type}]`)].join('\n'),
      frames: [treeFrame(source, settings.file, settings.line)], validation: items,
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

/** Limits of the field, values of an enumeration, schemes of an address. */
function outOfBounds(settings: SettingsClass, field: SettingsField, source: Source): readonly ValidationItem[] {
  const value = valueOf(settings, field, source);
  const type = /^(?:typing\.)?Optional\[(?<inner>[\w.]+)\]$|^(?<plain>[\w.]+)(?:\s*\|\s*None)?$/.exec(field.type)?.groups;
  const own = source.files.get(settings.file)?.text ?? '';
  if (value === undefined || type === undefined || (value === '' && /env_ignore_empty/.test(own)) || /mode\s*=\s*["']before["']|\bpre\s*=\s*True|BeforeValidator/.test(own)) return [];
  const demand = demandOf(source.files, type['inner'] ?? type['plain'] ?? '', field.checks);
  const said = demand.form === 'text' ? beyondText(value, demand.checks) : demand.form === 'int' || demand.form === 'float' ? beyondNumber(value, demand.checks) : demand.form === 'url' ? wrongScheme(value, demand.schemes) : undefined;
  return said === undefined ? [] : [{ model: settings.name, location: field.field, ...said }];
}

type Said = Pick<ValidationItem, 'type' | 'message'>;

function beyondText(value: string, { minLength, maxLength, choices, prefix }: Checks): Said | undefined {
  // Only the words of an enumeration; those that a validator compares with are another matter.
  if (choices !== undefined && choices.length > 0) return choices.includes(value) || prefix !== undefined ? undefined : { type: 'enum', message: `Input should be ${choices.map((choice) => `'${choice}'`).join(', ').replace(/, ([^,]*)$/, ' or $1')}` };
  if (minLength !== undefined && value.length < minLength) return { type: 'string_too_short', message: `String should have at least ${minLength} characters` };
  return maxLength !== undefined && value.length > maxLength ? { type: 'string_too_long', message: `String should have at most ${maxLength} characters` } : undefined;
}

function beyondNumber(value: string, { ge, gt, le, lt }: Checks): Said | undefined {
  const number = value.trim() === '' ? Number.NaN : Number(value.replaceAll('_', ''));
  if (Number.isNaN(number)) return undefined;
  if (ge !== undefined && number < ge) return { type: 'greater_than_equal', message: `Input should be greater than or equal to ${ge}` };
  if (gt !== undefined && number <= gt) return { type: 'greater_than', message: `Input should be greater than ${gt}` };
  if (le !== undefined && number > le) return { type: 'less_than_equal', message: `Input should be less than or equal to ${le}` };
  return lt !== undefined && number >= lt ? { type: 'less_than', message: `Input should be less than ${lt}` } : undefined;
}

/** Web addresses alone: what a database's may be called differs from release to release. */
function wrongScheme(value: string, schemes: readonly string[]): Said | undefined {
  if (!schemes.includes('http') || /^https?:/i.test(value)) return undefined;
  return /^[a-z][\w+.-]*:/i.test(value) ? { type: 'url_scheme', message: "URL scheme should be 'http' or 'https'" } : { type: 'url_parsing', message: 'Input should be a valid URL, relative URL without a base' };
}

/** Lists and mappings are read as JSON, before any validator of the class sees them. */
function undecodable(settings: SettingsClass, field: SettingsField, source: Source): readonly ForeseenFault[] {
  const value = valueOf(settings, field, source);
  const own = source.files.get(settings.file)?.text ?? '';
  if (settings.origin !== 'pydantic_settings' || value === undefined || !/^(?:list|List|set|Set|dict|Dict|tuple|Tuple|Sequence)\[[\w\s,.[\]]*\]$/.test(field.type) || /NoDecode|enable_decoding|nested_delimiter|settings_customise_sources/.test(own) || isJson(value)) return [];
  const message = `error parsing value for field "${field.field}" from source "DotEnvSettingsSource"`;
  return [{
    stage: 'config', fault: exceptionFault({
      type: 'pydantic_settings.exceptions.SettingsError', message, frames: [treeFrame(source, settings.file, settings.line)],
      validation: [{ model: settings.name, location: field.field, type: 'settings_error', message }],
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
  const reads = readsEnvFile(settings, file.path, source.run.cwd);
  // A class that takes its configuration from elsewhere, or reads nested values, knows more names than its fields say.
  if (settings.origin !== 'pydantic_settings' || !reads || settings.prefix !== '' || /\bextra\b|nested_delimiter|AliasChoices|secrets_dir|case_sensitive/.test(own)) return [];
  if (new RegExp(`class\\s+${settings.name}\\s*\\(\\s*(?:\\w+\\.)?BaseSettings\\s*\\)`).exec(own) === null) return [];
  const names = new Set(settings.fields.flatMap((field) => [field.field.toLowerCase(), ...field.names.map((name) => name.toLowerCase())]));
  return dotenvEntries(file.text).filter(({ name, value }) => value !== null && !names.has(name.toLowerCase()))
    .map(({ name }) => ({ model: settings.name, location: name.toLowerCase(), type: 'extra_forbidden', message: 'Extra inputs are not permitted' }));
}
