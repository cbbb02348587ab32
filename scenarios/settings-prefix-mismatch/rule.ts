import { dotenvEntries, isEnvExample } from '../../source/dotenv.ts';
import type { DotenvEntry } from '../../source/dotenv.ts';
import { callsOf } from '../../source/python.ts';
import { setKeyword } from '../../source/call-edits.ts';
import type { Edit, Source, SourceFile } from '../../source/types.ts';
import type { SettingsClass, SettingsField } from '../../source/variables.ts';
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
  title: 'The environment file sets the variables of a settings class without its prefix or with another delimiter.',
  refines: ['settings-field-required'],
  detect: (evidence, source) => {
    const missing = settingsItems(evidence, source).filter(({ item }) => item.type === 'missing');
    return [...Map.groupBy(missing, ({ settings }) => settings)].flatMap(([settings, items]): readonly Finding[] => {
      const file = envFileOf(settings, source);
      const pairs = pairsOf(settings, file);
      if (!items.every((item) => isCovered(item, pairs)) || pairs.length === 0) return [];
      const [first] = pairs;
      // With the prefix alone at stake the class is as likely wrong as the file; a delimiter is the file's.
      const place = pairs.every(({ bare }) => bare) || first === undefined ? { file: settings.file, line: settings.line } : { file: file.path, line: first.entry.line };
      return [{
        kind, stage: 'config', severity: 'CRITICAL', category: 'CONFIG', ...place, facts: { class: settings.name, prefix: settings.prefix },
        what: `${settings.name} reads ${first?.wanted ?? ''}, and ${file.path} sets it as ${first?.entry.name ?? ''}.`,
        why: `The name of a variable is the prefix of the class, then the field; fields of a nested model follow behind the delimiter. ${list(pairs.map(({ entry }) => entry.name))} of ${file.path} are not read by anybody.`,
        todo: `Write the variables in ${file.path} as the class reads them: ${list(pairs.map(({ wanted }) => wanted))}.`,
        candidates: candidates(source, file, settings, pairs), explains: [...new Set(items.map(({ at }) => at))],
      }];
    });
  },
};

interface Pair {
  readonly field: SettingsField;
  readonly wanted: string;
  readonly entry: DotenvEntry;
  /** Only the prefix of the class is missing. */
  readonly bare: boolean;
}

/** Fields that the file does not set under their names, and the entries that mean them all the same. */
function pairsOf(settings: SettingsClass, file: SourceFile): readonly Pair[] {
  const read = new Set(settings.fields.flatMap((field) => field.names.map((name) => name.toLowerCase())));
  const unread = dotenvEntries(file.text).filter((entry) => !read.has(entry.name.toLowerCase()));
  return settings.fields.flatMap((field) => {
    const [wanted] = field.names;
    if (wanted === undefined || field.names.some((name) => entryOf(file, name) !== undefined)) return [];
    const short = withoutPrefix(wanted, settings.prefix);
    const entry = unread.find(({ name }) => name.toLowerCase() === short.toLowerCase()) ?? unread.find(({ name }) => squeezed(name) === squeezed(wanted)) ?? unread.find(({ name }) => squeezed(name) === squeezed(short));
    return entry === undefined ? [] : [{ field, wanted, entry, bare: settings.prefix !== '' && entry.name.toLowerCase() === short.toLowerCase() }];
  });
}

function withoutPrefix(variable: string, prefix: string): string {
  return variable.toLowerCase().startsWith(prefix.toLowerCase()) ? variable.slice(prefix.length) : variable;
}

/** `BOOKINGS_DATABASE_URL`, `bookings__database__url` and `BOOKINGS.DATABASE.URL` are one name, cut differently. */
function squeezed(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}

/** A nested model counts as given when one of its fields is. */
function isCovered({ item, field, variable }: SettingsItem, pairs: readonly Pair[]): boolean {
  return pairs.some((pair) => pair.wanted === variable || pair.field === field || pair.field.field === item.location || pair.field.field.startsWith(`${item.location}.`));
}

/** The example file knows which spelling was meant; without one, the names in the environment file were chosen last. */
function candidates(source: Source, file: SourceFile, settings: SettingsClass, pairs: readonly Pair[]): readonly Fix[] {
  const inFile = fixOf({
    title: `Write the variables in ${file.path} as ${settings.name} reads them`, safety: 'likely',
    edits: pairs.flatMap(({ wanted, entry }): readonly Edit[] => {
      const at = file.text.lastIndexOf(entry.name, entry.start);
      const name = entry.name === entry.name.toLowerCase() ? wanted.toLowerCase() : wanted;
      return at < 0 ? [] : [{ file: file.path, old: entry.name, new: name, at }];
    }),
    explanation: 'The values stay; each variable now has the name that the class reads.',
  });
  if (!pairs.every(({ bare }) => bare)) return inFile;
  const inCode = withoutPrefixInCode(source, settings);
  const examples = [...source.files.values()].filter(({ path }) => isEnvExample(path));
  const exampleIsBare = pairs.some(({ entry }) => examples.some((example) => entryOf(example, entry.name) !== undefined));
  return exampleIsBare ? [...inCode, ...inFile] : [...inFile, ...inCode];
}

function withoutPrefixInCode(source: Source, settings: SettingsClass): readonly Fix[] {
  const code = source.files.get(settings.file);
  const call = code === undefined ? undefined : callsOf(code).find((each) => /SettingsConfigDict$/.test(each.written) && each.start >= settings.start && each.end <= settings.end && each.arguments.some(({ name }) => name === 'env_prefix'));
  return code === undefined || call === undefined ? [] : fixOf({
    title: `Let ${settings.name} read its variables without a prefix`, safety: 'likely', edits: setKeyword(code, call, 'env_prefix', null),
    explanation: 'The class then reads the names that the environment file and its example use.',
  });
}
