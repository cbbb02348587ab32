import { dotenvEntries } from '../../source/dotenv.ts';
import { setVariable } from '../../source/edits.ts';
import { harmlessValue, looksSecret } from '../../source/environment.ts';
import type { Source, SourceFile } from '../../source/types.ts';
import { settingsClasses } from '../../source/variables.ts';
import { lookAlikes } from '../mechanisms/names.ts';
import { loadedFiles } from '../mechanisms/reach.ts';
import { entryOf, envFileOf, exampleOf, settingsItems } from '../mechanisms/settings.ts';
import type { SettingsItem } from '../mechanisms/settings.ts';
import { fixOf } from '../mechanisms/words.ts';
import type { Finding, Fix, Rule } from '../types.ts';

const kind = 'settings-field-required';

export const rule: Rule = {
  kind,
  stage: 'config',
  category: 'CONFIG',
  severity: 'CRITICAL',
  title: 'A setting without a default has no value.',
  detect: (evidence, source) => settingsItems(evidence, source).filter(({ item }) => item.type === 'missing').map((missing) => ({ ...findingFor(missing, source), explains: [missing.at] })),
  // Without a file that claims to be whole, the run fills the environment in, and nothing is missing.
  scan: (source) => (source.environmentClaimed ? settingsClasses(source) : []).filter(({ file }) => loadedFiles(source).has(file)).flatMap((settings) => settings.fields.flatMap((field) => {
    const [variable] = field.names;
    const set = field.names.some((name) => entryOf(envFileOf(settings, source), name) !== undefined || Object.keys(source.run.env).some((given) => given.toLowerCase() === name.toLowerCase()));
    return !field.required || set || variable === undefined ? [] : [findingFor({ settings, field, variable }, source)];
  })),
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
    candidates: [...misspelt(file, missing, source), ...added(file, missing, source)],
  };
}

/** A variable that no setting reads and whose name is nearly the one that is missing. */
function misspelt(file: SourceFile, { variable }: Missing, source: Source): readonly Fix[] {
  const read = new Set(settingsClasses(source).flatMap((settings) => settings.fields.flatMap((field) => field.names.map((name) => name.toLowerCase()))));
  const unread = dotenvEntries(file.text).filter((entry) => !read.has(entry.name.toLowerCase()) && !source.variables.some(({ name }) => name === entry.name));
  return lookAlikes(variable, unread.map((entry) => entry.name)).slice(0, 1).flatMap((name) => {
    const entry = entryOf(file, name);
    const at = entry === undefined ? -1 : file.text.lastIndexOf(name, entry.start);
    return at < 0 ? [] : fixOf({
      title: `Rename ${name} to ${variable} in ${file.path}`, safety: 'likely', edits: [{ file: file.path, old: name, new: variable, at }],
      explanation: `${file.path} sets ${name}, which no code reads; its name differs from ${variable} by a few letters. The value stays.`,
    });
  });
}

function added(file: SourceFile, { variable, field }: Missing, source: Source): readonly Fix[] {
  const value = exampleOf(source, variable) ?? harmlessValue(source, variable, field?.type ?? 'str');
  const secret = looksSecret(variable, value);
  return fixOf({
    title: `Set ${variable} in ${file.path}`, safety: 'likely', edits: setVariable(file, variable, value),
    explanation: `The value is harmless and of the right type, so that the server starts; ${secret ? 'put a secret of your own in its place' : 'check that it is the one you want'} before you deploy.`,
  });
}
